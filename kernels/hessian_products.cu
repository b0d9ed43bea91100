// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/hessian_products.hpp"

#include "kernels/primitives.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;
constexpr int warps = block / warp_size;
constexpr int tile_rows = 16 * warps;
constexpr int tile_columns = 32;
constexpr int fragments = tile_columns / 8;
constexpr int depth = 16;          // samples of a step
constexpr int stride = depth + 4;  // the 16 numbers of half a fragment lie in different banks

/// Samples whose sum is added to the total: with one running sum the rounding bound would be that
/// of hundreds of additions.
constexpr int run = 64;
static_assert(run == loss_tile);  // to whole ones of which samples are padded

/// One block for each tile of rows and columns of each point.
__global__ __launch_bounds__(block, 4) void hessian_products_kernel(FactorTask factors,
                                                                    ProductTask products) {
  const std::int64_t row_tiles = (products.count + tile_rows - 1) / tile_rows;
  const std::int64_t column_tiles = (products.columns + tile_columns - 1) / tile_columns;
  const std::int64_t point = block_index() / (row_tiles * column_tiles);
  const std::int64_t row0 = block_index() / column_tiles % row_tiles * tile_rows;
  const std::int64_t column0 = block_index() % column_tiles * tile_columns;
  const std::int64_t n = factors.columns;
  const auto row_count =
      static_cast<int>(products.count - row0 < tile_rows ? products.count - row0 : tile_rows);
  const auto column_count = static_cast<int>(
      products.columns - column0 < tile_columns ? products.columns - column0 : tile_columns);

  constexpr auto factor_kinds = static_cast<std::int64_t>(Factor::count);
  constexpr auto tangent_kinds = static_cast<std::int64_t>(Tangent::count);
  const double* const base = factors.factors + point * factor_kinds * factors.rows * n;
  const double* const values = base + static_cast<std::int64_t>(Factor::value) * factors.rows * n;
  const double* const g = base + static_cast<std::int64_t>(Factor::g) * factors.rows * n;
  const double* const tangents =
      factors.tangents + point * tangent_kinds * factors.tangent_rows * n;
  const double* const a_tangents =
      tangents + static_cast<std::int64_t>(Tangent::a) * factors.tangent_rows * n;
  const double* const s_tangents =
      tangents + static_cast<std::int64_t>(Tangent::s) * factors.tangent_rows * n;

  double* const left = shared_memory<double>();     // (tile_rows, stride)
  double* const right = left + tile_rows * stride;  // (tile_columns, stride)
  auto* const rows = reinterpret_cast<ProductRow*>(right + tile_columns * stride);
  for_each_in_block(row_count, [&](std::int64_t r) { rows[r] = products.rows[row0 + r]; });

  const int warp_row = thread_index() / warp_size * 16;
  const int group = thread_index() % warp_size / 4;
  const int t = thread_index() % 4;
  double total[fragments][4] = {};
  double sum[fragments][4] = {};
  for (std::int64_t start = 0; start < n; start += depth) {
    synchronize_block();
#pragma unroll
    for (int e = thread_index(); e < tile_rows * depth; e += block) {
      const int r = e / depth;
      const int k = e % depth;
      double value = 0.0;
      if (r < row_count) {
        const ProductRow row = rows[r];
        const std::int64_t s = start + k;
        value = s_tangents[row.s * n + s] * values[row.a * n + s];
        if (row.g >= 0) value += g[row.g * n + s] * a_tangents[row.da * n + s];
      }
      left[r * stride + k] = value;
    }
#pragma unroll
    for (int e = thread_index(); e < tile_columns * depth; e += block) {
      const int c = e / depth;
      const int k = e % depth;
      right[c * stride + k] =
          c < column_count ? values[(products.column_row + column0 + c) * n + start + k] : 0.0;
    }
    synchronize_block();
#pragma unroll
    for (int k = 0; k < depth; k += 4) {
      const double* const from = left + (warp_row + group) * stride + k + t;
      const double a[2] = {from[0], from[8 * stride]};
#pragma unroll
      for (int f = 0; f < fragments; ++f) {
        if (8 * f < column_count) {
          multiply_add_16x8x4(sum[f], a, right[(8 * f + group) * stride + k + t]);
        }
      }
    }
    if ((start + depth) % run != 0) continue;  // n is a multiple of it
#pragma unroll
    for (int f = 0; f < fragments; ++f) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        total[f][i] += sum[f][i];
        sum[f][i] = 0.0;
      }
    }
  }

  double* const matrix = products.matrices + point * products.size * products.size;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const int r = warp_row + group + 8 * i;
    if (r >= row_count) continue;
    const ProductRow row = rows[r];
#pragma unroll
    for (int f = 0; f < fragments; ++f) {
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        const std::int64_t c = column0 + 8 * f + 2 * t + j;
        if (c >= row.columns) continue;
        const bool bias = products.has_bias && c == products.columns - 1;
        const std::int64_t to = bias ? row.bias : row.weights + c;
        const std::int64_t lower = row.row > to ? row.row : to;
        const std::int64_t upper = row.row > to ? to : row.row;
        matrix[lower * products.size + upper] += total[f][2 * i + j];
      }
    }
  }
}

/// One block for each point.
__global__ __launch_bounds__(block) void extract_hessians_kernel(ExtractTask task) {
  const std::int64_t point = block_index();
  const std::int64_t source = task.which == nullptr ? point : task.which[point];
  const double* const from = task.matrices + source * task.size * task.size;
  double* const to = task.out + point * task.count * task.count;
  const double* const diagonal =
      task.diagonal == nullptr ? nullptr : task.diagonal + source * task.diagonal_stride;
  double* const scratch = shared_memory<double>();  // (warps)
  double off = 0.0;
  double squares = 0.0;
  double trace = 0.0;
  for (std::int64_t r = 0; r < task.count; ++r) {
    const double* const row = from + task.kept[r] * task.size;
    for_each_in_block(r + 1, [&](std::int64_t c) {
      double value = row[task.kept[c]] * task.scale;
      if (c == r) {
        if (diagonal != nullptr) value += diagonal[r];
        squares += value * value;
        trace += value;
      } else {
        off += value * value;
      }
      to[r * task.count + c] = value;
    });
  }
  double* const finite = scratch + warps;
  double square = block_sum(2.0 * off + squares, scratch);
  synchronize_block();
  trace = block_sum(trace, scratch);
  if (thread_index() == 0) {
    // Infinity less itself is NaN, and NaN is nothing's equal.
    const bool is_finite = square - square == 0.0;
    finite[0] = is_finite ? 1.0 : 0.0;
    if (task.norms != nullptr) task.norms[point] = is_finite ? sqrt(square) : square - square;
    if (task.traces != nullptr) task.traces[point] = trace;
    if (task.least != nullptr) {
      double least = to[0];
      for (std::int64_t r = 1; r < task.count; ++r) {
        const double entry = to[r * task.count + r];
        least = entry < least ? entry : least;
      }
      task.least[point] = least;
    }
  }
  synchronize_block();
  if (finite[0] == 1.0) return;
  for_each_in_block(task.count * task.count, [&](std::int64_t i) { to[i] = 0.0; });
}

}  // namespace

std::int64_t product_depth(std::int64_t samples) {
  return (samples < run ? samples : run) + (samples + run - 1) / run;
}

void add_hessian_products(const FactorTask& factors, const ProductTask& products,
                          cudaStream_t stream) {
  const std::int64_t tiles = (products.count + tile_rows - 1) / tile_rows *
                             ((products.columns + tile_columns - 1) / tile_columns);
  const std::size_t shared =
      (tile_rows + tile_columns) * stride * sizeof(double) + tile_rows * sizeof(ProductRow);
  launch(hessian_products_kernel, "hessian_products", factors.points * tiles, block, shared, stream,
         factors, products);
}

void extract_hessians(const ExtractTask& task, std::int64_t points, cudaStream_t stream) {
  launch(extract_hessians_kernel, "extract_hessians", points, block, (warps + 1) * sizeof(double),
         stream, task);
}

}  // namespace convexscan::kernels
