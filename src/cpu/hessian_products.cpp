// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian_products.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/sample_products.hpp"
#include "cpu/targets.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr double u = shared::unit_roundoff;

/// Columns of ā so few that their products with each other stay in the second-level cache.
constexpr std::int64_t narrow = 17;
constexpr std::int64_t narrow_pairs = narrow * (narrow + 1) / 2;

bool is_narrow(const LayerColumns& layer) { return layer.columns() <= narrow; }

struct Products {
  const HessianLayout& layout;
  FactorWorkspace& work;
  std::int64_t n;      ///< samples in a row
  std::int64_t count;  ///< of these, the ones that exist, rounded up to whole vectors
  std::int64_t first;  ///< tangent
  std::int64_t tangents;
  double* rows;
  double* sums;
  double* matrix;
};

/// to = a ⊙ b, sample by sample.
[[gnu::always_inline]] inline void multiply(const Products& p, const double* a, const double* b,
                                            double* to) {
#pragma omp simd
  for (std::int64_t s = 0; s < p.count; ++s) to[s] = a[s] * b[s];
}

/// Block (m > l, l): rows S[i,k] ā_j + g_i A[j,k], columns ā_p.
[[gnu::always_inline]] inline void add_cross(const Products& p, int m, int l) {
  const LayerColumns& upper = p.layout.layer(m);
  const LayerColumns& lower = p.layout.layer(l);
  const std::int64_t columns = lower.columns();
  const std::int64_t weights = lower.row_length();
  const std::int64_t row = p.tangents * p.n;
  const double* const b = p.work.value(l) + lower.begin * p.n;
  for (std::int64_t i = 0; i < upper.outputs; ++i) {
    const double* const g = p.work.g(m) + i * p.n;
    for (std::int64_t j = upper.begin; j < upper.end; ++j) {
      const double* const a = p.work.value(m) + j * p.n;
      const bool bias = j == upper.inputs;
      double* const to = p.matrix + upper.index(i, j) * p.layout.assembled();
      for (std::int64_t t = 0; t < p.tangents; t += 4) {
        const std::int64_t rows = std::min<std::int64_t>(4, p.tangents - t);
        const double* const s_rows = p.work.s_tangent(m) + i * row + t * p.n;
        const double* const a_rows = p.work.a_tangent(m) + j * row + t * p.n;
        const double* left = s_rows;
        if (!bias) {
          left = p.rows;
          for (std::int64_t r = 0; r < rows; ++r) {
            const double* from = s_rows + r * p.n;
            const double* tangent = a_rows + r * p.n;
            double* made = p.rows + r * p.n;
            // A[j,k] of the layer next to l is σ' for j = k alone, and elsewhere not even stored.
            if (m == l + 1 && j != p.first + t + r) {
              multiply(p, from, a, made);
              continue;
            }
#pragma omp simd
            for (std::int64_t s = 0; s < p.count; ++s) made[s] = from[s] * a[s] + g[s] * tangent[s];
          }
        }
        sample_product(rows, columns, left, b, p.n, p.count, p.sums);
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t k = p.first + t + r;
          double* const at = to + lower.offset + k * weights;
          const double* const sum = p.sums + r * columns;
          for (std::int64_t c = 0; c < weights; ++c) at[c] += sum[c];
          if (lower.has_bias()) to[lower.bias_offset + k] += sum[columns - 1];
        }
      }
    }
  }
}

/// Block (l + 1, l) where ā_l is short: rows ā_j, columns S[i,k] ā_p, and what
/// g_i σ'_k ā_p adds to the rows j = k.
[[gnu::always_inline]] inline void add_next(const Products& p, int l) {
  const LayerColumns& upper = p.layout.layer(l + 1);
  const LayerColumns& lower = p.layout.layer(l);
  const std::int64_t width = lower.columns();
  const std::int64_t nodes = upper.columns();
  const double* const a = p.work.value(l + 1) + upper.begin * p.n;
  const double* const b = p.work.value(l) + lower.begin * p.n;
  for (std::int64_t i = 0; i < upper.outputs; ++i) {
    const double* const g = p.work.g(l + 1) + i * p.n;
    for (std::int64_t t = 0; t < p.tangents; ++t) {
      const std::int64_t k = p.first + t;
      const double* const s_row = p.work.s_tangent(l + 1) + (i * p.tangents + t) * p.n;
      for (std::int64_t c = 0; c < width; ++c) multiply(p, s_row, b + c * p.n, p.rows + c * p.n);
      sample_product(nodes, width, a, p.rows, p.n, p.count, p.sums);
      if (k >= upper.begin && k < upper.end) {
        double* const own = p.sums + nodes * width;
        multiply(p, g, p.work.slope(l) + k * p.n, p.rows);
        sample_product(1, width, p.rows, b, p.n, p.count, own);
        for (std::int64_t c = 0; c < width; ++c) p.sums[(k - upper.begin) * width + c] += own[c];
      }
      for (std::int64_t j = 0; j < nodes; ++j) {
        double* const to = p.matrix + upper.index(i, upper.begin + j) * p.layout.assembled();
        for (std::int64_t c = 0; c < width; ++c) {
          to[lower.index(k, lower.begin + c)] += p.sums[j * width + c];
        }
      }
    }
  }
}

/// Adds the value of (i, j; k, q), k ≤ i and q ≤ j, of block (l, l), which is that of (i, q; k, j).
[[gnu::always_inline]] inline void add_symmetric(const Products& p, const LayerColumns& layer,
                                                 std::int64_t i, std::int64_t j, std::int64_t k,
                                                 std::int64_t q, double value) {
  const auto at = [&](std::int64_t row, std::int64_t column) CONVEXSCAN_INLINE -> double& {
    return p.matrix[row * p.layout.assembled() + column];
  };
  at(layer.index(i, j), layer.index(k, q)) += value;
  if (i == k || q == j) return;
  // Mirrored into the lower triangle where j is the bias.
  if (j == layer.inputs) {
    at(layer.index(k, j), layer.index(i, q)) += value;
  } else {
    at(layer.index(i, q), layer.index(k, j)) += value;
  }
}

/// Block (l, l) where the products ā_j ā_q, q ≤ j, are few: rows S[i,k], k ≤ i, these columns.
[[gnu::always_inline]] inline void add_diagonal_of_few(const Products& p, int l) {
  const LayerColumns& layer = p.layout.layer(l);
  const double* const values = p.work.value(l);
  std::int64_t pairs = 0;
  for (std::int64_t j = layer.begin; j < layer.end; ++j) {
    for (std::int64_t q = layer.begin; q <= j; ++q, ++pairs) {
      multiply(p, values + j * p.n, values + q * p.n, p.rows + pairs * p.n);
    }
  }
  for (std::int64_t i = p.first; i < layer.outputs; ++i) {
    const std::int64_t rows = std::min(p.tangents, i - p.first + 1);
    const double* const s_rows = p.work.s_tangent(l) + i * p.tangents * p.n;
    sample_product(rows, pairs, s_rows, p.rows, p.n, p.count, p.sums);
    const double* sum = p.sums;
    for (std::int64_t t = 0; t < rows; ++t) {
      for (std::int64_t j = layer.begin; j < layer.end; ++j) {
        for (std::int64_t q = layer.begin; q <= j; ++q) {
          add_symmetric(p, layer, i, j, p.first + t, q, *sum++);
        }
      }
    }
  }
}

/// Block (l, l): rows S[i,k] ā_j, k ≤ i, columns ā_q with q ≤ j.
[[gnu::always_inline]] inline void add_diagonal(const Products& p, int l, bool only_diagonal) {
  const LayerColumns& layer = p.layout.layer(l);
  const double* const values = p.work.value(l);
  for (std::int64_t i = p.first; i < layer.outputs; ++i) {
    const std::int64_t end = std::min(p.tangents, i - p.first + 1);
    if (only_diagonal && i >= p.first + p.tangents) break;
    for (std::int64_t t = only_diagonal ? i - p.first : 0; t < end; ++t) {
      const double* const s_row = p.work.s_tangent(l) + (i * p.tangents + t) * p.n;
      for (std::int64_t j = layer.begin; j < layer.end; j += 4) {
        const std::int64_t rows = std::min<std::int64_t>(4, layer.end - j);
        const std::int64_t columns = j + rows - layer.begin;
        for (std::int64_t r = 0; r < rows; ++r) {
          multiply(p, s_row, values + (j + r) * p.n, p.rows + r * p.n);
        }
        sample_product(rows, columns, p.rows, values + layer.begin * p.n, p.n, p.count, p.sums);
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t q = layer.begin; q <= j + r; ++q) {
            add_symmetric(p, layer, i, j + r, p.first + t, q,
                          p.sums[r * columns + (q - layer.begin)]);
          }
        }
      }
    }
  }
}

/// Σ over the rows first … last of their squares, sample by sample.
[[gnu::always_inline]] inline void add_squares(const double* rows, std::int64_t first,
                                               std::int64_t last, std::int64_t n, double* sum) {
  std::fill_n(sum, n, 0.0);
  for (std::int64_t i = first; i < last; ++i) {
    const double* row = rows + i * n;
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) sum[s] += row[s] * row[s];
  }
}

/// A bound on the Frobenius norm of the error that this block of samples adds to block (m, l):
///   ‖ΔM‖ ‖ā_l‖ + ‖M‖ (‖Δā_l‖ + γ ‖ā_l‖),  ‖M‖ ≤ ‖S‖‖ā_m‖ + ‖g‖‖A‖.
[[gnu::always_inline]] inline double block_error(const Products& p, int m, int l, double gamma) {
  const LayerColumns& upper = p.layout.layer(m);
  const LayerColumns& lower = p.layout.layer(l);
  const std::int64_t n = p.n;
  double* const squares = p.work.scratch();
  const auto norm_of = [&](int which, const double* rows, std::int64_t begin, std::int64_t end) {
    add_squares(rows, begin, end, n, squares + which * n);
  };
  const std::int64_t nodes = std::min(upper.end, upper.inputs);  // A has no row for the bias
  norm_of(0, p.work.s_norm(m), 0, upper.outputs);
  norm_of(1, p.work.s_error(m), 0, upper.outputs);
  norm_of(2, p.work.value(m), upper.begin, upper.end);
  norm_of(3, p.work.value_error(m), upper.begin, upper.end);
  norm_of(4, p.work.value(l), lower.begin, lower.end);
  norm_of(5, p.work.value_error(l), lower.begin, lower.end);
  norm_of(6, p.work.g(m), 0, m > l ? upper.outputs : 0);
  norm_of(7, p.work.g_error(m), 0, m > l ? upper.outputs : 0);
  norm_of(8, p.work.row_norm(m), m > l ? upper.begin : 0, m > l ? nodes : 0);
  norm_of(9, p.work.row_error(m), m > l ? upper.begin : 0, m > l ? nodes : 0);
  double* const error = squares + 10 * n;
#pragma omp simd
  for (std::int64_t s = 0; s < n; ++s) {
    const auto norm = [&](int which) { return std::sqrt(squares[which * n + s]); };
    const double left = norm(0) * norm(2);
    const double right = norm(6) * norm(8);
    const double rows = left + right;
    const double rows_error = norm(1) * (norm(2) + norm(3)) + norm(0) * norm(3) +
                              norm(7) * (norm(8) + norm(9)) + norm(6) * norm(9);
    error[s] = rows_error * (norm(4) + norm(5)) + rows * (norm(5) + (gamma + 2.0 * u) * norm(4));
  }
  double sum = 0.0;
  for (std::int64_t s = 0; s < n; ++s) sum += error[s];
  return sum;
}

}  // namespace

ProductWorkspace::ProductWorkspace(const HessianLayout& layout)
    : rows(static_cast<std::size_t>(narrow_pairs * hessian_block)) {
  std::int64_t widest = 0;
  std::int64_t tangents = 0;
  for (int l = 0; l < layout.depth(); ++l) {
    widest = std::max(widest, layout.layer(l).columns());
    tangents = std::max(tangents, layout.layer(l).outputs);
  }
  // Four rows of add_cross and add_diagonal, or those of add_next, or of add_diagonal_of_few.
  const std::int64_t most = std::max(
      {4 * widest, (widest + 1) * narrow, std::min(tangents, most_tangents) * narrow_pairs});
  sums.resize(static_cast<std::size_t>(most));
}

CONVEXSCAN_VECTOR_TARGETS void add_products(const HessianPoint& point, const HessianLayout& layout,
                                            std::int64_t block, int l, std::int64_t first,
                                            std::int64_t tangents, FactorWorkspace& work,
                                            ProductWorkspace& scratch, double* matrix,
                                            double* errors) {
  const NetworkData<double>& data = point.slice.data;
  const int depth = layout.depth();
  const std::int64_t n = std::min(hessian_block, data.stride - block * hessian_block);
  const std::int64_t valid = std::min(n, data.samples - block * hessian_block);
  const std::int64_t count = (valid + lane_count - 1) / lane_count * lane_count;
  const Products products{
      layout, work, n, count, first, tangents, scratch.rows.data(), scratch.sums.data(), matrix};
  // Each lane's sum, the sum over lanes, and the sum over blocks of samples.
  const std::int64_t blocks = (data.samples + hessian_block - 1) / hessian_block;
  const double gamma = shared::gamma_bound(count / lane_count + 3 + blocks);
  const bool diagonal_loss = l == depth - 1 && data.task.loss != Loss::cross_entropy;
  for (int m = l; m < depth; ++m) {
    errors[m] = 0.0;
    if (layout.layer(m).empty()) continue;
    errors[m] = block_error(products, m, l, gamma);
    if (m > l) {
      const bool next = m == l + 1 && is_narrow(layout.layer(l));
      next ? add_next(products, l) : add_cross(products, m, l);
    } else if (is_narrow(layout.layer(l)) && !diagonal_loss) {
      add_diagonal_of_few(products, l);
    } else {
      add_diagonal(products, l, diagonal_loss);
    }
  }
}

}  // namespace convexscan::cpu
