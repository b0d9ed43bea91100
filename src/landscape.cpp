// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/landscape.hpp"

#include <algorithm>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan {

std::span<const Landscape> landscapes() {
  using enum LandscapeId;
  static const std::vector<Landscape> all{
      {xy, "xy", 2, "x*y", {0, 0}},
      {x2y2, "x2y2", 2, "(x*y)^2", {0, 0}},
      {sine, "sine", 1, "sin x", {0}},
      {double_well, "double-well", 1, "(x^2 - 1)^2", {0}},
      {cubic, "cubic", 1, "-x^3", {0}},
      {rosenbrock, "rosenbrock", 2, "(1 - x)^2 + 100 (y - x^2)^2", {0, 0}},
      {hyperbola, "hyperbola", 2, "(1 - w2*w1)^2", {0, 0}},
      {relu, "relu", 1, "max(x, 0)", {0}},
      {relu_well, "relu-well", 1, "(1 - max(t, 0))^2 / 2", {0}},
      {log_sum_exp, "log-sum-exp", 3, "log(exp a + exp b + exp c)", {0, 0, 0}},
      {max_of_convex, "max-of-convex", 2, "max(x^2 + y, y^2 - x)", {0, 0}},
      {max_pooling, "max-pooling", 4, "max(a, b, c, d)", {0, 0, 0, 0}},
      {convolution_kernel, "convolution-kernel", 2, "|k * x - y|^2 in the kernel k", {0, 0}},
      {convolution_input, "convolution-input", 3, "|k * x - y|^2 in the input x", {0, 0, 0}},
      {convolution_joint,
       "convolution-joint",
       5,
       "|k * x - y|^2 in k and x together",
       {0, 0, 0, 0, 0}},
      {convolution_pooling, "convolution-pooling", 9,
       "sum of max-pool(k * image) in the 3x3 kernel k", std::vector<double>(9)},
      {convolution_pooling_loss, "convolution-pooling-loss", 9,
       "|max-pool(k * image) - 1|^2 in the 3x3 kernel k", std::vector<double>(9)},
      {convolution_layer, "convolution-layer", 9,
       "sum of max-pool(relu(k * image)) in the 3x3 kernel k", std::vector<double>(9)},
      {convolution_layer_loss, "convolution-layer-loss", 9,
       "|max-pool(relu(k * image)) - 1|^2 in the 3x3 kernel k", std::vector<double>(9)},
      {linear_map, "linear-map", 4, "A x in A and x together", {0, 0, 0, 0}},
      {exp_of_square, "exp-of-square", 2, "exp(x^2 + y^2)", {0, 0}},
      {root_of_square, "root-of-square", 2, "(x^2 + y^2 + 0.01)^(1/4)", {0, 0}},
  };
  return all;
}

const Landscape& landscape(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Landscape& candidate : landscapes()) names.push_back(candidate.name);
  return landscapes()[index_of_name("landscape", name, names)];
}

}  // namespace convexscan
