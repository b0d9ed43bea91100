// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "convexscan/backend.hpp"

/// Two ways of computing one thing, compared.
namespace convexscan {

constexpr Precision both_precisions[] = {Precision::float64, Precision::float32};

/// How far two correct evaluations may lie apart, normwise: k·ε·(length of the longest sum),
/// relative to the largest value of the quantity over the points, or to 1. The longest sum is over
/// samples and a layer's inputs; k = 16 stands for what the layers, at most five here, do to an
/// error.
inline double tolerance(const Objective& objective, Precision precision, double largest) {
  const double epsilon = precision == Precision::float64 ? std::numeric_limits<double>::epsilon()
                                                         : std::numeric_limits<float>::epsilon();
  std::int64_t length = 16;
  if (const NetworkTask* net = objective.network()) {
    length += net->samples;
    for (const Layer& layer : net->model.layers()) length += layer.inputs;
  }
  return 16.0 * epsilon * static_cast<double>(length) * std::max(1.0, largest);
}

inline void expect_same(const Objective& objective, Precision precision, const std::string& what,
                        std::span<const double> expected, std::span<const double> actual) {
  ASSERT_EQ(expected.size(), actual.size()) << what;
  double largest = 0.0;
  for (const double value : expected) largest = std::max(largest, std::fabs(value));
  const double allowed = tolerance(objective, precision, largest);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool equal = expected[i] == actual[i];  // infinities too
    ASSERT_TRUE(equal || std::fabs(expected[i] - actual[i]) <= allowed)
        << what << " [" << i << "]: " << actual[i] << " for " << expected[i] << ", tolerance "
        << allowed << ", " << objective.description();
  }
}

}  // namespace convexscan
