# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT

# Fails when a kernel keeps registers in memory, or when ptxas did not say of every kernel whether it
# does. Each object holds a kernel, and what ptxas said lies beside it (cmake/keep_register_counts).
# cmake -DOBJECTS=… -P kernel_registers.cmake
if(NOT OBJECTS)
  message(FATAL_ERROR "no kernels to look at: give -DOBJECTS=…")
endif()
set(spilling "")
foreach(object IN LISTS OBJECTS)
  get_filename_component(name ${object} NAME_WE)
  if(NOT EXISTS ${object}.registers)
    message(FATAL_ERROR "${name}: nothing is known of its registers; build it again")
  endif()
  file(READ ${object}.registers text)
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
