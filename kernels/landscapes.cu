// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/landscapes.hpp"

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "shared/landscapes.hpp"

namespace convexscan::kernels {
namespace {

using shared::Jet;

constexpr int block = 128;
constexpr int blocks_per_processor = 2;  // bounds the registers; with more of them ptxas spills

__global__ __launch_bounds__(block, blocks_per_processor) void landscape_values_kernel(
    LandscapeId id, std::int64_t parameters, Affine<double> theta, Coordinates coordinates,
    std::int64_t points, double* value, double* curvature, double* gradient) {
  const std::int64_t point = block_index() * block_size() + thread_index();
  if (point >= points) return;
  const Place<double> here = place<double>(coordinates, point);
  Jet<double> p[most_landscape_parameters];
  for (std::int64_t i = 0; i < parameters; ++i) {
    p[i] = {at(theta, here, i),
            theta.x == nullptr ? 0.0 : theta.x[i],
            theta.y == nullptr ? 0.0 : theta.y[i],
            0.0,
            0.0,
            0.0};
  }
  if (value != nullptr || curvature != nullptr) {
    const Jet<double> f = shared::landscape_value(id, p);
    if (value != nullptr) value[point] = f.v;
    if (curvature != nullptr) {
      curvature[point] = f.xx;
      curvature[points + point] = f.xy;
      curvature[2 * points + point] = f.yy;
    }
  }
  if (gradient == nullptr) return;
  for (std::int64_t i = 0; i < parameters; ++i) p[i].x = p[i].y = 0.0;
  for (std::int64_t i = 0; i < parameters; ++i) {
    p[i].x = 1.0;
    gradient[point * parameters + i] = shared::landscape_value(id, p).x;
    p[i].x = 0.0;
  }
}

}  // namespace

void landscape_values(LandscapeId id, std::int64_t parameters, Affine<double> theta,
                      Coordinates coordinates, std::int64_t points, double* value,
                      double* curvature, double* gradient, cudaStream_t stream) {
  launch(landscape_values_kernel, "landscape_values", (points + block - 1) / block, block, 0,
         stream, id, parameters, theta, coordinates, points, value, curvature, gradient);
}

}  // namespace convexscan::kernels
