// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

namespace convexscan::cuda {

/// A library that is loaded while the program runs, and stays.
class SharedLibrary {
 public:
  /// name as "libcublas.so.13", which outlives this, looked for as the dynamic linker does. Throws
  /// Error with what that says where it cannot be loaded.
  explicit SharedLibrary(const char* name);

  /// Sets the pointer to the function of this name. Throws Error where there is none.
  template <class Function>
  void find(const char* function, Function*& pointer) const {
    pointer = reinterpret_cast<Function*>(address(function));
  }

 private:
  void* address(const char* function) const;

  const char* name_;
  void* handle_;
};

}  // namespace convexscan::cuda
