// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/batch.hpp"
#include "kernels/intrinsics.cuh"

namespace convexscan::kernels {

/// The coordinates of one point in the precision of the network.
template <class Real>
struct Place {
  Real x;
  Real y;
};

template <class Real>
__device__ inline Place<Real> place(Coordinates coordinates, std::int64_t point) {
  const double* c = coordinates.data + point * coordinates.axes;
  return {coordinates.axes > 0 ? static_cast<Real>(c[0]) : Real(0),
          coordinates.axes > 1 ? static_cast<Real>(c[1]) : Real(0)};
}

/// What is a point's own where origins differ.
template <class Real>
__device__ inline Affine<Real> of_point(const Affine<Real>& affine, std::int64_t point) {
  return {affine.origin + point * affine.point_stride, affine.x, affine.y, 0};
}

template <class Real>
__device__ inline Real at(const Affine<Real>& affine, const Place<Real>& place, std::int64_t i) {
  Real value = affine.origin[i];
  if (affine.x != nullptr) value += place.x * affine.x[i];
  if (affine.y != nullptr) value += place.y * affine.y[i];
  return value;
}

}  // namespace convexscan::kernels
