// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

namespace convexscan::cpu {

/// A computed number and a bound on its distance from the exact one.
struct ValueWithError {
  double value = 0.0;
  double error = 0.0;

  bool surely_negative() const { return value + error < 0.0; }
};

}  // namespace convexscan::cpu
