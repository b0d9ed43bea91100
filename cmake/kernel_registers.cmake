# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT

# Compiles the kernels for sm_90 and fails when one keeps registers in memory.
# cmake -DNVCC=… -DOPTIONS=… -DSOURCES=… -DROOT=… -P kernel_registers.cmake
set(spilling "")
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} NAME)
  execute_process(COMMAND ${NVCC} ${OPTIONS} -gencode=arch=compute_90,code=sm_90 -cubin -Xptxas -v
                          -I${ROOT} -I${ROOT}/include -I${ROOT}/src -o /dev/null ${source}
                  OUTPUT_VARIABLE text ERROR_VARIABLE text RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${name} does not compile for sm_90:\n${text}")
  endif()
  string(REGEX MATCHALL "[^\n]*Function properties for [^\n]*\n[^\n]*[1-9][0-9]* bytes spill stores"
         found "${text}")
  foreach(kernel IN LISTS found)
    list(APPEND spilling "${name}: ${kernel}")
  endforeach()
  string(REGEX MATCHALL "Used [0-9]+ registers" registers "${text}")
  message(STATUS "${name}: ${registers}")
endforeach()
if(spilling)
  list(JOIN spilling "\n" spilling)
  message(FATAL_ERROR "kernels that spill registers:\n${spilling}")
endif()
