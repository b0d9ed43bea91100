// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "cpu/layer_loops.hpp"
#include "cpu/sample_factors.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"
#include "shared/rounding.hpp"
#include "shared/skips.hpp"

namespace convexscan::cpu {
namespace {

constexpr double u = shared::unit_roundoff;

/// norm[i] = Euclidean norm over the tangents of row i, sample by sample.
[[gnu::always_inline]] inline void row_norms(const double* rows, std::int64_t count,
                                             std::int64_t tangents, std::int64_t n, double* norm) {
  for (std::int64_t i = 0; i < count; ++i) {
    double* const of_row = norm + i * n;
    std::fill_n(of_row, n, 0.0);
    for (std::int64_t t = 0; t < tangents; ++t) {
      const double* row = rows + (i * tangents + t) * n;
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) of_row[s] += row[s] * row[s];
    }
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) of_row[s] = std::sqrt(of_row[s]);
  }
}

/// A layer's sizes in the loops below.
struct Shape {
  std::int64_t n;         ///< samples in a row
  std::int64_t tangents;  ///< rows of tangents of one neuron
  std::int64_t row() const { return n * tangents; }
};

/// error += magnitudes·(source error + γ·source norm), with weights read by rows or by columns.
[[gnu::always_inline]] inline void propagate(const HessianPoint& point, Weights<double> magnitudes,
                                             std::int64_t rows, std::int64_t depth,
                                             const double* norm, const double* source_error,
                                             std::int64_t n, double* sources, double* error) {
  const double gamma = shared::gamma_bound(depth + point.roundings());
#pragma omp simd
  for (std::int64_t s = 0; s < depth * n; ++s) sources[s] = source_error[s] + gamma * norm[s];
  add_product<double>(magnitudes, rows, depth, sources, n, n, error, n);
}

/// ∂z_k/∂z_l = W_k A_k (+ A of the skip), in place of S.
[[gnu::always_inline]] inline void forward_tangents(const HessianPoint& point, int k, int l,
                                                    std::int64_t first, Shape shape,
                                                    FactorWorkspace& work) {
  const LayerPlan<double>& layer = point.slice.data.layers[static_cast<std::size_t>(k)];
  const std::int64_t n = shape.n;
  const std::int64_t row = shape.row();
  double* const z = work.s_tangent(k);
  double* const error = work.s_error(k);
  const double* const w = point.theta + layer.weight;
  const double* const size = point.magnitude + layer.weight;
  if (k == l + 1) {
    // A_{l+1} is diagonal: one product for each element.
    const double gamma = shared::gamma_bound(point.roundings());
    for (std::int64_t i = 0; i < layer.outputs; ++i) {
      double* e = error + i * n;
      std::fill_n(e, n, 0.0);
      for (std::int64_t t = 0; t < shape.tangents; ++t) {
        const std::int64_t j = first + t;
        const double weight = w[i * layer.inputs + j];
        const double magnitude = size[i * layer.inputs + j];
        const double* slope = work.slope(l) + j * n;
        const double* slope_error = work.slope_error(l) + j * n;
        double* to = z + i * row + t * n;
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) {
          to[s] = weight * slope[s];
          const double term = magnitude * (slope_error[s] + gamma * std::fabs(slope[s]));
          e[s] += term * term;
        }
      }
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) e[s] = std::sqrt(e[s]);
    }
  } else {
    std::fill_n(error, layer.outputs * n, 0.0);
    form_product<double>({w, layer.inputs, 1}, layer.outputs, layer.inputs, work.a_tangent(k), row,
                         row, z, row);
    propagate(point, {size, layer.inputs, 1}, layer.outputs, layer.inputs, work.row_norm(k),
              work.row_error(k), n, work.q_error(k), error);
  }
  const bool skip = layer.skip_before > l;
  if (skip) {
    add_rows<double>({work.a_tangent(layer.skip_before), row}, layer.outputs, row, z, row);
  }
  row_norms(z, layer.outputs, shape.tangents, n, work.s_norm(k));
  if (skip) {
    const double* from = work.row_error(layer.skip_before);
    const double* norm = work.s_norm(k);
#pragma omp simd
    for (std::int64_t s = 0; s < layer.outputs * n; ++s) error[s] += from[s] + u * norm[s];
  }
}

/// A_{k+1} = σ'(z_k)·∂z_k/∂z_l (+ A of the skip).
[[gnu::always_inline]] inline void activate_tangents(const HessianPoint& point, int k, int l,
                                                     Shape shape, FactorWorkspace& work) {
  const LayerPlan<double>& layer = point.slice.data.layers[static_cast<std::size_t>(k)];
  const std::int64_t n = shape.n;
  const std::int64_t row = shape.row();
  const double* const slope = work.slope(k);
  const double* const slope_error = work.slope_error(k);
  double* const norm = work.row_norm(k + 1);
  double* const error = work.row_error(k + 1);
  for (std::int64_t i = 0; i < layer.outputs; ++i) {
    for (std::int64_t t = 0; t < shape.tangents; ++t) {
      const double* from = work.s_tangent(k) + i * row + t * n;
      double* to = work.a_tangent(k + 1) + i * row + t * n;
      const double* d = slope + i * n;
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) to[s] = d[s] * from[s];
    }
  }
  const double* const z_norm = work.s_norm(k);
  const double* const z_error = work.s_error(k);
#pragma omp simd
  for (std::int64_t s = 0; s < layer.outputs * n; ++s) {
    norm[s] = std::fabs(slope[s]) * z_norm[s];
    error[s] =
        std::fabs(slope[s]) * z_error[s] + slope_error[s] * (z_norm[s] + z_error[s]) + u * norm[s];
  }
  if (layer.skip_after <= l) return;
  add_rows<double>({work.a_tangent(layer.skip_after), row}, layer.outputs, row,
                   work.a_tangent(k + 1), row);
  const double* const from = work.row_error(layer.skip_after);
  const double* const from_norm = work.row_norm(layer.skip_after);
#pragma omp simd
  for (std::int64_t s = 0; s < layer.outputs * n; ++s) {
    norm[s] += from_norm[s];
    error[s] += from[s] + u * norm[s];
  }
}

/// Tangents of ∂ℓ/∂a at the outputs: ∂²ℓ/∂a² A.
[[gnu::always_inline]] inline void loss_tangents(const HessianPoint& point, Shape shape,
                                                 FactorWorkspace& work) {
  const NetworkData<double>& data = point.slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t outputs = data.layers.back().outputs;
  const std::int64_t n = shape.n;
  const std::int64_t row = shape.row();
  const double* const second = work.loss_second();
  const double* const second_error = work.loss_error();
  const double* const a = work.a_tangent(depth);
  const double* const norm = work.row_norm(depth);
  const double* const error = work.row_error(depth);
  double* const q = work.q_tangent(depth);
  double* const q_error = work.q_error(depth);
  const bool softmax = data.task.loss == Loss::cross_entropy;
  double* const mean = work.scratch();  // Σ_q p_q A_q of one tangent
  for (std::int64_t t = 0; t < shape.tangents; ++t) {
    if (softmax) std::fill_n(mean, n, 0.0);
    for (std::int64_t o = 0; softmax && o < outputs; ++o) {
      const double* from = a + o * row + t * n;
      const double* p = second + o * n;
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) mean[s] += p[s] * from[s];
    }
    for (std::int64_t o = 0; o < outputs; ++o) {
      const double* from = a + o * row + t * n;
      const double* h = second + o * n;
      double* to = q + o * row + t * n;
      if (softmax) {
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) to[s] = h[s] * (from[s] - mean[s]);
      } else {
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) to[s] = h[s] * from[s];
      }
    }
  }
  double* const mean_norm = work.scratch();
  double* const mean_error = mean_norm + n;
  std::fill_n(mean_norm, 2 * n, 0.0);
  for (std::int64_t o = 0; softmax && o < outputs; ++o) {
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) {
      const std::int64_t at = o * n + s;
      mean_norm[s] += second[at] * norm[at];
      mean_error[s] += second[at] * error[at] + second_error[at] * (norm[at] + error[at]);
    }
  }
  const double gamma = shared::gamma_bound(softmax ? outputs + 3 : 1);
  for (std::int64_t o = 0; o < outputs; ++o) {
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) {
      const std::int64_t at = o * n + s;
      const double size = norm[at] + mean_norm[s];
      const double e = error[at] + mean_error[s];
      q_error[at] = std::fabs(second[at]) * (e + gamma * size) + second_error[at] * (size + e);
    }
  }
  row_norms(q, outputs, shape.tangents, n, work.q_norm(depth));
}

/// Whether Q_{l+1} is the outer product of one neuron's weights and its S, which needs no memory.
bool has_one_successor(const std::vector<LayerPlan<double>>& layers, int l) {
  const auto next = static_cast<std::size_t>(l) + 1;
  return next < layers.size() && layers[next].outputs == 1 && !shared::is_skipped(layers, l + 1);
}

/// S_k = σ'·Q_{k+1} + (σ''·∂ℓ/∂a)·∂z_k/∂z_l; of S_l, which is symmetric, the rows [i, t ≤ i].
[[gnu::always_inline]] inline void adjoint_tangents(const HessianPoint& point, int k, int l,
                                                    std::int64_t first, Shape shape,
                                                    FactorWorkspace& work) {
  const std::vector<LayerPlan<double>>& layers = point.slice.data.layers;
  const LayerPlan<double>& layer = layers[static_cast<std::size_t>(k)];
  const std::int64_t n = shape.n;
  const std::int64_t row = shape.row();
  const double* const q_norm = work.q_norm(k + 1);
  const double* const q_error = work.q_error(k + 1);
  const double* const slope = work.slope(k);
  const double* const slope_error = work.slope_error(k);
  const double* const bend = work.bend(k);
  const double* const bend_error = work.bend_error(k);
  double* const norm = work.s_norm(k);
  double* const error = work.s_error(k);
  const bool outer = k == l && has_one_successor(layers, l);
  for (std::int64_t i = 0; i < layer.outputs; ++i) {
    const double* const c = bend + i * n;
    const double* d = slope + i * n;
    const double* q = work.q_tangent(k + 1) + i * row;
    double* const z = work.s_tangent(k) + i * row;
    if (outer) {
      const double weight = point.theta[layers[static_cast<std::size_t>(l) + 1].weight + i];
      double* const scaled = work.scratch();
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) scaled[s] = weight * d[s];
      d = scaled;
      q = work.s_tangent(l + 1);
    }
    const std::int64_t last = k > l ? shape.tangents : std::min(shape.tangents, i - first + 1);
    for (std::int64_t t = 0; t < last; ++t) {
      const double* const from = q + t * n;
      double* const to = z + t * n;
      if (k > l) {
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) to[s] = d[s] * from[s] + c[s] * to[s];
      } else {
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) to[s] = d[s] * from[s];
      }
    }
    const bool own_row = i >= first && i < first + shape.tangents;
    if (k == l && own_row) {  // ∂z_l/∂z_l is the identity
      double* const own = z + (i - first) * n;
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) own[s] += c[s];
    }
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) {
      const std::int64_t at = i * n + s;
      const double z_norm = k > l ? norm[at] : (own_row ? 1.0 : 0.0);
      const double z_error = k > l ? error[at] : 0.0;
      const double left = std::fabs(slope[at]) * q_norm[at];
      const double right = std::fabs(bend[at]) * z_norm;
      error[at] = std::fabs(slope[at]) * q_error[at] +
                  slope_error[at] * (q_norm[at] + q_error[at]) + std::fabs(bend[at]) * z_error +
                  bend_error[at] * (z_norm + z_error) + 2.0 * u * (left + right);
      norm[at] = left + right;
    }
  }
}

/// The share of layer k > l in the adjoints of earlier nodes.
[[gnu::always_inline]] inline void pass_back(const HessianPoint& point, int k, int l, Shape shape,
                                             FactorWorkspace& work) {
  const std::vector<LayerPlan<double>>& layers = point.slice.data.layers;
  const LayerPlan<double>& layer = layers[static_cast<std::size_t>(k)];
  const std::int64_t n = shape.n;
  const std::int64_t row = shape.row();
  const double* const norm = work.s_norm(k);
  const double* const error = work.s_error(k);
  const auto add = [&](int node, const double* rows, const double* row_error,
                       const double* row_norm) {
    if (node <= l) return;
    add_rows<double>({rows, row}, layer.outputs, row, work.q_tangent(node), row);
    double* const to = work.q_error(node);
    double* const to_norm = work.q_norm(node);
#pragma omp simd
    for (std::int64_t s = 0; s < layer.outputs * n; ++s) {
      to_norm[s] += row_norm[s];
      to[s] += row_error[s] + u * to_norm[s];
    }
  };
  if (layer.skip_after != Layer::no_skip) {
    add(layer.skip_after, work.q_tangent(k + 1), work.q_error(k + 1), work.q_norm(k + 1));
  }
  if (layer.skip_before != Layer::no_skip) add(layer.skip_before, work.s_tangent(k), error, norm);
  const Weights<double> transposed{point.theta + layer.weight, 1, layer.inputs};
  const bool outer = k == l + 1 && has_one_successor(layers, l);
  if (shared::is_skipped(layers, k)) {
    add_product<double>(transposed, layer.inputs, layer.outputs, work.s_tangent(k), row, row,
                        work.q_tangent(k), row);
  } else if (!outer) {
    form_product<double>(transposed, layer.inputs, layer.outputs, work.s_tangent(k), row, row,
                         work.q_tangent(k), row);
  }
  const double gamma = shared::gamma_bound(layer.outputs + point.roundings());
  double* const to = work.q_error(k);
  double* const size = work.q_norm(k);  // so far of what skips have added
#pragma omp simd
  for (std::int64_t s = 0; s < layer.inputs * n; ++s) to[s] += gamma * size[s];
  propagate(point, {point.magnitude + layer.weight, 1, layer.inputs}, layer.inputs, layer.outputs,
            norm, error, n, work.q_error(k + 1), to);
  if (!outer) {
    row_norms(work.q_tangent(k), layer.inputs, shape.tangents, n, size);
    return;
  }
  for (std::int64_t i = 0; i < layer.inputs; ++i) {
    const double weight = std::fabs(transposed.data[i]);
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) size[i * n + s] = weight * norm[s];
  }
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void tangent_factors(const HessianPoint& point, std::int64_t block, int l,
                                               std::int64_t first, std::int64_t tangents,
                                               FactorWorkspace& work) {
  const NetworkData<double>& data = point.slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t n = std::min(hessian_block, data.stride - block * hessian_block);
  const Shape shape{n, tangents};
  const std::int64_t row = shape.row();
  const auto width = [&](int node) {
    return data.layers[static_cast<std::size_t>(node - 1)].outputs;
  };

  // A_{l+1} is diagonal; the zeros beside the diagonal are read by outputs and skips alone.
  if (shared::is_skipped(data.layers, l + 1) || l + 1 == depth) {
    std::fill_n(work.a_tangent(l + 1), width(l + 1) * row, 0.0);
  }
  std::fill_n(work.row_norm(l + 1), width(l + 1) * n, 0.0);
  std::fill_n(work.row_error(l + 1), width(l + 1) * n, 0.0);
  for (std::int64_t t = 0; t < tangents; ++t) {
    const std::int64_t i = first + t;
    const double* slope = work.slope(l) + i * n;
    std::copy_n(slope, n, work.a_tangent(l + 1) + i * row + t * n);
    std::copy_n(work.slope_error(l) + i * n, n, work.row_error(l + 1) + i * n);
    double* norm = work.row_norm(l + 1) + i * n;
    for (std::int64_t s = 0; s < n; ++s) norm[s] = std::fabs(slope[s]);
  }
  for (int k = l + 1; k < depth; ++k) {
    forward_tangents(point, k, l, first, shape, work);
    activate_tangents(point, k, l, shape, work);
  }
  loss_tangents(point, shape, work);
  for (int node = l + 1; node < depth; ++node) {
    if (shared::is_skipped(data.layers, node)) {
      std::fill_n(work.q_tangent(node), width(node) * row, 0.0);
    }
    std::fill_n(work.q_norm(node), width(node) * n, 0.0);
    std::fill_n(work.q_error(node), width(node) * n, 0.0);
  }
  for (int k = depth - 1; k > l; --k) {
    adjoint_tangents(point, k, l, first, shape, work);
    pass_back(point, k, l, shape, work);
  }
  adjoint_tangents(point, l, l, first, shape, work);
}

}  // namespace convexscan::cpu
