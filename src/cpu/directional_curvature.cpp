// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/directional_curvature.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/bounded_product.hpp"
#include "cpu/error_product.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr double u = shared::unit_roundoff;

/// What a block's samples add up to, sample by sample.
struct Sums {
  double* value;
  double* error;
};

/// sums += factor·x·y with the error of the factors, and of two products and a sum.
[[gnu::always_inline]] inline void add_term(const Sums& sums, std::int64_t s, double factor,
                                            double factor_error, double x, double x_error, double y,
                                            double y_error) {
  const double term = factor * (x * y);
  const double sum = sums.value[s] + term;
  sums.value[s] = sum;
  sums.error[s] +=
      std::fabs(factor) * (x_error * std::fabs(y) + std::fabs(x) * y_error + x_error * y_error) +
      factor_error * (std::fabs(x) + x_error) * (std::fabs(y) + y_error) +
      u * (2.0 * std::fabs(term) + std::fabs(sum));
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void add_directional_curvature(const HessianPoint& point,
                                                         const HessianPoint& direction,
                                                         std::int64_t block, FactorWorkspace& work,
                                                         ValueWithError& curvature) {
  const NetworkData<double>& data = point.slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t start = block * hessian_block;
  const std::int64_t n = std::min(hessian_block, data.stride - start);
  const std::int64_t valid = std::min(n, data.samples - start);
  const Sums sums{work.scratch(), work.scratch() + n};
  std::fill_n(work.scratch(), 2 * n, 0.0);

  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    const std::int64_t count = layer.outputs * n;
    double* const z = work.s_norm(l);
    double* const z_error = work.s_error(l);
    // z ← V·a + v_b
    bounded_product(direction, l, start, n, work, work.q_norm(l), z, z_error);

    // The part of ż that is V·ȧ's partner: 2·g·(V ȧ_{l−1}) needs V times the tangent, not the
    // value.
    if (l > 0) {
      double* const va = work.q_error(l + 1);
      double* const va_error = work.adjoint_error(l + 1);
      const double gamma =
          shared::gamma_bound(layer.inputs + point.roundings() + direction.roundings() - 2);
      form_product<double>({direction.theta + layer.weight, layer.inputs, 1}, layer.outputs,
                           layer.inputs, work.row_norm(l), n, n, va, n);
      double* const sources = work.q_norm(l);
      const double* const tangent = work.row_norm(l);
      const double* const tangent_error = work.row_error(l);
      error_sources(tangent, tangent_error, gamma, layer.inputs * n, sources);
      std::fill_n(va_error, count, 0.0);
      add_error_product({direction.magnitude + layer.weight, layer.inputs, 1}, direction.rows(l),
                        layer.outputs, layer.inputs, sources, n, work.source_norms(), va_error);
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        const double* g = work.g(l) + o * n;
        const double* g_error = work.g_error(l) + o * n;
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) {
          add_term(sums, s, 2.0, 0.0, g[s], g_error[s], va[o * n + s], va_error[o * n + s]);
        }
      }
      add_product<double>({point.theta + layer.weight, layer.inputs, 1}, layer.outputs,
                          layer.inputs, tangent, n, n, z, n);
      add_error_product({point.magnitude + layer.weight, layer.inputs, 1}, point.rows(l),
                        layer.outputs, layer.inputs, sources, n, work.source_norms(), z_error);
    }
    const auto add = [&](int node, double* to, double* to_error) {
      if (node <= 0) return;
      const double* from = work.row_norm(node);
      const double* from_error = work.row_error(node);
#pragma omp simd
      for (std::int64_t s = 0; s < count; ++s) {
        to[s] += from[s];
        to_error[s] += from_error[s] + u * std::fabs(to[s]);
      }
    };
    add(layer.skip_before, z, z_error);

    double* const tangent = work.row_norm(l + 1);
    double* const tangent_error = work.row_error(l + 1);
    const double* const slope = work.slope(l);
    const double* const slope_error = work.slope_error(l);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const double* bend = work.bend(l) + o * n;
      const double* bend_error = work.bend_error(l) + o * n;
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) {
        const std::int64_t at = o * n + s;
        add_term(sums, s, bend[s], bend_error[s], z[at], z_error[at], z[at], z_error[at]);
        tangent[at] = slope[at] * z[at];
        tangent_error[at] = std::fabs(slope[at]) * z_error[at] +
                            slope_error[at] * (std::fabs(z[at]) + z_error[at]) +
                            u * std::fabs(tangent[at]);
      }
    }
    add(layer.skip_after, tangent, tangent_error);
  }

  // The loss: Σ_o ℓ''_o ȧ_o², less (Σ_o p_o ȧ_o)² for the softmax.
  const std::int64_t outputs = data.layers.back().outputs;
  double* const mean = work.scratch() + 2 * n;
  double* const mean_error = mean + n;
  std::fill_n(mean, 2 * n, 0.0);
  const double gamma = shared::gamma_bound(outputs + 2);
  for (std::int64_t o = 0; o < outputs; ++o) {
    const double* a = work.row_norm(depth) + o * n;
    const double* a_error = work.row_error(depth) + o * n;
    const double* h = work.loss_second() + o * n;
    const double* h_error = work.loss_error() + o * n;
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) {
      add_term(sums, s, h[s], h_error[s], a[s], a_error[s], a[s], a_error[s]);
      mean[s] += h[s] * a[s];
      mean_error[s] +=
          (h[s] + h_error[s]) * a_error[s] + (h_error[s] + gamma * h[s]) * std::fabs(a[s]);
    }
  }
  if (data.task.loss == Loss::cross_entropy) {
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) {
      add_term(sums, s, -1.0, 0.0, mean[s], mean_error[s], mean[s], mean_error[s]);
    }
  }
  for (std::int64_t s = 0; s < valid; ++s) {
    curvature.value += sums.value[s];
    curvature.error += sums.error[s] + u * std::fabs(curvature.value);
  }
}

}  // namespace convexscan::cpu
