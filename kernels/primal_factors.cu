// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/affine.cuh"
#include "kernels/factor_access.cuh"
#include "kernels/sample_loss.cuh"
#include "shared/activations.hpp"
#include "shared/larger.hpp"

namespace convexscan::kernels {
namespace {

using shared::gamma_bound;

constexpr double u = shared::unit_roundoff;
constexpr int block = 128;

/// z and the bound on its error, before any skip.
__device__ inline void pre_activation(const SampleFactors& at_sample, int l) {
  const FactorTask& task = at_sample.task;
  const FactorLayer& layer = task.layers[l];
  const std::int64_t n = task.columns;
  double* const z = at_sample.node(Factor::value, l + 1);
  double* const error = at_sample.layer(Factor::z_error, l);
  const double gamma = gamma_bound(layer.inputs + task.roundings);
  if (l == 0) {
    const Place<double> here = place<double>(task.coordinates, at_sample.point);
    const Place<double> size = place<double>(task.magnitudes, at_sample.point);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const std::int64_t i = o * task.z0_stride + task.start + at_sample.column;
      z[o * n] = at(task.z0, here, i);
      error[o * n] = gamma * at(task.z0_magnitude, size, i);
    }
    return;
  }
  const double* const a = at_sample.node(Factor::value, l);
  const double* const a_error = at_sample.node(Factor::value_error, l);
  const double* const theta = at_sample.theta();
  const double* const magnitude = at_sample.magnitude();
  for_each_product(
      theta + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs,
      [&](std::int64_t k) { return a[k * n]; },
      [&](std::int64_t o, double sum) {
        z[o * n] = layer.bias < 0 ? sum : sum + theta[layer.bias + o];
      });
  // e_z = |W|(e_a + γ|a|) + γ|b|
  for_each_product(
      magnitude + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs,
      [&](std::int64_t k) { return a_error[k * n] + gamma * fabs(a[k * n]); },
      [&](std::int64_t o, double sum) {
        error[o * n] = layer.bias < 0 ? sum : sum + gamma * magnitude[layer.bias + o];
      });
}

/// The smaller of two bounds, of which the second is a number where the first may be none.
__device__ inline double least(double a, double b) { return a < b ? a : b; }

/// Adds another node's rows, and its errors with the addition's own.
__device__ inline void add_with_error(const double* from, const double* from_error,
                                      std::int64_t rows, std::int64_t n, double* to,
                                      double* to_error) {
  for (std::int64_t i = 0; i < rows * n; i += n) {
    to[i] += from[i];
    to_error[i] += from_error[i] + u * fabs(to[i]);
  }
}

__device__ inline void activate(const SampleFactors& at_sample, int l) {
  const FactorTask& task = at_sample.task;
  const FactorLayer& layer = task.layers[l];
  const shared::ActivationErrors c = layer.errors;
  double* const value = at_sample.node(Factor::value, l + 1);
  double* const error = at_sample.node(Factor::value_error, l + 1);
  double* const slope = at_sample.layer(Factor::slope, l);
  double* const bend = at_sample.layer(Factor::bend, l);
  double* const slope_error = at_sample.layer(Factor::slope_error, l);
  double* const bend_error = at_sample.layer(Factor::bend_error, l);
  const double* const z_error = at_sample.layer(Factor::z_error, l);
  shared::with_activation(layer.activation, [&]<Activation kind>() {
    for (std::int64_t i = 0; i < layer.outputs * task.columns; i += task.columns) {
      const double z = value[i];
      const auto a = shared::activation<kind>(z, layer.slope);
      const double e = z_error[i];
      const double size = fabs(z);
      const double bounded = size < 8.0 ? size : 8.0;
      const double square = bounded * bounded;
      const double growth = 1.0 + c.cubic * bounded * square * (1.0 + 0.04 * square);
      const bool across = !(size > e);  // the error may reach across a kink
      const double first = fabs(a.first);
      const double moved = first * e + 0.5 * c.second * e * e;
      error[i] = least(across && c.jump > 0.0 ? c.lipschitz * e : moved, c.lipschitz * e) +
                 u * (c.value_relative * fabs(a.value) + c.value_absolute * size);
      const double turned = fabs(a.second) * e + 0.5 * c.third * e * e +
                            (across ? c.jump + (c.bend_jump > 0.0 ? c.second * e : 0.0) : 0.0);
      slope_error[i] = least(turned, 2.0 * c.lipschitz) + u * c.first_rounding * growth;
      bend_error[i] = least(c.third * e, 2.0 * c.second) + u * c.second_rounding * growth +
                      (across ? c.bend_jump : 0.0);
      value[i] = a.value;
      slope[i] = a.first;
      bend[i] = a.second;
    }
  });
}

/// The mask on σ, σ' and σ'', with the roundings of its products.
__device__ inline void drop_out(const SampleFactors& at_sample, int l) {
  const FactorTask& task = at_sample.task;
  const FactorLayer& layer = task.layers[l];
  if (!layer.mask.drops()) return;
  const std::int64_t n = task.columns;
  const auto multiply = [&](double* value, double* error, std::int64_t i, double factor) {
    value[i] *= factor;
    error[i] = (1.0 + 4.0 * u) * (factor * error[i]) + shared::mask_roundings * u * fabs(value[i]);
  };
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    const double factor = layer.mask.row(o).at(task.start + at_sample.column);
    multiply(at_sample.node(Factor::value, l + 1), at_sample.node(Factor::value_error, l + 1),
             o * n, factor);
    multiply(at_sample.layer(Factor::slope, l), at_sample.layer(Factor::slope_error, l), o * n,
             factor);
    multiply(at_sample.layer(Factor::bend, l), at_sample.layer(Factor::bend_error, l), o * n,
             factor);
  }
}

/// ∂ℓ/∂a of the outputs, what is needed of ∂²ℓ/∂a² and bounds on the errors of both.
__device__ inline void loss_derivatives(const SampleFactors& at_sample) {
  const FactorTask& task = at_sample.task;
  const Targets<double>& targets = task.targets;
  const std::int64_t n = task.columns;
  const std::int64_t outputs = targets.outputs;
  const std::int64_t sample = task.start + at_sample.column;
  const double* const z = at_sample.node(Factor::value, task.depth);
  const double* const error = at_sample.node(Factor::value_error, task.depth);
  double* const adjoint = at_sample.node(Factor::adjoint, task.depth);
  double* const adjoint_error = at_sample.node(Factor::adjoint_error, task.depth);
  double* const second = at_sample.node(Factor::second, task.depth);
  double* const second_error = at_sample.node(Factor::second_error, task.depth);
  if (targets.loss == Loss::cross_entropy) {
    // max e counts twice; to it come the roundings of exp, sum and quotient.
    const Softmax<double> parts = softmax(z, n, outputs);
    double widest = error[0];
    for (std::int64_t o = 1; o < outputs; ++o) widest = shared::larger(widest, error[o * n]);
    const bool exists = at_sample.exists();
    for (std::int64_t o = 0; o < outputs; ++o) {
      const double p = parts.probability(z[o * n]);
      const double distance = parts.largest - z[o * n];
      second[o * n] = p;
      second_error[o * n] =
          shared::softmax_error(p, widest, u * (8.0 + static_cast<double>(outputs) + distance));
      adjoint[o * n] = exists && o == targets.labels[sample] ? p - 1.0 : p;
      adjoint_error[o * n] = second_error[o * n];
    }
  } else if (targets.loss == Loss::output) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      adjoint[o * n] = o == targets.output ? 1.0 : 0.0;
      adjoint_error[o * n] = second[o * n] = second_error[o * n] = 0.0;
    }
  } else {
    shared::with_pointwise_loss(targets.loss, [&]<Loss kind>() {
      constexpr bool logistic = kind == Loss::binary_cross_entropy;
      constexpr bool jumps = kind == Loss::huber;
      for (std::int64_t o = 0; o < outputs; ++o) {
        const double e = error[o * n];
        const double y = targets.targets[o * targets.stride + sample];
        const auto value = shared::pointwise_loss<kind>(z[o * n], y);
        // Huber's second derivative jumps from 1 to 0 where the residual is 1.
        const bool across = jumps && fabs(fabs(z[o * n] - y) - 1.0) <= e + 4.0 * u;
        const double jump = across ? 1.0 : 0.0;
        adjoint[o * n] = value.first;
        second[o * n] = value.second;
        adjoint_error[o * n] = logistic ? least(value.second * e + 0.05 * e * e, 1.0) + 5.0 * u
                                        : (value.second + jump) * e + u * fabs(value.first);
        second_error[o * n] = logistic ? least(0.1 * e, 0.25) + 4.0 * u : jump;
      }
    });
  }
}

/// to ← factor·adjoint with its error.
__device__ inline void scale(const double* factor, const double* factor_error,
                             const double* adjoint, const double* adjoint_error, std::int64_t rows,
                             std::int64_t n, double* to, double* to_error) {
  for (std::int64_t i = 0; i < rows * n; i += n) {
    const double f = factor[i];
    const double product = f * adjoint[i];
    to_error[i] = fabs(f) * adjoint_error[i] +
                  factor_error[i] * (fabs(adjoint[i]) + adjoint_error[i]) + u * fabs(product);
    to[i] = product;
  }
}

/// g, the weights σ''·∂ℓ/∂a and the adjoints of earlier nodes, with their errors.
__device__ inline void reverse(const SampleFactors& at_sample, int l) {
  const FactorTask& task = at_sample.task;
  const FactorLayer& layer = task.layers[l];
  const std::int64_t n = task.columns;
  const double* const adjoint = at_sample.node(Factor::adjoint, l + 1);
  const double* const adjoint_error = at_sample.node(Factor::adjoint_error, l + 1);
  double* const g = at_sample.layer(Factor::g, l);
  double* const g_error = at_sample.layer(Factor::g_error, l);
  double* const bend = at_sample.layer(Factor::bend, l);
  double* const bend_error = at_sample.layer(Factor::bend_error, l);
  scale(at_sample.layer(Factor::slope, l), at_sample.layer(Factor::slope_error, l), adjoint,
        adjoint_error, layer.outputs, n, g, g_error);
  scale(bend, bend_error, adjoint, adjoint_error, layer.outputs, n, bend, bend_error);
  if (layer.skip_after > 0) {
    add_with_error(adjoint, adjoint_error, layer.outputs, n,
                   at_sample.node(Factor::adjoint, layer.skip_after),
                   at_sample.node(Factor::adjoint_error, layer.skip_after));
  }
  if (layer.skip_before > 0) {
    add_with_error(g, g_error, layer.outputs, n, at_sample.node(Factor::adjoint, layer.skip_before),
                   at_sample.node(Factor::adjoint_error, layer.skip_before));
  }
  if (l == 0) return;
  const double gamma = gamma_bound(layer.outputs + task.roundings);
  double* const to = at_sample.node(Factor::adjoint, l);
  double* const to_error = at_sample.node(Factor::adjoint_error, l);
  for (std::int64_t i = 0; i < layer.inputs * n; i += n) to_error[i] += gamma * fabs(to[i]);
  for_each_product(
      at_sample.theta() + layer.weight, 1, layer.inputs, layer.inputs, layer.outputs,
      [&](std::int64_t k) { return g[k * n]; },
      [&](std::int64_t j, double sum) { to[j * n] += sum; });
  for_each_product(
      at_sample.magnitude() + layer.weight, 1, layer.inputs, layer.inputs, layer.outputs,
      [&](std::int64_t k) { return g_error[k * n] + gamma * fabs(g[k * n]); },
      [&](std::int64_t j, double sum) { to_error[j * n] += sum; });
}

/// One thread for each sample of each point.
__global__ __launch_bounds__(block, 4) void primal_factors_kernel(FactorTask task) {
  const std::int64_t index = block_index() * block + thread_index();
  if (index >= task.points * task.columns) return;
  const SampleFactors at_sample{task, index / task.columns, index % task.columns};
  const std::int64_t n = task.columns;
  const std::int64_t features = task.layers[0].inputs;
  const bool exists = at_sample.exists();
  double* const input = at_sample.node(Factor::value, 0);
  double* const input_error = at_sample.node(Factor::value_error, 0);
  for (std::int64_t i = 0; i < features; ++i) {
    input[i * n] = task.inputs[i * task.z0_stride + task.start + at_sample.column];
    input_error[i * n] = 0.0;
  }
  for (int l = 0; l < task.depth; ++l) {
    const FactorLayer& layer = task.layers[l];
    pre_activation(at_sample, l);
    if (layer.skip_before >= 0) {
      add_with_error(at_sample.node(Factor::value, layer.skip_before),
                     at_sample.node(Factor::value_error, layer.skip_before), layer.outputs, n,
                     at_sample.node(Factor::value, l + 1), at_sample.layer(Factor::z_error, l));
    }
    activate(at_sample, l);
    drop_out(at_sample, l);
    if (layer.skip_after >= 0) {
      add_with_error(at_sample.node(Factor::value, layer.skip_after),
                     at_sample.node(Factor::value_error, layer.skip_after), layer.outputs, n,
                     at_sample.node(Factor::value, l + 1),
                     at_sample.node(Factor::value_error, l + 1));
    }
  }
  loss_derivatives(at_sample);
  for (int node = 1; node < task.depth; ++node) {
    for (std::int64_t i = 0; i < task.layers[node - 1].outputs; ++i) {
      at_sample.node(Factor::adjoint, node)[i * n] = 0.0;
      at_sample.node(Factor::adjoint_error, node)[i * n] = 0.0;
    }
  }
  for (int l = task.depth - 1; l >= 0; --l) reverse(at_sample, l);

  // A row of ones behind every node's values; nothing of samples that do not exist.
  for (int node = 0; node <= task.depth; ++node) {
    const std::int64_t width = node == 0 ? features : task.layers[node - 1].outputs;
    at_sample.node(Factor::value, node)[width * n] = exists ? 1.0 : 0.0;
    at_sample.node(Factor::value_error, node)[width * n] = 0.0;
    if (exists) continue;
    for (std::int64_t i = 0; i < width; ++i) {
      for (const Factor kind :
           {Factor::value, Factor::value_error, Factor::slope, Factor::slope_error, Factor::bend,
            Factor::bend_error, Factor::g, Factor::g_error, Factor::second, Factor::second_error}) {
        at_sample.node(kind, node)[i * n] = 0.0;
      }
    }
  }
}

}  // namespace

void primal_factors(const FactorTask& task, cudaStream_t stream) {
  launch(primal_factors_kernel, "primal_factors", (task.points * task.columns + block - 1) / block,
         block, 0, stream, task);
}

}  // namespace convexscan::kernels
