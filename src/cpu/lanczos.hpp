// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cpu/tridiagonal.hpp"

namespace convexscan::cpu {

/// The ends of a symmetric operator's spectrum as seen from a Krylov space. Rigorous without more:
/// λ_min ≤ smallest, λ_max ≥ largest, and an eigenvalue lies within each residual of its Ritz value
/// (up to rounding in the products). That λ_min is not far below is only probable; see
/// docs/error-bounds.md.
struct RitzPairs {
  double smallest = 0.0;
  double smallest_residual = 0.0;
  double second = 0.0;  ///< the second smallest Ritz value; the smallest where there is one only
  double largest = 0.0;
  double largest_residual = 0.0;
  std::int64_t steps = 0;
  std::vector<double> smallest_vector;  ///< (n), of unit length
  std::vector<double> largest_vector;
};

/// When to stop: after so many steps, or as soon as one of the others is reached.
struct LanczosLimits {
  std::int64_t steps = 100;
  double tolerance = 0.0;  ///< residuals of both ends, relative to the spread of the Ritz values
  bool both_ends = true;   ///< or that of the smallest alone
  double isolation = 0.0;  ///< residual of the smallest, relative to its distance from the second
  std::optional<double> below = {};  ///< a Ritz value below this
};

/// product = A·vector, both (n).
using SymmetricOperator = std::function<void(const double* vector, double* product)>;

/// Lanczos with full reorthogonalisation, and the memory that one operator after the other needs.
class Lanczos {
 public:
  /// From a start vector (n), which needs no normalisation. The pairs stay until the next call.
  const RitzPairs& operator()(const SymmetricOperator& product, const std::vector<double>& start,
                              const LanczosLimits& limits);

  /// Takes the memory for operators of n rows.
  void reserve(std::int64_t n, std::int64_t steps);

 private:
  void set_vector(const std::vector<double>& reduced, std::vector<double>& vector) const;

  std::vector<double> basis_;  ///< (steps, n)
  std::vector<double> w_;
  std::vector<double> coefficients_;
  Tridiagonal reduced_;
  std::vector<double> smallest_;  ///< eigenvectors of reduced_
  std::vector<double> largest_;
  RitzPairs pairs_;
};

/// The same once.
RitzPairs lanczos(const SymmetricOperator& product, const std::vector<double>& start,
                  const LanczosLimits& limits);

/// Numbers in [−1, 1] that look random and are the same on every machine.
std::vector<double> scattered(std::int64_t n, std::uint64_t seed);

}  // namespace convexscan::cpu
