// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "cpu/bounded_product.hpp"
#include "cpu/error_product.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/loss_loops.hpp"
#include "cpu/sample_factors.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"
#include "shared/activations.hpp"
#include "shared/larger.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr double u = shared::unit_roundoff;

/// The smaller of two bounds, of which the second is a number where the first may be none.
[[gnu::always_inline]] inline double least(double a, double b) { return a < b ? a : b; }

/// Adds another node's rows, and its errors with the addition's own.
[[gnu::always_inline]] inline void add_with_error(const double* from, const double* from_error,
                                                  std::int64_t count, double* to,
                                                  double* to_error) {
#pragma omp simd
  for (std::int64_t s = 0; s < count; ++s) {
    to[s] += from[s];
    to_error[s] += from_error[s] + u * std::fabs(to[s]);
  }
}

[[gnu::always_inline]] inline void activate_with_errors(const LayerPlan<double>& layer, int l,
                                                        std::int64_t count, FactorWorkspace& work) {
  const shared::ActivationErrors c = shared::activation_errors(layer.activation, layer.slope);
  double* const z = work.value(l + 1);
  double* const error = work.value_error(l + 1);
  double* const slope = work.slope(l);
  double* const bend = work.bend(l);
  double* const slope_error = work.slope_error(l);
  double* const bend_error = work.bend_error(l);
  const double* const z_error = work.z_error(l);
  shared::with_activation(layer.activation, [&]<Activation kind>() {
#pragma omp simd
    for (std::int64_t s = 0; s < count; ++s) {
      const auto a = shared::activation<kind>(z[s], layer.slope);
      const double e = z_error[s];
      const double size = std::fabs(z[s]);
      const double bounded = size < 8.0 ? size : 8.0;
      const double square = bounded * bounded;
      const double growth = 1.0 + c.cubic * bounded * square * (1.0 + 0.04 * square);
      const bool across = !(size > e);  // the error may reach across a kink
      const double first = std::fabs(a.first);
      const double moved = first * e + 0.5 * c.second * e * e;
      error[s] = least(across && c.jump > 0.0 ? c.lipschitz * e : moved, c.lipschitz * e) +
                 u * (c.value_relative * std::fabs(a.value) + c.value_absolute * size);
      const double turned = std::fabs(a.second) * e + 0.5 * c.third * e * e +
                            (across ? c.jump + (c.bend_jump > 0.0 ? c.second * e : 0.0) : 0.0);
      slope_error[s] = least(turned, 2.0 * c.lipschitz) + u * c.first_rounding * growth;
      bend_error[s] = least(c.third * e, 2.0 * c.second) + u * c.second_rounding * growth +
                      (across ? c.bend_jump : 0.0);
      z[s] = a.value;
      slope[s] = a.first;
      bend[s] = a.second;
    }
  });
}

/// The mask on σ, σ' and σ'', with the roundings of its products.
[[gnu::always_inline]] inline void drop_out_with_errors(const LayerPlan<double>& layer, int l,
                                                        std::int64_t start, std::int64_t n,
                                                        FactorWorkspace& work) {
  if (!layer.mask.drops()) return;
  const auto mask = [&](double* value, double* error) {
    drop_out(layer.mask, layer.outputs, start, n, n, value, error);
#pragma omp simd
    for (std::int64_t s = 0; s < layer.outputs * n; ++s) {
      error[s] = (1.0 + 4.0 * u) * error[s] + shared::mask_roundings * u * std::fabs(value[s]);
    }
  };
  mask(work.value(l + 1), work.value_error(l + 1));
  mask(work.slope(l), work.slope_error(l));
  mask(work.bend(l), work.bend_error(l));
}

/// Zeroes the columns of samples that do not exist.
[[gnu::always_inline]] inline void clear_padding(double* rows, std::int64_t count, std::int64_t n,
                                                 std::int64_t valid) {
  for (std::int64_t r = 0; r < count; ++r) std::fill_n(rows + r * n + valid, n - valid, 0.0);
}

/// ∂ℓ/∂a of the outputs, what is needed of ∂²ℓ/∂a² and bounds on the errors of both.
[[gnu::always_inline]] inline void loss_derivatives(const NetworkData<double>& data,
                                                    std::int64_t start, std::int64_t n,
                                                    FactorWorkspace& work) {
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t outputs = data.layers.back().outputs;
  const double* const z = work.value(depth);
  const double* const error = work.value_error(depth);
  double* const adjoint = work.adjoint(depth);
  double* const adjoint_error = work.adjoint_error(depth);
  double* const second = work.loss_second();
  double* const second_error = work.loss_error();
  for (std::int64_t s = 0; s < n; s += tile_samples) {
    differentiate_losses(data, z + s, n, start + s, work.scratch(), adjoint + s);
  }
  const std::int64_t count = outputs * n;
  if (data.task.loss == Loss::cross_entropy) {
    const std::int64_t valid = std::min(n, data.samples - start);
    double* const widest = work.scratch();
    double* const largest = widest + n;
    double* const smallest = largest + n;
    std::copy_n(error, n, widest);
    std::copy_n(z, n, largest);
    std::copy_n(z, n, smallest);
    for (std::int64_t o = 1; o < outputs; ++o) {
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) {
        const double a = z[o * n + s];
        widest[s] = shared::larger(widest[s], error[o * n + s]);
        largest[s] = a > largest[s] ? a : largest[s];
        smallest[s] = a < smallest[s] ? a : smallest[s];
      }
    }
    std::copy_n(adjoint, count, second);
    for (std::int64_t s = 0; s < valid; ++s) {
      second[data.task.labels[static_cast<std::size_t>(start + s)] * n + s] += 1.0;
    }
    for (std::int64_t o = 0; o < outputs; ++o) {
#pragma omp simd
      for (std::int64_t s = 0; s < n; ++s) {
        second_error[o * n + s] = shared::softmax_error(
            second[o * n + s], widest[s], largest[s] - smallest[s], static_cast<double>(outputs));
        adjoint_error[o * n + s] = second_error[o * n + s];
      }
    }
  } else if (data.task.loss == Loss::output) {
    std::fill_n(second, count, 0.0);
    std::fill_n(second_error, count, 0.0);
    std::fill_n(adjoint_error, count, 0.0);
  } else {
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() {
      constexpr bool logistic = kind == Loss::binary_cross_entropy;
      constexpr bool jumps = kind == Loss::huber;
      for (std::int64_t o = 0; o < outputs; ++o) {
        const double* y = data.targets.data() + o * data.stride + start;
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) {
          const double e = error[o * n + s];
          const double h = shared::pointwise_loss<kind>(z[o * n + s], y[s]).second;
          // Huber's second derivative jumps from 1 to 0 where the residual is 1.
          const double past = std::fabs(z[o * n + s] - y[s]) - 1.0;
          const double jump = jumps && std::fabs(past) <= e + 4.0 * u ? 1.0 : 0.0;
          second[o * n + s] = h;
          adjoint_error[o * n + s] = logistic ? least(h * e + 0.05 * e * e, 1.0) + 5.0 * u
                                              : (h + jump) * e + u * std::fabs(adjoint[o * n + s]);
          second_error[o * n + s] = logistic ? least(0.1 * e, 0.25) + 4.0 * u : jump;
        }
      }
    });
  }
}

/// g, the weights σ''·∂ℓ/∂a and the adjoints of earlier nodes, with their errors.
[[gnu::always_inline]] inline void reverse(const HessianPoint& point, int l, std::int64_t n,
                                           FactorWorkspace& work) {
  const LayerPlan<double>& layer = point.slice.data.layers[static_cast<std::size_t>(l)];
  const std::int64_t count = layer.outputs * n;
  const double* const adjoint = work.adjoint(l + 1);
  const double* const adjoint_error = work.adjoint_error(l + 1);
  const auto scale = [&](const double* factor, const double* factor_error, double* to,
                         double* to_error) {
#pragma omp simd
    for (std::int64_t s = 0; s < count; ++s) {
      const double f = factor[s];
      const double product = f * adjoint[s];
      to_error[s] = std::fabs(f) * adjoint_error[s] +
                    factor_error[s] * (std::fabs(adjoint[s]) + adjoint_error[s]) +
                    u * std::fabs(product);
      to[s] = product;
    }
  };
  scale(work.slope(l), work.slope_error(l), work.g(l), work.g_error(l));
  scale(work.bend(l), work.bend_error(l), work.bend(l), work.bend_error(l));
  const auto add = [&](int node, const double* from, const double* error) {
    if (node > 0) {
      add_with_error(from, error, count, work.adjoint(node), work.adjoint_error(node));
    }
  };
  if (layer.skip_after != Layer::no_skip) add(layer.skip_after, adjoint, adjoint_error);
  if (layer.skip_before != Layer::no_skip) add(layer.skip_before, work.g(l), work.g_error(l));
  if (l == 0) return;
  const double gamma = shared::gamma_bound(layer.outputs + point.roundings());
  double* const to = work.adjoint(l);
  double* const to_error = work.adjoint_error(l);
  error_sources(to, to_error, gamma, layer.inputs * n, to_error);
  add_product<double>({point.theta + layer.weight, 1, layer.inputs}, layer.inputs, layer.outputs,
                      work.g(l), n, n, to, n);
  double* const sources = work.q_error(l + 1);
  error_sources(work.g(l), work.g_error(l), gamma, count, sources);
  add_error_product({point.magnitude + layer.weight, 1, layer.inputs}, point.columns(l),
                    layer.inputs, layer.outputs, sources, n, work.source_norms(), to_error);
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void primal_factors(const HessianPoint& point, std::int64_t block,
                                              FactorWorkspace& work) {
  if (work.holds(point, block)) return;
  work.will_hold(point, block);
  const NetworkData<double>& data = point.slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t start = block * hessian_block;
  const std::int64_t n = std::min(hessian_block, data.stride - start);
  const std::int64_t valid = std::min(n, data.samples - start);
  const auto width = [&](int node) {
    return node == 0 ? data.layers.front().inputs
                     : data.layers[static_cast<std::size_t>(node - 1)].outputs;
  };

  for (std::int64_t i = 0; i < width(0); ++i) {
    std::copy_n(data.inputs.data() + i * data.stride + start, n, work.value(0) + i * n);
  }
  std::fill_n(work.value_error(0), width(0) * n, 0.0);
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    const std::int64_t count = layer.outputs * n;
    bounded_product(point, l, start, n, work, work.q_error(l), work.value(l + 1), work.z_error(l));
    if (layer.skip_before != Layer::no_skip) {
      add_with_error(work.value(layer.skip_before), work.value_error(layer.skip_before), count,
                     work.value(l + 1), work.z_error(l));
    }
    activate_with_errors(layer, l, count, work);
    drop_out_with_errors(layer, l, start, n, work);
    if (layer.skip_after != Layer::no_skip) {
      add_with_error(work.value(layer.skip_after), work.value_error(layer.skip_after), count,
                     work.value(l + 1), work.value_error(l + 1));
    }
  }
  loss_derivatives(data, start, n, work);
  for (int node = 1; node < depth; ++node) {
    std::fill_n(work.adjoint(node), width(node) * n, 0.0);
    std::fill_n(work.adjoint_error(node), width(node) * n, 0.0);
  }
  for (int l = depth - 1; l >= 0; --l) reverse(point, l, n, work);

  for (int node = 0; node <= depth; ++node) {
    std::fill_n(work.value(node) + width(node) * n, n, 1.0);
    std::fill_n(work.value_error(node) + width(node) * n, n, 0.0);
  }
  if (valid == n) return;
  for (int node = 0; node <= depth; ++node) {
    clear_padding(work.value(node), width(node) + 1, n, valid);
    clear_padding(work.value_error(node), width(node), n, valid);
  }
  for (int l = 0; l < depth; ++l) {
    for (double* rows : {work.slope(l), work.slope_error(l), work.bend(l), work.bend_error(l),
                         work.g(l), work.g_error(l)}) {
      clear_padding(rows, width(l + 1), n, valid);
    }
  }
  clear_padding(work.loss_second(), width(depth), n, valid);
  clear_padding(work.loss_error(), width(depth), n, valid);
}

}  // namespace convexscan::cpu
