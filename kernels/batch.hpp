// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace convexscan::kernels {

/// A matrix for every point of a group, in device memory: element (row, column) of point p is
/// data[p · point_stride + row · row_stride + column]. Columns are samples. point_stride 0 gives
/// all points the same matrix; data may be null where a matrix is optional.
template <class Real>
struct Batch {
  Real* data = nullptr;
  std::int64_t point_stride = 0;
  std::int64_t row_stride = 0;
};

/// Coordinates of points: (points, axes), row-major, in device memory.
struct Coordinates {
  const double* data = nullptr;
  int axes = 0;
};

/// A quantity that is affine in the coordinates: origin + Σ_j c_j·direction_j. Pointers beyond the
/// slice's axes are null. Points that lie on no common slice have origins of their own,
/// point_stride from one to the next; kernels that take them say so.
template <class Real>
struct Affine {
  const Real* origin = nullptr;
  const Real* x = nullptr;
  const Real* y = nullptr;
  std::int64_t point_stride = 0;

  Affine from(std::int64_t offset) const {
    return {origin + offset, x == nullptr ? x : x + offset, y == nullptr ? y : y + offset,
            point_stride};
  }
};

}  // namespace convexscan::kernels
