// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/libraries/shared_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "convexscan/error.hpp"

namespace convexscan::cuda {

SharedLibrary::SharedLibrary(const char* name)
    : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ != nullptr) return;
  throw Error(
      fmt::format("a library of CUDA cannot be loaded: {} (the folders in "
                  "LD_LIBRARY_PATH are looked in, too)",
                  dlerror()));
}

void* SharedLibrary::address(const char* function) const {
  void* const address = dlsym(handle_, function);
  if (address != nullptr) return address;
  throw Error(fmt::format("{} has no {}; it is of another version than this program was built with",
                          name_, function));
}

}  // namespace convexscan::cuda
