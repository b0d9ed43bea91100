// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/fused_loss.hpp"

#include <algorithm>

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "kernels/sample_loss.cuh"
#include "kernels/warp_product.cuh"
#include "shared/activations.hpp"

namespace convexscan::kernels {
namespace {

constexpr int most_threads = most_fused_width / rows_per_warp * warp_size;

/// Points that a block takes one after the other, so that its samples' data stay in the cache.
constexpr std::int64_t most_points_per_block = 32;
constexpr std::int64_t enough_blocks = 8192;

constexpr int scratch_size = most_threads / warp_size;  // doubles, of block_sum

static_assert(fused_tile<double> == WarpProduct<double>::tile);
static_assert(fused_tile<float> == WarpProduct<float>::tile);

template <class Real>
struct FusedTask {
  FusedNetwork<Real> network;
  FusedSlices<Real> slices;
  Targets<Real> targets;
  Coordinates coordinates;
  std::int64_t points;
  std::int64_t points_per_block;
  LossPartials partials;
  int rows;  // of activations
};

/// A point: its coordinates and the slice that they are on.
template <class Real>
struct FusedPoint {
  Place<Real> place;
  Affine<Real> parameters;
  Affine<Real> z0;

  __device__ FusedPoint(const FusedSlices<Real>& slices, Coordinates coordinates,
                        std::int64_t slice, std::int64_t row)
      : place(kernels::place<Real>(coordinates, row)),
        parameters(of_point(slices.parameters.from(slice * slices.parameter_stride), slice)),
        z0(slices.z0.from(slice * slices.z0_slice_stride)) {}

  __device__ Real parameter(std::int64_t i) const { return at(parameters, place, i); }
};

template <class Real>
constexpr int samples_of_lane = WarpProduct<Real>::tile / warp_size;

/// A thread's share of z₀ but for what belongs to x: what the points of a grid's row have in
/// common.
template <class Real>
struct GridRow {
  /// Whether the registers have room for it beside all else.
  static constexpr bool is_kept = sizeof(Real) == 8;

  Real z0[rows_per_warp][samples_of_lane<Real>];
};

/// A block's shared memory and its threads' places.
template <class Real>
struct FusedBlock {
  using Product = WarpProduct<Real>;
  static constexpr int tile = Product::tile;
  static constexpr int stride = Product::activation_stride;

  const FusedTask<Real>& task;
  double* scratch;    // (warps)
  Real* activations;  // (widest in whole warps, stride), every layer in place of the one before
  Real* weights;      // of one layer
  std::int64_t start;
  int row0 = thread_index() / warp_size * rows_per_warp;
  int lane = thread_index() % warp_size;

  __device__ void load_weights(const FusedLayer<Real>& layer, const FusedPoint<Real>& here) const {
    Product::load(layer.inputs, layer.outputs, weights,
                  [&](int i) { return here.parameter(layer.weight + i); });
  }

  /// σ of this warp's neurons, in place.
  __device__ void activate(const FusedLayer<Real>& layer) const {
    if (layer.activation == Activation::identity) return;
    shared::with_activation(layer.activation, [&]<Activation kind>() {
      for (int r = 0; r < rows_per_warp && row0 + r < layer.outputs; ++r) {
        Real* const row = activations + (row0 + r) * stride + lane;
#pragma unroll
        for (int s = 0; s < tile; s += warp_size) {
          row[s] = shared::activation<kind>(row[s], layer.slope).value;
        }
      }
    });
  }

  /// Calls of(neuron of this warp, sample of this lane, index into the parts of z₀), the last −1
  /// where there is no such neuron or sample.
  template <class Of>
  __device__ void for_each_of_first_layer(Of&& of) const {
    const int neurons = task.network.layers[0].outputs - row0;
#pragma unroll
    for (int r = 0; r < rows_per_warp; ++r) {
#pragma unroll
      for (int s = 0; s < samples_of_lane<Real>; ++s) {
        const std::int64_t column = start + lane + s * warp_size;
        const bool inside = r < neurons && column < task.slices.z0_stride;
        of(r, s, inside ? (row0 + r) * task.slices.z0_stride + column : std::int64_t{-1});
      }
    }
  }

  /// What the points of a grid's row have in common.
  __device__ void load_row(const FusedPoint<Real>& here, GridRow<Real>& row) const {
    for_each_of_first_layer([&](int r, int s, std::int64_t i) {
      Real value = i < 0 ? Real(0) : here.z0.origin[i];
      if (i >= 0 && here.z0.y != nullptr) value += here.place.y * here.z0.y[i];
      row.z0[r][s] = value;
    });
  }

  __device__ void first_layer(const FusedPoint<Real>& here, const GridRow<Real>& row) const {
    for_each_of_first_layer([&](int r, int s, std::int64_t i) {
      Real value = row.z0[r][s];
      if (i >= 0 && here.z0.x != nullptr) value += here.place.x * here.z0.x[i];
      activations[(row0 + r) * stride + lane + s * warp_size] = value;
    });
    activate(task.network.layers[0]);
  }

  /// Adds what of the second layer is affine in the coordinates to this warp's neurons.
  __device__ void add_second(const FusedLayer<Real>& layer, const FusedPoint<Real>& here) const {
    for (int r = 0; r < rows_per_warp && row0 + r < layer.outputs; ++r) {
      Real* const row = activations + (row0 + r) * stride + lane;
      for (int s = 0; s < tile; s += warp_size) {
        const std::int64_t column = start + lane + s;
        if (column >= task.slices.z0_stride) continue;
        row[s] += at(task.slices.second, here.place, (row0 + r) * task.slices.z0_stride + column);
      }
    }
  }

  /// A layer that would leave part of a warp's rows empty, by ordinary products: each thread makes
  /// all neurons of its own samples, which nobody else reads, in place.
  __device__ void narrow_layer(const FusedLayer<Real>& layer, const FusedPoint<Real>& here,
                               bool second) const {
    for (int s = thread_index(); s < tile; s += block_size()) {
      Real sum[rows_per_warp] = {};
      Real* const column = activations + s;
      for (int k = 0; k < layer.inputs; ++k) {
        const Real a = column[k * stride];
#pragma unroll
        for (int r = 0; r < rows_per_warp - 1; ++r) {
          if (r >= layer.outputs) break;
          sum[r] += Product::weight_at(layer.inputs, layer.outputs, r, k, weights) * a;
        }
      }
#pragma unroll
      for (int r = 0; r < rows_per_warp; ++r) {
        const bool neuron = r < layer.outputs;
        if (neuron && layer.bias >= 0) sum[r] += here.parameter(layer.bias + r);
        column[r * stride] = neuron ? sum[r] : Real(0);
      }
      shared::with_activation(layer.activation, [&]<Activation kind>() {
        for (int r = 0; r < layer.outputs; ++r) {
          Real& z = column[r * stride];
          if (second && start + s < task.slices.z0_stride) {
            z += at(task.slices.second, here.place, r * task.slices.z0_stride + start + s);
          }
          z = shared::activation<kind>(z, layer.slope).value;
        }
      });
    }
  }

  /// The activations become the network's outputs at a point.
  __device__ void forward(const FusedPoint<Real>& here, const GridRow<Real>& row) const {
    const FusedNetwork<Real>& network = task.network;
    first_layer(here, row);
    if (network.depth > 1) load_weights(network.layers[1], here);
    for (int l = 1; l < network.depth; ++l) {
      const FusedLayer<Real>& layer = network.layers[l];
      const bool second = l == 1 && task.slices.second.origin != nullptr;
      synchronize_block();
      if (layer.outputs < rows_per_warp) {
        narrow_layer(layer, here, second);
        synchronize_block();
        if (l + 1 < network.depth) load_weights(network.layers[l + 1], here);
        continue;
      }
      Product product;
      if (row0 < layer.outputs) {
        product.multiply(layer.inputs, layer.outputs, row0, lane, weights, activations);
      }
      synchronize_block();
      if (l + 1 < network.depth) load_weights(network.layers[l + 1], here);
      product.store(layer.outputs, row0, lane, activations, [&](int row) {
        return layer.bias < 0 ? Real(0) : here.parameter(layer.bias + row);
      });
      if (second) add_second(layer, here);
      activate(layer);
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

/// One block for each tile of samples of a run of points. One block on a processor is asked for at
/// the least, else ptxas makes room for two of the largest and spills.
template <class Real>
__global__ __launch_bounds__(most_threads, 1) void fused_loss_kernel(FusedTask<Real> task) {
  constexpr int tile = FusedBlock<Real>::tile;
  constexpr int stride = FusedBlock<Real>::stride;
  const LossPartials& partials = task.partials;
  const Targets<Real>& targets = task.targets;
  const std::int64_t sample_tile = block_index() % partials.tiles;
  const std::int64_t first = block_index() / partials.tiles * task.points_per_block;
  Real* const activations = reinterpret_cast<Real*>(shared_memory<double>() + scratch_size);
  const FusedBlock<Real> block{task, shared_memory<double>(), activations,
                               activations + task.rows * stride, sample_tile * tile};
  GridRow<Real> row;
  std::int64_t row_slice = -1;
  Real row_y = 0;
  for (std::int64_t point = first; point < first + task.points_per_block; ++point) {
    if (point >= task.points) return;
    const bool own = task.slices.slice_of != nullptr;
    const std::int64_t slice =
        own ? std::int64_t{task.slices.slice_of[point]} : point / task.slices.places;
    if (slice < 0) continue;
    const FusedPoint<Real> here(task.slices, task.coordinates, slice,
                                own ? point : point % task.slices.places);
    if (!GridRow<Real>::is_kept || slice != row_slice || here.place.y != row_y) {
      block.load_row(here, row);
      row_slice = slice;
      row_y = here.place.y;
    }
    block.forward(here, row);
    const std::int64_t to = point * partials.tiles + sample_tile;
    if (partials.correct != nullptr) {
      const double correct = block.sum_samples([&](const Real* z, std::int64_t sample) {
        return sample_correct(targets, z, stride, sample);
      });
      if (thread_index() == 0) partials.correct[to] = correct;
    }
    const double loss = block.sum_samples([&](const Real* z, std::int64_t sample) {
      return sample_loss(targets, z, stride, sample);
    });
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
  using Product = WarpProduct<Real>;
  int numbers = 0;
  for (int l = 1; l < network.depth; ++l) {
    const FusedLayer<Real>& layer = network.layers[l];
    numbers = std::max(numbers, Product::weight_count(layer.inputs, layer.outputs));
  }
  numbers += rounded_up(network.widest(), rows_per_warp) * Product::activation_stride;
  return scratch_size * sizeof(double) + static_cast<std::size_t>(numbers) * sizeof(Real);
}

template <class Real>
void fused_loss(const FusedNetwork<Real>& network, const FusedSlices<Real>& slices,
                const Targets<Real>& targets, Coordinates coordinates, std::int64_t points,
                LossPartials partials, cudaStream_t stream) {
  const std::int64_t points_per_block =
      std::clamp<std::int64_t>(points * partials.tiles / enough_blocks, 1, most_points_per_block);
  const std::int64_t runs = (points + points_per_block - 1) / points_per_block;
  const int rows = rounded_up(network.widest(), rows_per_warp);
  const int threads = rows / rows_per_warp * warp_size;
  const FusedTask<Real> task{network, slices,           targets,  coordinates,
                             points,  points_per_block, partials, rows};
  const std::int64_t grid = runs * partials.tiles;
  launch(fused_loss_kernel<Real>, "fused_loss", grid, threads, fused_shared_bytes(network), stream,
         task);
}

template struct FusedNetwork<double>;
template struct FusedNetwork<float>;
template std::size_t fused_shared_bytes(const FusedNetwork<double>&);
template std::size_t fused_shared_bytes(const FusedNetwork<float>&);
template void fused_loss(const FusedNetwork<double>&, const FusedSlices<double>&,
                         const Targets<double>&, Coordinates, std::int64_t, LossPartials,
                         cudaStream_t);
template void fused_loss(const FusedNetwork<float>&, const FusedSlices<float>&,
                         const Targets<float>&, Coordinates, std::int64_t, LossPartials,
                         cudaStream_t);

}  // namespace convexscan::kernels
