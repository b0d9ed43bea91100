// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/factor_access.cuh"

namespace convexscan::kernels {
namespace {

using shared::gamma_bound;

constexpr double u = shared::unit_roundoff;
constexpr int block = 128;

/// The norms over the tangents of one layer's neurons, and bounds on their errors, of one sample.
struct TangentErrors {
  SampleFactors at_sample;
  int l;
  std::int64_t first;
  std::int64_t tangents;
  std::int64_t n;

  __device__ const FactorLayer& layer(int k) const { return at_sample.task.layers[k]; }
  __device__ double* of_layer(Factor kind, int k) const { return at_sample.layer(kind, k); }
  __device__ double* of_node(Factor kind, int node) const { return at_sample.node(kind, node); }

  __device__ double norm(Tangent kind, int node, std::int64_t i) const {
    const double* const row = at_sample.tangents(kind, node) + i * tangents * n;
    double sum = 0.0;
    for (std::int64_t t = 0; t < tangents; ++t) sum += row[t * n] * row[t * n];
    return sqrt(sum);
  }

  __device__ void start() const {
    double* const norms = of_node(Factor::row_norm, l + 1);
    double* const errors = of_node(Factor::row_error, l + 1);
    const double* const slope = of_layer(Factor::slope, l);
    const double* const slope_error = of_layer(Factor::slope_error, l);
    for (std::int64_t i = 0; i < layer(l).outputs; ++i) {
      const bool own = i >= first && i < first + tangents;
      norms[i * n] = own ? fabs(slope[i * n]) : 0.0;
      errors[i * n] = own ? slope_error[i * n] : 0.0;
    }
  }

  /// Of ∂z_k/∂z_l and of A_{k+1}.
  __device__ void forward(int k) const {
    const FactorTask& task = at_sample.task;
    const FactorLayer& here = layer(k);
    const double* const size = at_sample.magnitude() + here.weight;
    double* const z_norm = of_layer(Factor::z_norm, k);
    double* const z_error = of_layer(Factor::tangent_error, k);
    if (k == l + 1) {
      const double gamma = gamma_bound(task.roundings);
      const double* const slope = of_layer(Factor::slope, l);
      const double* const slope_error = of_layer(Factor::slope_error, l);
      for (std::int64_t i = 0; i < here.outputs; ++i) {
        double sum = 0.0;
        for (std::int64_t j = first; j < first + tangents; ++j) {
          const double term =
              size[i * here.inputs + j] * (slope_error[j * n] + gamma * fabs(slope[j * n]));
          sum += term * term;
        }
        z_error[i * n] = sqrt(sum);
      }
    } else {
      const double gamma = gamma_bound(here.inputs + task.roundings);
      const double* const norms = of_node(Factor::row_norm, k);
      const double* const errors = of_node(Factor::row_error, k);
      for_each_product(
          size, here.inputs, 1, here.outputs, here.inputs,
          [&](std::int64_t j) { return errors[j * n] + gamma * norms[j * n]; },
          [&](std::int64_t i, double sum) { z_error[i * n] = sum; });
    }
    const double* const before =
        here.skip_before > l ? of_node(Factor::row_error, here.skip_before) : nullptr;
    const bool skipped = here.skip_after > l;
    const double* const after_norm = skipped ? of_node(Factor::row_norm, here.skip_after) : nullptr;
    const double* const after = skipped ? of_node(Factor::row_error, here.skip_after) : nullptr;
    const double* const slope = of_layer(Factor::slope, k);
    const double* const slope_error = of_layer(Factor::slope_error, k);
    double* const a_norm = of_node(Factor::row_norm, k + 1);
    double* const a_error = of_node(Factor::row_error, k + 1);
    for (std::int64_t i = 0; i < here.outputs; ++i) {
      const std::int64_t o = i * n;
      const double z = norm(Tangent::z, k + 1, i);
      double e = z_error[o];
      if (before != nullptr) e += before[o] + u * z;
      z_norm[o] = z;
      z_error[o] = e;
      double a = fabs(slope[o]) * z;
      double error = fabs(slope[o]) * e + slope_error[o] * (z + e) + u * a;
      if (after != nullptr) {
        a += after_norm[o];
        error += after[o] + u * a;
      }
      a_norm[o] = a;
      a_error[o] = error;
    }
  }

  /// Of ∂²ℓ/∂a² A.
  __device__ void loss() const {
    const FactorTask& task = at_sample.task;
    const std::int64_t outputs = task.targets.outputs;
    const bool softmax = task.targets.loss == Loss::cross_entropy;
    const double* const second = of_node(Factor::second, task.depth);
    const double* const second_error = of_node(Factor::second_error, task.depth);
    const double* const norms = of_node(Factor::row_norm, task.depth);
    const double* const errors = of_node(Factor::row_error, task.depth);
    double* const q_norm = of_node(Factor::q_norm, task.depth);
    double* const q_error = of_node(Factor::q_error, task.depth);
    double mean_norm = 0.0;
    double mean_error = 0.0;
    for (std::int64_t o = 0; softmax && o < outputs * n; o += n) {
      mean_norm += second[o] * norms[o];
      mean_error += second[o] * errors[o] + second_error[o] * (norms[o] + errors[o]);
    }
    const double gamma = gamma_bound(softmax ? outputs + 3 : 1);
    for (std::int64_t i = 0; i < outputs; ++i) {
      const std::int64_t o = i * n;
      const double size = norms[o] + mean_norm;
      const double e = errors[o] + mean_error;
      q_error[o] = fabs(second[o]) * (e + gamma * size) + second_error[o] * (size + e);
      q_norm[o] = norm(Tangent::q, task.depth, i);
    }
  }

  /// Of S_k, and what it adds to the adjoints of earlier nodes.
  __device__ void reverse(int k) const {
    const FactorTask& task = at_sample.task;
    const FactorLayer& here = layer(k);
    const double* const q_norm = of_node(Factor::q_norm, k + 1);
    const double* const q_error = of_node(Factor::q_error, k + 1);
    const double* const slope = of_layer(Factor::slope, k);
    const double* const slope_error = of_layer(Factor::slope_error, k);
    const double* const bend = of_layer(Factor::bend, k);
    const double* const bend_error = of_layer(Factor::bend_error, k);
    const double* const dz_norm = of_layer(Factor::z_norm, k);
    const double* const dz_error = of_layer(Factor::tangent_error, k);
    double* const s_norm = of_layer(Factor::s_norm, k);
    double* const s_error = of_layer(Factor::s_error, k);
    for (std::int64_t i = 0; i < here.outputs; ++i) {
      const std::int64_t o = i * n;
      const bool own = i >= first && i < first + tangents;
      const double z = k > l ? dz_norm[o] : (own ? 1.0 : 0.0);
      const double z_error = k > l ? dz_error[o] : 0.0;
      const double left = fabs(slope[o]) * q_norm[o];
      const double right = fabs(bend[o]) * z;
      s_error[o] = fabs(slope[o]) * q_error[o] + slope_error[o] * (q_norm[o] + q_error[o]) +
                   fabs(bend[o]) * z_error + bend_error[o] * (z + z_error) +
                   2.0 * u * (left + right);
      s_norm[o] = left + right;
    }
    if (k == l) return;
    const auto add = [&](int node, const double* row_norm, const double* row_error) {
      if (node <= l) return;
      double* const to_norm = of_node(Factor::q_norm, node);
      double* const to = of_node(Factor::q_error, node);
      for (std::int64_t o = 0; o < here.outputs * n; o += n) {
        to_norm[o] += row_norm[o];
        to[o] += row_error[o] + u * to_norm[o];
      }
    };
    add(here.skip_after, q_norm, q_error);
    add(here.skip_before, s_norm, s_error);
    const double gamma = gamma_bound(here.outputs + task.roundings);
    double* const to_norm = of_node(Factor::q_norm, k);  // of what skips have added
    double* const to = of_node(Factor::q_error, k);
    for_each_product(
        at_sample.magnitude() + here.weight, 1, here.inputs, here.inputs, here.outputs,
        [&](std::int64_t i) { return s_error[i * n] + gamma * s_norm[i * n]; },
        [&](std::int64_t j, double sum) { to[j * n] += gamma * to_norm[j * n] + sum; });
    for (std::int64_t j = 0; j < here.inputs; ++j) to_norm[j * n] = norm(Tangent::q, k, j);
  }

  __device__ double rows_norm(const double* rows, std::int64_t begin, std::int64_t end) const {
    double sum = 0.0;
    for (std::int64_t i = begin; i < end; ++i) sum += rows[i * n] * rows[i * n];
    return sqrt(sum);
  }

  /// ‖ΔM‖ ‖ā_l‖ + ‖M‖ (‖Δā_l‖ + γ ‖ā_l‖),  ‖M‖ ≤ ‖S‖‖ā_m‖ + ‖g‖‖A‖.
  __device__ double of_block(int m, const FactorColumns* columns, double gamma) const {
    const FactorColumns& upper = columns[m];
    const FactorColumns& lower = columns[l];
    const std::int64_t outputs = layer(m).outputs;
    const double s = rows_norm(of_layer(Factor::s_norm, m), 0, outputs);
    const double s_error = rows_norm(of_layer(Factor::s_error, m), 0, outputs);
    const double a = rows_norm(of_node(Factor::value, m), upper.begin, upper.end);
    const double a_error = rows_norm(of_node(Factor::value_error, m), upper.begin, upper.end);
    const double b = rows_norm(of_node(Factor::value, l), lower.begin, lower.end);
    const double b_error = rows_norm(of_node(Factor::value_error, l), lower.begin, lower.end);
    double rows = s * a;
    double rows_error = s_error * (a + a_error) + s * a_error;
    if (m > l) {
      const std::int64_t nodes = upper.end < layer(m).inputs ? upper.end : layer(m).inputs;
      const double g = rows_norm(of_layer(Factor::g, m), 0, outputs);
      const double g_error = rows_norm(of_layer(Factor::g_error, m), 0, outputs);
      const double da = rows_norm(of_node(Factor::row_norm, m), upper.begin, nodes);
      const double da_error = rows_norm(of_node(Factor::row_error, m), upper.begin, nodes);
      rows += g * da;
      rows_error += g_error * (da + da_error) + g * da_error;
    }
    return rows_error * (b + b_error) + rows * (b_error + (gamma + 2.0 * u) * b);
  }
};

/// One thread for each sample of each point.
__global__ __launch_bounds__(block, 4) void tangent_errors_kernel(FactorTask task,
                                                                  const FactorColumns* columns,
                                                                  int l, std::int64_t first,
                                                                  std::int64_t tangents,
                                                                  double gamma) {
  const std::int64_t n = task.columns;
  const std::int64_t index = block_index() * block + thread_index();
  if (index >= task.points * n) return;
  const TangentErrors errors{{task, index / n, index % n}, l, first, tangents, n};
  errors.start();
  for (int k = l + 1; k < task.depth; ++k) errors.forward(k);
  errors.loss();
  for (int node = l + 1; node < task.depth; ++node) {
    for (std::int64_t i = 0; i < task.layers[node - 1].outputs; ++i) {
      errors.of_node(Factor::q_norm, node)[i * n] = 0.0;
      errors.of_node(Factor::q_error, node)[i * n] = 0.0;
    }
  }
  for (int k = task.depth - 1; k >= l; --k) errors.reverse(k);
  double* const out = task.sample_errors + index / n * task.depth * n + index % n;
  for (int m = l; m < task.depth; ++m) {
    const bool empty = columns[m].begin == columns[m].end;
    out[m * n] = empty ? 0.0 : errors.of_block(m, columns, gamma);
  }
}

/// One block for each layer m ≥ l of each point.
__global__ __launch_bounds__(block) void sum_block_errors_kernel(FactorTask task, int l,
                                                                 double* errors,
                                                                 std::int64_t stride) {
  const std::int64_t layers = task.depth - l;
  const std::int64_t point = block_index() / layers;
  const std::int64_t m = l + block_index() % layers;
  const double* const from = task.sample_errors + (point * task.depth + m) * task.columns;
  double sum = 0.0;
  for_each_in_block(task.columns, [&](std::int64_t s) { sum += from[s]; });
  sum = block_sum(sum, shared_memory<double>());
  if (thread_index() == 0) errors[point * stride + m - l] += sum;
}

}  // namespace

void add_block_errors(const FactorTask& task, const FactorColumns* columns, int l,
                      std::int64_t first, std::int64_t tangents, double product_gamma,
                      double* errors, std::int64_t stride, cudaStream_t stream) {
  launch(tangent_errors_kernel, "tangent_errors", (task.points * task.columns + block - 1) / block,
         block, 0, stream, task, columns, l, first, tangents, product_gamma);
  launch(sum_block_errors_kernel, "sum_block_errors", task.points * (task.depth - l), block,
         block / warp_size * sizeof(double), stream, task, l, errors, stride);
}

}  // namespace convexscan::kernels
