// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/weights.hpp"

#include <algorithm>

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 256;
constexpr std::int64_t weights_per_block = 4 * block;

/// One block for a run of weights of a point.
template <class Real>
__global__ __launch_bounds__(block) void point_weights_kernel(Affine<Real> parameters,
                                                              Coordinates coordinates,
                                                              std::int64_t runs, std::int64_t count,
                                                              Real* out) {
  const std::int64_t point = block_index() / runs;
  const std::int64_t begin = block_index() % runs * weights_per_block;
  const std::int64_t size = count - begin < weights_per_block ? count - begin : weights_per_block;
  const Place<Real> here = place<Real>(coordinates, point);
  const Affine<Real> own = of_point(parameters, point);
  for_each_in_block(
      size, [&](std::int64_t i) { out[point * count + begin + i] = at(own, here, begin + i); });
}

}  // namespace

template <class Real>
void point_weights(Affine<Real> parameters, Coordinates coordinates, std::int64_t points,
                   std::int64_t count, Real* out, cudaStream_t stream) {
  const std::int64_t runs = (count + weights_per_block - 1) / weights_per_block;
  launch(point_weights_kernel<Real>, "point_weights", points * runs, block, 0, stream, parameters,
         coordinates, runs, count, out);
}

template void point_weights(Affine<double>, Coordinates, std::int64_t, std::int64_t, double*,
                            cudaStream_t);
template void point_weights(Affine<float>, Coordinates, std::int64_t, std::int64_t, float*,
                            cudaStream_t);

}  // namespace convexscan::kernels
