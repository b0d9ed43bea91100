// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace convexscan {

struct StackPlace {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

/// Tells the address sanitizer which stack runs. It takes exceptions on one that it was not told of
/// for errors (github.com/google/sanitizers/issues/189). Does nothing in other builds.
class StackSwitch {
 public:
  /// Before the switch to another stack; what it returns is for arrived() when this one runs again.
  void* leaves([[maybe_unused]] const StackPlace& to) const {
    void* own = nullptr;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&own, to.bottom, to.size);
#endif
    return own;
  }

  /// The same for a stack that does not run again.
  void leaves_for_good([[maybe_unused]] const StackPlace& to) const {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(nullptr, to.bottom, to.size);
#endif
  }

  /// First on a stack that runs (again): own is what leaves() gave there, null for the first time;
  /// from, if not null, becomes the place of the stack that ran before.
  void arrived([[maybe_unused]] void* own, [[maybe_unused]] StackPlace* from) const {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(own, from == nullptr ? nullptr : &from->bottom,
                                    from == nullptr ? nullptr : &from->size);
#endif
  }
};

}  // namespace convexscan
