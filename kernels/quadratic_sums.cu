// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/quadratic_sums.hpp"

#include "kernels/primitives.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;

/// Adds x·y with the rounding error of the product (Ogita, Rump & Oishi 2005, Dot2).
__device__ inline void add_product(shared::CompensatedSum& sum, double x, double y) {
  const double product = x * y;
  sum.add(product);
  if (product - product == 0.0) sum.add(fma(x, y, -product));
}

/// One block for each slice.
template <class Real>
__global__ __launch_bounds__(block) void quadratic_sums_kernel(Targets<Real> targets,
                                                               Affine<Real> z,
                                                               std::int64_t z_stride,
                                                               std::int64_t slice_stride,
                                                               double* sums) {
  const Affine<Real> own = z.from(block_index() * slice_stride);
  shared::CompensatedSum sum[quadratic_sum_count];
  for (std::int64_t o = 0; o < targets.outputs; ++o) {
    for_each_in_block(targets.samples, [&](std::int64_t s) {
      const std::int64_t i = o * z_stride + s;
      const auto value = static_cast<double>(own.origin[i]);
      const auto target = static_cast<double>(targets.targets[o * targets.stride + s]);
      const double x = own.x == nullptr ? 0.0 : static_cast<double>(own.x[i]);
      const double y = own.y == nullptr ? 0.0 : static_cast<double>(own.y[i]);
      // The residual is r + rest exactly (Knuth's sum of two).
      const double r = value - target;
      const double back = r - value;
      const double rest = r - r == 0.0 ? (value - (r - back)) - (target + back) : 0.0;
      add_product(sum[0], r, r);
      sum[0].add(2.0 * r * rest);
      add_product(sum[1], r, x);
      sum[1].add(rest * x);
      add_product(sum[2], x, x);
      add_product(sum[3], r, y);
      sum[3].add(rest * y);
      add_product(sum[4], x, y);
      add_product(sum[5], y, y);
    });
  }
  double* const scratch = shared_memory<double>();
  for (int k = 0; k < quadratic_sum_count; ++k) {
    scratch[k * block + thread_index()] = sum[k].value();
  }
  synchronize_block();
  if (thread_index() >= quadratic_sum_count) return;
  shared::CompensatedSum all;
  for (int t = 0; t < block; ++t) all.add(scratch[thread_index() * block + t]);
  sums[block_index() * quadratic_sum_count + thread_index()] = all.value();
}

}  // namespace

template <class Real>
void quadratic_sums(const Targets<Real>& targets, Affine<Real> z, std::int64_t z_stride,
                    std::int64_t slice_stride, std::int64_t slices, double* sums,
                    cudaStream_t stream) {
  launch(quadratic_sums_kernel<Real>, "quadratic_sums", slices, block,
         quadratic_sum_count * block * sizeof(double), stream, targets, z, z_stride, slice_stride,
         sums);
}

template void quadratic_sums(const Targets<double>&, Affine<double>, std::int64_t, std::int64_t,
                             std::int64_t, double*, cudaStream_t);
template void quadratic_sums(const Targets<float>&, Affine<float>, std::int64_t, std::int64_t,
                             std::int64_t, double*, cudaStream_t);

}  // namespace convexscan::kernels
