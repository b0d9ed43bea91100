// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "cpu/cpu_backend.hpp"
#include "tested_cuda.hpp"

/// The same evaluation on the CPU and on the CUDA backend that a test program has.
namespace convexscan {

inline const QuantitySet verdict_quantities{Quantity::verdict, Quantity::settled_by};

inline constexpr EvaluationOptions dense{.eigensolver = Eigensolver::cusolver};
inline constexpr EvaluationOptions cascade{.eigensolver = Eigensolver::cascade};
inline constexpr EvaluationOptions lanczos{.eigensolver = Eigensolver::lanczos};

inline double value(const ValueTable& table, Quantity quantity, std::size_t point) {
  return table.at(quantity).data[point];
}

/// The bounds of both on a number's error, added; component k of it.
inline double bounds(const ValueTable& cpu, const ValueTable& cuda, Quantity error, std::size_t k) {
  return value(cpu, error, k) + value(cuda, error, k);
}

/// Two computations of one exact number may lie as far apart as their bounds add up to.
inline void expect_within(double a, double b, double allowed, const std::string& what) {
  ASSERT_TRUE((std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= allowed)
      << what << ": cpu " << a << ", cuda " << b << ", bounds " << allowed;
}

struct Tables {
  ValueTable cpu;
  ValueTable cuda;
};

inline Tables evaluate_both(const Objective& objective, const Slice& slice, const Points& points,
                            const QuantitySet& quantities, const EvaluationOptions& options,
                            Precision precision = Precision::float64) {
  const auto cpu = cpu::make_backend(objective, precision);
  const auto cuda = make_tested_cuda(objective, precision);
  return {
      cpu->evaluator(slice, quantities, options)->evaluate(points.coordinates, points.count()),
      cuda->evaluator(slice, quantities, options)->evaluate(points.coordinates, points.count())};
}

}  // namespace convexscan
