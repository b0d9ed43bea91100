// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "convexscan/activation.hpp"
#include "shared/host_device.hpp"

/// The constants of the running error bounds; docs/error-bounds.md says where they come from.
namespace convexscan::shared {

inline constexpr double unit_roundoff = 0x1p-53;

/// γ_k = k·u/(1 − k·u), Higham, *Accuracy and Stability*, 2nd ed., §3.1, for k up to a million.
constexpr double gamma_bound(std::int64_t k) {
  return 1.000001 * static_cast<double>(k) * unit_roundoff;
}

/// What the bound of an n × n matrix or of its eigenvalues allows for underflow: entries below
/// 2⁻⁵⁰⁰, whose squares are no normal numbers, may count as zero.
constexpr double underflow_allowance(std::int64_t n) { return static_cast<double>(n) * 0x1p-500; }

/// How an activation passes errors on; roundings are four thirds or more of the worst that
/// tests/rounding_test.cpp finds. With e ≥ |Δz|:
///   |Δσ|   ≤ |σ'|·e + ½·second·e² + value_relative·u·|σ| + value_absolute·u·|z|
///   |Δσ'|  ≤ |σ''|·e + ½·third·e² + first_rounding·u·growth(z)
///   |Δσ''| ≤ third·e + second_rounding·u·growth(z)
/// Where |z| ≤ e a function with a kink may be on either side of it: then |Δσ| ≤ lipschitz·e, and
/// |Δσ'| and |Δσ''| are larger by the jumps. However large e is, |Δσ| ≤ lipschitz·e,
/// |Δσ'| ≤ 2·lipschitz and |Δσ''| ≤ 2·second, roundings apart.
struct ActivationErrors {
  double second = 0.0;  ///< sup |σ''|
  double third = 0.0;   ///< sup |σ'''|
  double value_relative = 4.0;
  double value_absolute = 0.0;
  double first_rounding = 0.0;
  double second_rounding = 0.0;
  double lipschitz = 1.0;  ///< sup |σ'|
  double cubic = 0.0;      ///< growth(z) = 1 + cubic·t³(1 + t²/25), t = min(|z|, 8)
  double jump = 0.0;       ///< of σ' at z = 0
  double bend_jump = 0.0;  ///< of σ'' at z = 0
};

constexpr ActivationErrors activation_errors(Activation kind, double slope) {
  using enum Activation;
  const double size = slope < 0.0 ? -slope : slope;
  const double larger = size > 1.0 ? size : 1.0;
  const double drop = slope > 1.0 ? slope - 1.0 : 1.0 - slope;
  switch (kind) {
    case identity:
      return {.value_relative = 0.0};
    case relu:
      return {.value_relative = 0.0, .jump = 1.0};
    case leaky_relu:
      return {.value_relative = 1.0, .lipschitz = larger, .jump = drop};
    case elu:
      return {size, size, 3.0, 0.0, 2.0 * size, 2.0 * size, larger, 0.0, drop, size};
    case gelu:
      return {0.8, 0.8, 8.0, 4.0, 5.0, 5.0, 1.13, 0.0};
    case gelu_tanh:
      return {0.9, 1.2, 2.0, 2.0, 4.0, 10.0, 1.13, 0.1};
    case silu:
      return {0.5, 0.5, 6.0, 0.0, 5.0, 4.0, 1.1, 0.0};
    case softplus:
      return {0.25, 0.1, 4.5, 0.0, 2.5, 1.5, 1.0, 0.0};
    case sigmoid:
      return {0.1, 0.125, 4.5, 0.0, 1.5, 1.5, 0.25, 0.0};
    case tanh:
      return {0.77, 2.0, 4.0, 0.0, 5.0, 9.0, 1.0, 0.0};
    case sin:
      return {1.0, 1.0, 2.0, 0.0, 1.0, 1.0, 1.0, 0.0};
  }
  return {};
}

/// A bound on the error of a computed softmax p, or p − 1, of so many outputs, whose arguments are
/// wrong by e at most. That multiplies the odds p/(1 − p) by between e^{−2e} and e^{2e}, so that
/// |Δp| ≤ p(1 − p)(e^{2e} − 1), and e^{2e} − 1 ≤ 2.02·e where e is small; else |Δp| < 1 is all that
/// is used. The rounding of an exponential and of its argument, the distance from the largest,
/// counts as an error of the argument; sum and quotient round p itself.
CONVEXSCAN_HOST_DEVICE double softmax_error(double p, double e, double widest_distance,
                                            double outputs) {
  const double argument = e + unit_roundoff * (4.0 + widest_distance);
  const double rounding = unit_roundoff * (outputs + 2.0);
  const double rest = 1.0 - p + 8.0 * rounding;
  return argument <= 0.005 ? p * (2.02 * rest * argument + rounding) + unit_roundoff : 1.0;
}

}  // namespace convexscan::shared
