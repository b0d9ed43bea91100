// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/factor_access.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;

/// One thread for each tangent of each sample of each point.
__global__ __launch_bounds__(block, 4) void tangent_factors_kernel(FactorTask task, int l,
                                                                   std::int64_t first,
                                                                   std::int64_t tangents) {
  const std::int64_t n = task.columns;
  const std::int64_t index = block_index() * block + thread_index();
  if (index >= task.points * tangents * n) return;
  const SampleFactors at_sample{task, index / n / tangents, index % n};
  const std::int64_t t = index / n % tangents;
  const std::int64_t own = first + t;  // the neuron of l whose tangent this is
  const std::int64_t row = tangents * n;
  const auto tangent = [&](Tangent kind, int node) {
    return at_sample.tangents(kind, node) + t * n;
  };
  const double* const theta = at_sample.theta();

  // Forward: Z_k = W_k A_k (+ A of the skip), A_{k+1} = σ'·Z_k (+ A of the skip).
  const double own_slope = at_sample.layer(Factor::slope, l)[own * n];
  double* const a_first = tangent(Tangent::a, l + 1);
  for (std::int64_t i = 0; i < task.layers[l].outputs; ++i) {
    a_first[i * row] = i == own ? own_slope : 0.0;
  }
  for (int k = l + 1; k < task.depth; ++k) {
    const FactorLayer& layer = task.layers[k];
    const double* const w = theta + layer.weight;
    const double* const from = tangent(Tangent::a, k);
    const double* const slope = at_sample.layer(Factor::slope, k);
    const double* const before =
        layer.skip_before > l ? tangent(Tangent::a, layer.skip_before) : nullptr;
    const double* const after =
        layer.skip_after > l ? tangent(Tangent::a, layer.skip_after) : nullptr;
    double* const z = tangent(Tangent::z, k + 1);
    double* const a = tangent(Tangent::a, k + 1);
    const auto finish = [&](std::int64_t i, double sum) {
      if (before != nullptr) sum += before[i * row];
      z[i * row] = sum;
      const double value = slope[i * n] * sum;
      a[i * row] = after == nullptr ? value : value + after[i * row];
    };
    if (k == l + 1) {
      // A_{l+1} is diagonal: one product for each element.
      for (std::int64_t i = 0; i < layer.outputs; ++i) {
        finish(i, w[i * layer.inputs + own] * own_slope);
      }
    } else {
      for_each_product(
          w, layer.inputs, 1, layer.outputs, layer.inputs,
          [&](std::int64_t j) { return from[j * row]; }, finish);
    }
  }

  // ∂²ℓ/∂a² A
  const std::int64_t outputs = task.targets.outputs;
  const double* const a_last = tangent(Tangent::a, task.depth);
  const double* const second = at_sample.node(Factor::second, task.depth);
  double* const q_last = tangent(Tangent::q, task.depth);
  double mean = 0.0;
  if (task.targets.loss == Loss::cross_entropy) {
    for (std::int64_t o = 0; o < outputs; ++o) mean += second[o * n] * a_last[o * row];
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    q_last[o * row] = second[o * n] * (a_last[o * row] - mean);
  }

  // Backward: S_k = σ'·Q_{k+1} + (σ''·∂ℓ/∂a)·Z_k and its share in the adjoints of earlier nodes.
  for (int node = l + 1; node < task.depth; ++node) {
    double* const q = tangent(Tangent::q, node);
    for (std::int64_t i = 0; i < task.layers[node - 1].outputs; ++i) q[i * row] = 0.0;
  }
  for (int k = task.depth - 1; k >= l; --k) {
    const FactorLayer& layer = task.layers[k];
    const double* const q = tangent(Tangent::q, k + 1);
    const double* const slope = at_sample.layer(Factor::slope, k);
    const double* const bend = at_sample.layer(Factor::bend, k);
    const double* const z = tangent(Tangent::z, k + 1);
    double* const s = tangent(Tangent::s, k + 1);
    for (std::int64_t i = 0; i < layer.outputs; ++i) {
      const double dz = k > l ? z[i * row] : (i == own ? 1.0 : 0.0);
      s[i * row] = slope[i * n] * q[i * row] + bend[i * n] * dz;
    }
    if (k == l) return;
    const auto add = [&](int node, const double* rows) {
      if (node <= l) return;
      double* const to = tangent(Tangent::q, node);
      for (std::int64_t i = 0; i < layer.outputs; ++i) to[i * row] += rows[i * row];
    };
    add(layer.skip_after, q);
    add(layer.skip_before, s);
    double* const to = tangent(Tangent::q, k);
    for_each_product(
        theta + layer.weight, 1, layer.inputs, layer.inputs, layer.outputs,
        [&](std::int64_t i) { return s[i * row]; },
        [&](std::int64_t j, double sum) { to[j * row] += sum; });
  }
}

}  // namespace

void tangent_factors(const FactorTask& task, int l, std::int64_t first, std::int64_t tangents,
                     cudaStream_t stream) {
  const std::int64_t threads = task.points * tangents * task.columns;
  launch(tangent_factors_kernel, "tangent_factors", (threads + block - 1) / block, block, 0, stream,
         task, l, first, tangents);
}

}  // namespace convexscan::kernels
