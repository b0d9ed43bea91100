// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <limits>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// Five columns, three rows, every quantity shape there is; the loss at (column, row) is
/// 10·row + column, but for a NaN at the last point and infinities before it.
inline GridResult example_result() {
  GridResult result;
  result.x = {-1.0, -0.5, 0.0, 0.5, 1.0};
  result.y = {-0.1, 0.0, 0.3};
  Values loss, lambda, verdict;
  Values hessian{3, {}}, layers{2, {}};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 5; ++column) {
      loss.data.push_back(10.0 * row + column);
      lambda.data.push_back(0.1 * (column - 2));
      verdict.data.push_back(column == 2 ? 0.0 : column > 2 ? 1.0 : 2.0);
      for (int k = 0; k < 3; ++k) hessian.data.push_back(100.0 * row + 10.0 * column + k);
      for (int l = 0; l < 2; ++l) layers.data.push_back(l + 0.01 * column + 0.1 * row);
    }
  }
  using limits = std::numeric_limits<double>;
  loss.data[12] = limits::infinity();
  loss.data[13] = -limits::infinity();
  loss.data[14] = limits::quiet_NaN();
  lambda.data[14] = limits::quiet_NaN();
  result.values = {{Quantity::loss, loss},
                   {Quantity::min_eigenvalue, lambda},
                   {Quantity::verdict, verdict},
                   {Quantity::plane_hessian, hessian},
                   {Quantity::layer_min_eigenvalue, layers}};
  result.derived = {
      {"convexity_gap", "loss minus its convex envelope", std::vector<double>(15, 0.5)}};
  result.slice.origin = {0.1, 0.2, 0.3, 0.4};
  result.slice.directions = {{1, 0, 0, 0}, {0, 1, 0, 0}};
  result.markers = {{Marker::Kind::point, "trained", 0.0, 0.0, 0.0},
                    {Marker::Kind::trajectory, "step 0", -0.9, 0.2, 0.7},
                    {Marker::Kind::trajectory, "step 10", -0.3, 0.1, 0.25}};
  result.provenance = {.command_line = "convexscan grid --mlp 2-2-1",
                       .comment = "a plane for tests",
                       .created = "2026-01-02T03:04:05Z",
                       .version = "0.1.0",
                       .device = "cpu: test",
                       .precision = "float64",
                       .model = "2-2-1 tanh",
                       .model_hash = "ab12",
                       .data_hash = "cd34",
                       .objective = "mse",
                       .penalty = "l2=0.1",
                       .parameters_subset = "all",
                       .loss_path = "all layers at every point",
                       .eigensolver = "cascade",
                       .eigensolver_reason = "asked for",
                       .directions = "random",
                       .seed = 18446744073709551615u,
                       .elapsed_seconds = 0.125};
  return result;
}

}  // namespace convexscan
