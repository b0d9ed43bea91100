# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT

# Decides whether the CUDA backend is built: sets CONVEXSCAN_WITH_CUDA and enables the language.
set(CONVEXSCAN_WITH_CUDA OFF)
if(NOT CONVEXSCAN_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "CONVEXSCAN_CUDA is \"${CONVEXSCAN_CUDA}\"; say AUTO, ON or OFF")
endif()
if(CONVEXSCAN_CUDA STREQUAL "OFF")
  return()
endif()

if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  # Toolkits are often installed without being on PATH.
  find_program(CONVEXSCAN_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda
               PATH_SUFFIXES bin)
  mark_as_advanced(CONVEXSCAN_NVCC)
  if(CONVEXSCAN_NVCC)
    set(CMAKE_CUDA_COMPILER ${CONVEXSCAN_NVCC})
  endif()
endif()

if(NOT CMAKE_CUDA_ARCHITECTURES)
  # "native" is an error where there is no GPU: ask the driver, else take the H200's.
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
                  OUTPUT_VARIABLE capabilities RESULT_VARIABLE failed ERROR_QUIET)
  set(architectures 90)
  if(NOT failed AND capabilities MATCHES "^[0-9]+\\.[0-9]")
    string(REGEX MATCHALL "[0-9]+\\.[0-9]" architectures "${capabilities}")
    list(TRANSFORM architectures REPLACE "\\." "")
    list(REMOVE_DUPLICATES architectures)
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${architectures} CACHE STRING "GPU generations to compile for")
endif()

include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  set(CONVEXSCAN_WITH_CUDA ON)
elseif(CONVEXSCAN_CUDA STREQUAL "ON")
  message(FATAL_ERROR "CONVEXSCAN_CUDA=ON but no nvcc was found: install the CUDA toolkit, set "
          "CUDACXX or CMAKE_CUDA_COMPILER to its nvcc, or configure with -DCONVEXSCAN_CUDA=OFF")
endif()
message(STATUS "CUDA backend: ${CONVEXSCAN_WITH_CUDA}")
