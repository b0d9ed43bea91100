// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/line_derivatives.hpp"

#include "kernels/primitives.cuh"
#include "kernels/sample_loss.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = static_cast<int>(loss_tile);
constexpr std::size_t scratch_bytes = block / warp_size * sizeof(double);

/// One block for each tile of samples of each point, one thread for a sample.
template <class Real>
__global__ __launch_bounds__(block) void line_derivative_partials_kernel(
    Targets<Real> targets, Batch<const Real> z, std::int64_t start, std::int64_t columns,
    std::int64_t points, std::int64_t tiles, double* partial) {
  const std::int64_t here = columns / loss_tile;
  const std::int64_t point = block_index() / here;
  const std::int64_t local = block_index() % here;
  const std::int64_t column = local * loss_tile + thread_index();
  SampleCurvature<Real> of;
  if (start + column < targets.samples) {
    of = sample_curvature(targets, z.data + point * z.point_stride + column, z.row_stride, columns,
                          1, start + column);
  }
  double* const scratch = shared_memory<double>();
  const Real components[2] = {of.slope, of.xx};
  for (int c = 0; c < 2; ++c) {
    const double sum = block_sum(static_cast<double>(components[c]), scratch);
    if (thread_index() == 0) {
      partial[(c * points + point) * tiles + start / loss_tile + local] = sum;
    }
    synchronize_block();
  }
}

}  // namespace

template <class Real>
void line_derivative_partials(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                              std::int64_t columns, std::int64_t points, std::int64_t tiles,
                              double* partial, cudaStream_t stream) {
  launch(line_derivative_partials_kernel<Real>, "line_derivative_partials",
         points * (columns / loss_tile), block, scratch_bytes, stream, targets, z, start, columns,
         points, tiles, partial);
}

template void line_derivative_partials(const Targets<double>&, Batch<const double>, std::int64_t,
                                       std::int64_t, std::int64_t, std::int64_t, double*,
                                       cudaStream_t);
template void line_derivative_partials(const Targets<float>&, Batch<const float>, std::int64_t,
                                       std::int64_t, std::int64_t, std::int64_t, double*,
                                       cudaStream_t);

}  // namespace convexscan::kernels
