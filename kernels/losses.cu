// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/losses.hpp"

#include "kernels/primitives.cuh"
#include "kernels/sample_loss.cuh"

namespace convexscan::kernels {
namespace {

constexpr int tile_block = static_cast<int>(loss_tile);
constexpr std::size_t scratch_bytes = tile_block / warp_size * sizeof(double);

/// Which samples of which point a block sums.
struct Tile {
  std::int64_t point;
  std::int64_t column;  ///< of the first sample in z
  std::int64_t tile;    ///< among all tiles of samples
};

__device__ inline Tile tile_of_block(std::int64_t start, std::int64_t columns) {
  const std::int64_t tiles = columns / loss_tile;
  const std::int64_t local = block_index() % tiles;
  return {block_index() / tiles, local * loss_tile, start / loss_tile + local};
}

/// One block for each tile of samples of each point, one thread for a sample.
template <class Real>
__global__ __launch_bounds__(tile_block) void loss_partials_kernel(
    Targets<Real> targets, Batch<const Real> z, std::int64_t start, std::int64_t columns,
    LossPartials partials, Batch<Real> adjoint) {
  const Tile tile = tile_of_block(start, columns);
  const std::int64_t column = tile.column + thread_index();
  const std::int64_t sample = start + column;
  const Real* outputs = z.data + tile.point * z.point_stride + column;
  const bool valid = sample < targets.samples;
  const double loss = valid ? sample_loss(targets, outputs, z.row_stride, sample) : 0.0;
  const std::int64_t to = tile.point * partials.tiles + tile.tile;
  double* const scratch = shared_memory<double>();
  const double sum = block_sum(loss, scratch);
  if (thread_index() == 0) partials.loss[to] = sum;
  if (partials.correct != nullptr) {
    const double correct = valid ? sample_correct(targets, outputs, z.row_stride, sample) : 0.0;
    synchronize_block();
    const double right = block_sum(correct, scratch);
    if (thread_index() == 0) partials.correct[to] = right;
  }
  if (adjoint.data != nullptr) {
    Real* const g = adjoint.data + tile.point * adjoint.point_stride + column;
    if (valid) {
      sample_adjoint(targets, outputs, z.row_stride, sample, g);
    } else {
      for (std::int64_t o = 0; o < targets.outputs; ++o) g[o * adjoint.row_stride] = Real(0);
    }
  }
}

template <class Real>
__global__ __launch_bounds__(tile_block) void curvature_partials_kernel(
    Targets<Real> targets, Batch<const Real> z, int axes, std::int64_t start, std::int64_t columns,
    std::int64_t points, std::int64_t tiles, double* partial) {
  const Tile tile = tile_of_block(start, columns);
  const std::int64_t column = tile.column + thread_index();
  const std::int64_t sample = start + column;
  SampleCurvature<Real> curvature;
  if (sample < targets.samples) {
    curvature = sample_curvature(targets, z.data + tile.point * z.point_stride + column,
                                 z.row_stride, columns, axes, sample);
  }
  double* const scratch = shared_memory<double>();
  const Real components[3] = {curvature.xx, curvature.xy, curvature.yy};
  for (int c = 0; c < 3; ++c) {
    const double sum = block_sum(static_cast<double>(components[c]), scratch);
    if (thread_index() == 0) partial[(c * points + tile.point) * tiles + tile.tile] = sum;
    synchronize_block();
  }
}

/// One warp for each point: lanes take every 32nd term, then a fixed tree.
__global__ __launch_bounds__(warp_size) void sum_partials_kernel(const double* partial,
                                                                 std::int64_t count, double divisor,
                                                                 double* total) {
  shared::CompensatedSum sum;
  const double* terms = partial + block_index() * count;
  for_each_in_block(count, [&](std::int64_t i) { sum.add(terms[i]); });
  const double all = warp_sum(sum.value());
  if (thread_index() == 0) total[block_index()] = all / divisor;
}

}  // namespace

template <class Real>
void loss_adjoints(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                   std::int64_t columns, std::int64_t points, LossPartials partials,
                   Batch<Real> adjoint, cudaStream_t stream) {
  launch(loss_partials_kernel<Real>, "loss_partials", points * (columns / loss_tile), tile_block,
         scratch_bytes, stream, targets, z, start, columns, partials, adjoint);
}

template <class Real>
void loss_partials(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                   std::int64_t columns, std::int64_t points, LossPartials partials,
                   cudaStream_t stream) {
  loss_adjoints(targets, z, start, columns, points, partials, Batch<Real>{}, stream);
}

template <class Real>
void curvature_partials(const Targets<Real>& targets, Batch<const Real> z, int axes,
                        std::int64_t start, std::int64_t columns, std::int64_t points,
                        std::int64_t tiles, double* partial, cudaStream_t stream) {
  launch(curvature_partials_kernel<Real>, "curvature_partials", points * (columns / loss_tile),
         tile_block, scratch_bytes, stream, targets, z, axes, start, columns, points, tiles,
         partial);
}

void sum_partials(const double* partial, std::int64_t count, std::int64_t points, double divisor,
                  double* total, cudaStream_t stream) {
  launch(sum_partials_kernel, "sum_partials", points, warp_size, 0, stream, partial, count, divisor,
         total);
}

template void loss_partials(const Targets<double>&, Batch<const double>, std::int64_t, std::int64_t,
                            std::int64_t, LossPartials, cudaStream_t);
template void loss_adjoints(const Targets<double>&, Batch<const double>, std::int64_t, std::int64_t,
                            std::int64_t, LossPartials, Batch<double>, cudaStream_t);
template void curvature_partials(const Targets<double>&, Batch<const double>, int, std::int64_t,
                                 std::int64_t, std::int64_t, std::int64_t, double*, cudaStream_t);
template void loss_partials(const Targets<float>&, Batch<const float>, std::int64_t, std::int64_t,
                            std::int64_t, LossPartials, cudaStream_t);
template void loss_adjoints(const Targets<float>&, Batch<const float>, std::int64_t, std::int64_t,
                            std::int64_t, LossPartials, Batch<float>, cudaStream_t);
template void curvature_partials(const Targets<float>&, Batch<const float>, int, std::int64_t,
                                 std::int64_t, std::int64_t, std::int64_t, double*, cudaStream_t);

}  // namespace convexscan::kernels
