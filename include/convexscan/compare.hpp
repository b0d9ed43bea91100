// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/quantity.hpp"

namespace convexscan {

/// Two values agree when |a − b| ≤ absolute + relative·scale, where scale is the largest magnitude
/// of the quantity in either table; for eigenvalues and what follows from them, of the whole
/// spectrum that was computed, because rounding moves every eigenvalue by the same fraction of ‖H‖
/// (Weyl).
struct Tolerance {
  double relative = 0.0;
  double absolute = 0.0;
};

using Tolerances = std::map<Quantity, Tolerance>;

/// Tolerances for two correct programs that round differently. A sum of n rounded terms is off by
/// about √n·ε of its largest terms (Higham & Mary 2019), n = samples + parameters; each term passed
/// through some k roundings, more where it is a second derivative:
///   loss 16·ε·√n    gradient_norm 64·ε·√n    Hessian quantities 256·ε·√n
/// A sample whose two largest outputs tie may fall either way: accuracy may differ by 2 samples.
/// Eigenvalues at the edge of their bound may fall either way: negative_count by 1 and one percent.
/// The bound itself belongs to the method, so min_eigenvalue_error must only be finite in both.
Tolerances default_tolerances(Precision precision, std::int64_t samples, std::int64_t parameters);

struct Difference {
  Quantity quantity = Quantity::loss;
  double max_absolute = 0.0;
  double max_relative = 0.0;  ///< max_absolute / scale; 0 when both are 0
  double allowed = 0.0;       ///< the tolerance as an absolute number
  std::int64_t outside = 0;   ///< how many values differ by more
  std::int64_t worst = -1;    ///< where, as an index into the data; -1 when nothing differs
  double first = 0.0;         ///< the two values there
  double second = 0.0;
  std::int64_t values = 0;
  std::int64_t comparable = 0;  ///< values that are finite in both tables

  bool within() const { return outside == 0; }
};

struct Comparison {
  std::vector<Difference> differences;

  bool within() const;
};

/// Compares every quantity of two scans of the same points. NaN agrees only with NaN, an infinity
/// only with itself. An eigenvalue also agrees within the sum of both error bounds, where those
/// were computed; verdicts disagree only when one says convex and the other not. A quantity without
/// a tolerance must agree exactly. Throws Error when the tables hold different quantities or sizes.
Comparison compare(const ValueTable& first, const ValueTable& second, const Tolerances& tolerances);

/// A table for people: one line for each quantity, after a heading.
std::vector<std::string> lines_of(const Comparison& comparison);

}  // namespace convexscan
