// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "shared/bounded_value.hpp"
#include "shared/jets.hpp"
#include "shared/larger.hpp"

/// Derivatives by jets, each with a bound on its error.
namespace convexscan::shared {

using BoundedJet = Jet<BoundedValue>;

/// a, with errors that reach as far as b and its own.
inline BoundedValue covering(BoundedValue a, BoundedValue b) {
  a.error = larger(a.error, std::fabs(a.value - b.value) + b.error);
  return a;
}

/// The larger one. Where rounding hides which that is, the derivatives are covered on both sides.
inline BoundedJet max(const BoundedJet& a, const BoundedJet& b) {
  const bool first = a.v > b.v;
  const BoundedJet& large = first ? a : b;
  const BoundedJet& small = first ? b : a;
  const BoundedValue value = max(a.v, b.v);
  const BoundedValue apart = large.v - small.v;
  if (apart.value > apart.error) {
    return {value, large.x, large.y, large.xx, large.xy, large.yy};
  }
  return {value,
          covering(large.x, small.x),
          covering(large.y, small.y),
          covering(large.xx, small.xx),
          covering(large.xy, small.xy),
          covering(large.yy, small.yy)};
}

}  // namespace convexscan::shared
