// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace convexscan::cpu {

/// A symmetric tridiagonal matrix and what is asked of its spectrum.
struct Tridiagonal {
  std::vector<double> diagonal;      ///< (n)
  std::vector<double> off_diagonal;  ///< (n − 1)

  std::int64_t size() const { return static_cast<std::int64_t>(diagonal.size()); }

  /// How many eigenvalues are less than x: the signs of Sturm's sequence.
  std::int64_t count_below(double x) const;

  /// An interval that holds every eigenvalue (Gershgorin).
  std::pair<double, double> range() const;

  /// Eigenvalue number k, from 0, by bisection down to the last bit of range()'s larger end, or to
  /// the resolution where that is coarser. Eight places are tried at once, in the lanes of a
  /// vector register: a third of the steps, each as long as one.
  double eigenvalue(std::int64_t k, double resolution = 0.0) const;

  /// The eigenvector (n), of unit length, of an eigenvalue: by the twisted factorisation, or by
  /// inverse iteration where its residual exceeds 4√n·u·‖T‖ (Parlett and Dhillon 1997 bound it by
  /// √n times the eigenvalue's error). Empty when that does not converge.
  void eigenvector(double eigenvalue, std::vector<double>& vector) const;
};

}  // namespace convexscan::cpu
