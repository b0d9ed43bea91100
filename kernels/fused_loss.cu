// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/fused_loss.hpp"

#include <algorithm>

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "kernels/sample_loss.cuh"
#include "shared/activations.hpp"

namespace convexscan::kernels {
namespace {

/// Each warp makes so many neurons of a layer, for all samples of the block: its threads hold
/// rows_per_warp × samples_per_lane sums in registers, and read one weight from shared memory for
/// samples_per_lane products and one activation for rows_per_warp.
constexpr int rows_per_warp = 8;
constexpr int most_threads = most_fused_width / rows_per_warp * warp_size;

template <class Real>
constexpr int samples_per_lane = sizeof(Real) == 8 ? 2
                                                   : 4;  // as many as 128 registers a thread allow

/// Points that a block takes one after the other, so that its samples' data stay in the cache.
constexpr std::int64_t most_points_per_block = 32;
constexpr std::int64_t enough_blocks = 8192;

static_assert(fused_tile<double> == samples_per_lane<double> * warp_size);
static_assert(fused_tile<float> == samples_per_lane<float> * warp_size);

constexpr int scratch_size = most_threads / warp_size;  // doubles, of block_sum

/// 16 bytes, which shared memory delivers in one go.
template <class Real>
struct alignas(16) Pack {
  static constexpr int size = 16 / sizeof(Real);
  Real values[size];
};

constexpr int padded_rows(int rows) {
  return (rows + rows_per_warp - 1) / rows_per_warp * rows_per_warp;
}

/// From one row of Wᵀ to the next: a pack more than there are neurons, so that neighbouring rows
/// lie in different banks.
template <class Real>
constexpr int weight_stride(int outputs) {
  return padded_rows(outputs) + Pack<Real>::size;
}

template <class Real>
struct FusedTask {
  FusedNetwork<Real> network;
  Affine<Real> parameters;
  Affine<Real> z0;
  std::int64_t z0_stride;
  Targets<Real> targets;
  Coordinates coordinates;
  std::int64_t points;
  std::int64_t points_per_block;
  LossPartials partials;
  int widest;  // rows of activations
};

/// A block's shared memory and its threads' places.
template <class Real>
struct FusedBlock {
  static constexpr int samples = samples_per_lane<Real>;
  static constexpr int tile = samples * warp_size;

  const FusedTask<Real>& task;
  double* scratch;    // (warps)
  Real* activations;  // (widest, tile), every layer in place of the one before
  Real* weights;      // (inputs, weight_stride): Wᵀ of one layer
  std::int64_t start;
  int row0 = thread_index() / warp_size * rows_per_warp;
  int lane = thread_index() % warp_size;

  /// Wᵀ of a layer at a point; rows that pad it to whole warps stay as they are.
  __device__ void load_weights(const FusedLayer<Real>& layer, const Place<Real>& here) const {
    const int stride = weight_stride<Real>(layer.outputs);
    const int count = layer.inputs * layer.outputs;
    for (int i = thread_index(); i < count; i += block_size()) {
      weights[i % layer.inputs * stride + i / layer.inputs] =
          at(task.parameters, here, layer.weight + i);
    }
  }

  /// σ of this thread's elements, in place.
  __device__ void activate(const FusedLayer<Real>& layer) const {
    if (layer.activation == Activation::identity) return;
    shared::with_activation(layer.activation, [&]<Activation kind>() {
      for (int r = 0; r < rows_per_warp && row0 + r < layer.outputs; ++r) {
        Real* const row = activations + (row0 + r) * tile + lane;
#pragma unroll
        for (int j = 0; j < samples; ++j) {
          row[j * warp_size] = shared::activation<kind>(row[j * warp_size], layer.slope).value;
        }
      }
    });
  }

  __device__ void first_layer(const Place<Real>& here) const {
    const FusedLayer<Real>& layer = task.network.layers[0];
    for (int r = 0; r < rows_per_warp && row0 + r < layer.outputs; ++r) {
      Real* const row = activations + (row0 + r) * tile + lane;
      for (int j = 0; j < samples; ++j) {
        const std::int64_t column = start + lane + j * warp_size;
        row[j * warp_size] = column < task.z0_stride
                                 ? at(task.z0, here, (row0 + r) * task.z0_stride + column)
                                 : Real(0);
      }
    }
    activate(layer);
  }

  /// sum += W·a for this thread's neurons and samples.
  __device__ void multiply(const FusedLayer<Real>& layer,
                           Real (&sum)[rows_per_warp][samples]) const {
    const int stride = weight_stride<Real>(layer.outputs);
    const Real* column = activations + lane;
    const Real* row = weights + row0;
#pragma unroll 2
    for (int k = 0; k < layer.inputs; ++k) {
      Real a[samples];
      Pack<Real> w[rows_per_warp / Pack<Real>::size];
#pragma unroll
      for (int j = 0; j < samples; ++j) a[j] = column[k * tile + j * warp_size];
#pragma unroll
      for (int p = 0; p < rows_per_warp / Pack<Real>::size; ++p) {
        w[p] = reinterpret_cast<const Pack<Real>*>(row + k * stride)[p];
      }
#pragma unroll
      for (int r = 0; r < rows_per_warp; ++r) {
#pragma unroll
        for (int j = 0; j < samples; ++j) {
          sum[r][j] += w[r / Pack<Real>::size].values[r % Pack<Real>::size] * a[j];
        }
      }
    }
  }

  /// σ(sum + b), in place of the layer's input.
  __device__ void finish(const FusedLayer<Real>& layer, const Place<Real>& here,
                         const Real (&sum)[rows_per_warp][samples]) const {
    Real* const own = activations + row0 * tile + lane;
#pragma unroll
    for (int r = 0; r < rows_per_warp; ++r) {
      if (row0 + r >= layer.outputs) break;
      const Real bias = layer.bias < 0 ? Real(0) : at(task.parameters, here, layer.bias + row0 + r);
#pragma unroll
      for (int j = 0; j < samples; ++j) own[r * tile + j * warp_size] = sum[r][j] + bias;
    }
    activate(layer);
  }

  /// The activations become the network's outputs at a point.
  __device__ void forward(const Place<Real>& here) const {
    const FusedNetwork<Real>& network = task.network;
    first_layer(here);
    if (network.depth > 1) load_weights(network.layers[1], here);
    for (int l = 1; l < network.depth; ++l) {
      const FusedLayer<Real>& layer = network.layers[l];
      Real sum[rows_per_warp][samples] = {};
      synchronize_block();
      if (row0 < layer.outputs) multiply(layer, sum);
      synchronize_block();
      if (l + 1 < network.depth) load_weights(network.layers[l + 1], here);
      finish(layer, here, sum);
    }
    synchronize_block();
  }

  /// Sums of(z, stride, sample) over the block's samples; thread 0 has the result. The activations
  /// may be overwritten on return.
  template <class Of>
  __device__ double sum_samples(Of&& of) const {
    double sum = 0.0;
    for (int s = thread_index(); s < tile; s += block_size()) {
      if (start + s < task.targets.samples) sum += of(activations + s, start + s);
    }
    sum = block_sum(sum, scratch);
    synchronize_block();
    return sum;
  }
};

/// One block for each tile of samples of a run of points.
template <class Real>
__global__ __launch_bounds__(most_threads) void fused_loss_kernel(FusedTask<Real> task) {
  constexpr int tile = FusedBlock<Real>::tile;
  const LossPartials& partials = task.partials;
  const Targets<Real>& targets = task.targets;
  const std::int64_t sample_tile = block_index() % partials.tiles;
  const std::int64_t first = block_index() / partials.tiles * task.points_per_block;
  Real* const activations = reinterpret_cast<Real*>(shared_memory<double>() + scratch_size);
  const FusedBlock<Real> block{task, shared_memory<double>(), activations,
                               activations + task.widest * tile, sample_tile * tile};
  for (std::int64_t point = first; point < first + task.points_per_block; ++point) {
    if (point >= task.points) return;
    block.forward(place<Real>(task.coordinates, point));
    const std::int64_t to = point * partials.tiles + sample_tile;
    if (partials.correct != nullptr) {
      const double correct = block.sum_samples([&](const Real* z, std::int64_t sample) {
        return sample_correct(targets, z, tile, sample);
      });
      if (thread_index() == 0) partials.correct[to] = correct;
    }
    const double loss = block.sum_samples(
        [&](const Real* z, std::int64_t sample) { return sample_loss(targets, z, tile, sample); });
    if (thread_index() == 0) partials.loss[to] = loss;
  }
}

}  // namespace

template <class Real>
int FusedNetwork<Real>::widest() const {
  int width = 0;
  for (int l = 0; l < depth; ++l) width = std::max(width, layers[l].outputs);
  return width;
}

template <class Real>
std::size_t fused_shared_bytes(const FusedNetwork<Real>& network) {
  std::size_t weights = 0;
  for (int l = 1; l < network.depth; ++l) {
    const FusedLayer<Real>& layer = network.layers[l];
    weights = std::max(weights, static_cast<std::size_t>(layer.inputs) *
                                    static_cast<std::size_t>(weight_stride<Real>(layer.outputs)));
  }
  const std::size_t activations = static_cast<std::size_t>(network.widest() * fused_tile<Real>);
  return scratch_size * sizeof(double) + (activations + weights) * sizeof(Real);
}

template <class Real>
void fused_loss(const FusedNetwork<Real>& network, Affine<Real> parameters, Affine<Real> z0,
                std::int64_t z0_stride, const Targets<Real>& targets, Coordinates coordinates,
                std::int64_t points, LossPartials partials, cudaStream_t stream) {
  const std::int64_t points_per_block =
      std::clamp<std::int64_t>(points * partials.tiles / enough_blocks, 1, most_points_per_block);
  const std::int64_t runs = (points + points_per_block - 1) / points_per_block;
  const int threads = padded_rows(network.widest()) / rows_per_warp * warp_size;
  const FusedTask<Real> task{network,  parameters,      z0,     z0_stride,
                             targets,  coordinates,     points, points_per_block,
                             partials, network.widest()};
  const std::int64_t grid = runs * partials.tiles;
  launch(fused_loss_kernel<Real>, "fused_loss", grid, threads, fused_shared_bytes(network), stream,
         task);
}

template struct FusedNetwork<double>;
template struct FusedNetwork<float>;
template std::size_t fused_shared_bytes(const FusedNetwork<double>&);
template std::size_t fused_shared_bytes(const FusedNetwork<float>&);
template void fused_loss(const FusedNetwork<double>&, Affine<double>, Affine<double>, std::int64_t,
                         const Targets<double>&, Coordinates, std::int64_t, LossPartials,
                         cudaStream_t);
template void fused_loss(const FusedNetwork<float>&, Affine<float>, Affine<float>, std::int64_t,
                         const Targets<float>&, Coordinates, std::int64_t, LossPartials,
                         cudaStream_t);

}  // namespace convexscan::kernels
