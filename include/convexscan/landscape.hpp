// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace convexscan {

/// A built-in function of a few parameters with no data (`--landscape NAME`): the toy functions and
/// building blocks of the convexity argument. The formulas are in src/shared/landscapes.hpp.
enum class LandscapeId : std::int32_t {
  xy,
  x2y2,
  sine,
  double_well,
  cubic,
  rosenbrock,
  hyperbola,
  relu,
  relu_well,
  log_sum_exp,
  max_of_convex,
  max_pooling,
  convolution_kernel,
  convolution_input,
  convolution_joint,
  convolution_pooling,
  convolution_pooling_loss,
  convolution_layer,
  convolution_layer_loss,
  linear_map,
  exp_of_square,
  root_of_square,
};

struct Landscape {
  LandscapeId id;
  std::string_view name;
  std::int64_t parameters;
  std::string_view formula;    ///< for people
  std::vector<double> centre;  ///< (parameters): where a scan starts when no weights are given
};

/// All of them, in the order of `convexscan info --landscapes`.
std::span<const Landscape> landscapes();

/// Throws UsageError with the near miss.
const Landscape& landscape(std::string_view name);

}  // namespace convexscan
