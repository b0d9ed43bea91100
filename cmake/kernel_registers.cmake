# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT

# Compiles the kernels for sm_90 and fails when one keeps registers in memory, or when ptxas does not
# say of every kernel whether it does. Each source holds a kernel.
# cmake -DNVCC=… -DOPTIONS=… -DSOURCES=… -DROOT=… -P kernel_registers.cmake
if(NOT SOURCES)
  message(FATAL_ERROR "no kernels to look at: give -DSOURCES=…")
endif()
set(spilling "")
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} NAME)
  execute_process(COMMAND ${NVCC} ${OPTIONS} -gencode=arch=compute_90,code=sm_90 -cubin -Xptxas -v
                          -I${ROOT} -I${ROOT}/include -I${ROOT}/src -o /dev/null ${source}
                  OUTPUT_VARIABLE text ERROR_VARIABLE text RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${name} does not compile for sm_90:\n${text}")
  endif()
  string(REGEX MATCHALL "Compiling entry function " kernels "${text}")
  string(REGEX MATCHALL "Function properties for [^\n]*\n[^\n]*[0-9]+ bytes spill stores"
         said "${text}")
  list(LENGTH kernels kernels)
  list(LENGTH said said)
  if(kernels EQUAL 0 OR said LESS kernels)
    message(FATAL_ERROR "${name}: ptxas names ${kernels} kernels and says of ${said} whether registers "
                        "spill; it said:\n${text}")
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
