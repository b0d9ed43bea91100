// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

/// Small random problems for tests that compare one way of computing with another; the same on
/// every machine.
namespace convexscan {

struct RandomNetwork {
  std::string widths = "3-5-2";
  std::vector<Layer> layers = {};  ///< instead of widths, when not empty
  Activation activation = Activation::tanh;
  bool bias = true;
  Loss loss = Loss::cross_entropy;
  bool residual = false;
  double dropout = 0.0;
  std::int64_t samples = 10;
};

/// The loss of a network on random data, over all parameters and without penalty.
Objective random_objective(const RandomNetwork& network);

/// A built-in function over all its parameters and without penalty.
Objective landscape_objective(const Landscape& landscape);

/// Normal numbers.
std::vector<double> random_numbers(std::int64_t count, std::uint64_t seed);

/// A slice through a random point along random directions.
Slice random_slice(const Objective& objective, int axes);

/// Coordinates within ±1.
Points random_points(int axes, std::int64_t count);

}  // namespace convexscan
