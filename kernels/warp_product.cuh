// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/primitives.cuh"

/// W·a of a layer in shared memory: each warp makes rows_per_warp neurons for all samples of a
/// block.
namespace convexscan::kernels {

inline constexpr int rows_per_warp = 8;

constexpr int rounded_up(int count, int multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Where a layer's weights and activations lie, and a warp's sums over them.
///
/// tile: samples of a block. activation_stride: from one neuron's activations to the next one's.
/// Rows of activations beyond the last neuron, up to whole warps, must be zero.
template <class Real>
struct WarpProduct;

/// float64 on the tensor cores. Strides are chosen so that the 32 numbers of a fragment lie in
/// different banks as far as they can.
template <>
struct WarpProduct<double> {
  static constexpr int tile = 64;
  static constexpr int activation_stride = tile + 8;  // ≡ 8 mod 16
  static constexpr int fragments = tile / 16;

  double sum[fragments][4] = {};

  static constexpr int weight_stride(int inputs) { return rounded_up(inputs, 16) + 4; }
  static constexpr int weight_count(int inputs, int outputs) {
    return rounded_up(outputs, rows_per_warp) * weight_stride(inputs);
  }

  /// Stores W, weight(i) being its i-th number row by row, with zeros behind each row.
  template <class Weight>
  static __device__ void load(int inputs, int outputs, double* weights, Weight&& weight) {
    const int stride = weight_stride(inputs);
    const int depth = rounded_up(inputs, 4);
    const int warps = block_size() / warp_size;
    for (int o = thread_index() / warp_size; o < outputs; o += warps) {
      for (int k = thread_index() % warp_size; k < depth; k += warp_size) {
        weights[o * stride + k] = k < inputs ? weight(o * inputs + k) : 0.0;
      }
    }
  }

  static __device__ double weight_at(int inputs, int, int row, int k, const double* weights) {
    return weights[row * weight_stride(inputs) + k];
  }

  __device__ void multiply(int inputs, int, int row0, int lane, const double* weights,
                           const double* activations) {
    const int group = lane / 4;
    const int t = lane % 4;
    const double* w = weights + (row0 + group) * weight_stride(inputs) + t;
    const double* a = activations + t * activation_stride + group;
    for (int k = 0; k < inputs; k += 4) {
      const double b = w[k];
#pragma unroll
      for (int m = 0; m < fragments; ++m) {
        const double samples[2] = {a[16 * m], a[16 * m + 8]};
        multiply_add_16x8x4(sum[m], samples, b);
      }
      a += 4 * activation_stride;
    }
  }

  /// Writes sum + bias(row) for this warp's rows, zeros for those beyond outputs; every lane of the
  /// warp may read them on return.
  template <class Bias>
  __device__ void store(int outputs, int row0, int lane, double* activations, Bias&& bias) const {
    const int group = lane / 4;
    const int t = lane % 4;
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const int row = row0 + 2 * t + j;
      const bool neuron = row < outputs;
      const double b = neuron ? bias(row) : 0.0;
      double* const to = activations + row * activation_stride + group;
#pragma unroll
      for (int m = 0; m < fragments; ++m) {
        to[16 * m] = neuron ? sum[m][j] + b : 0.0;
        to[16 * m + 8] = neuron ? sum[m][2 + j] + b : 0.0;
      }
    }
    synchronize_warp();
  }
};

/// float32 by ordinary products: one weight read for four of them, one activation for eight.
template <>
struct WarpProduct<float> {
  static constexpr int samples_per_lane = 4;
  static constexpr int tile = samples_per_lane * warp_size;
  static constexpr int activation_stride = tile;

  float sum[rows_per_warp][samples_per_lane] = {};

  /// 16 bytes, which shared memory delivers in one go.
  struct alignas(16) Pack {
    static constexpr int size = 4;
    float values[size];
  };

  /// From one row of Wᵀ to the next: a pack more than there are neurons, so that neighbouring rows
  /// lie in different banks.
  static constexpr int weight_stride(int outputs) {
    return rounded_up(outputs, rows_per_warp) + Pack::size;
  }
  static constexpr int weight_count(int inputs, int outputs) {
    return inputs * weight_stride(outputs);
  }

  template <class Weight>
  static __device__ void load(int inputs, int outputs, float* weights, Weight&& weight) {
    const int stride = weight_stride(outputs);
    const int warps = block_size() / warp_size;
    for (int o = thread_index() / warp_size; o < outputs; o += warps) {
      for (int k = thread_index() % warp_size; k < inputs; k += warp_size) {
        weights[k * stride + o] = weight(o * inputs + k);
      }
    }
  }

  static __device__ float weight_at(int, int outputs, int row, int k, const float* weights) {
    return weights[k * weight_stride(outputs) + row];
  }

  __device__ void multiply(int inputs, int outputs, int row0, int lane, const float* weights,
                           const float* activations) {
    const int stride = weight_stride(outputs);
#pragma unroll 2
    for (int k = 0; k < inputs; ++k) {
      float a[samples_per_lane];
      Pack w[rows_per_warp / Pack::size];
#pragma unroll
      for (int j = 0; j < samples_per_lane; ++j) {
        a[j] = activations[k * activation_stride + lane + j * warp_size];
      }
#pragma unroll
      for (int p = 0; p < rows_per_warp / Pack::size; ++p) {
        w[p] = reinterpret_cast<const Pack*>(weights + k * stride + row0)[p];
      }
#pragma unroll
      for (int r = 0; r < rows_per_warp; ++r) {
#pragma unroll
        for (int j = 0; j < samples_per_lane; ++j) {
          sum[r][j] += w[r / Pack::size].values[r % Pack::size] * a[j];
        }
      }
    }
  }

  template <class Bias>
  __device__ void store(int outputs, int row0, int lane, float* activations, Bias&& bias) const {
#pragma unroll
    for (int r = 0; r < rows_per_warp; ++r) {
      const bool neuron = row0 + r < outputs;
      const float b = neuron ? bias(row0 + r) : 0.0F;
      float* const to = activations + (row0 + r) * activation_stride + lane;
#pragma unroll
      for (int j = 0; j < samples_per_lane; ++j) to[j * warp_size] = neuron ? sum[r][j] + b : 0.0F;
    }
  }
};

}  // namespace convexscan::kernels
