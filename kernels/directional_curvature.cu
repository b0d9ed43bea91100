// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/factor_access.cuh"

namespace convexscan::kernels {
namespace {

using shared::gamma_bound;

constexpr double u = shared::unit_roundoff;
constexpr int block = 128;

/// Sums of products of three factors over the terms of one sample.
struct TermSums {
  double value = 0.0;
  double error = 0.0;

  /// factor·x·y, with the error of the factors, and of two products and a sum.
  __device__ void add(double factor, double factor_error, double x, double x_error, double y,
                      double y_error) {
    const double term = factor * (x * y);
    value += term;
    error += fabs(factor) * (x_error * fabs(y) + fabs(x) * y_error + x_error * y_error) +
             factor_error * (fabs(x) + x_error) * (fabs(y) + y_error) +
             u * (2.0 * fabs(term) + fabs(value));
  }
};

/// The derivatives ż and ȧ along a direction; rows of the tangents' norms hold them here.
struct AlongDirection {
  SampleFactors at_sample;
  const double* vector;
  const double* reach;
  int roundings;
  std::int64_t n;
  TermSums sums;

  /// ż ← V·a + v_b + W·ȧ, and the terms 2·g·(V ȧ).
  __device__ void differentiate(int l) {
    const FactorTask& task = at_sample.task;
    const FactorLayer& layer = task.layers[l];
    const double gamma = gamma_bound(layer.inputs + roundings);
    const double* const a = at_sample.node(Factor::value, l);
    const double* const a_error = at_sample.node(Factor::value_error, l);
    double* const z = at_sample.layer(Factor::s_norm, l);
    double* const z_error = at_sample.layer(Factor::s_error, l);
    for_each_product(
        vector + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs,
        [&](std::int64_t k) { return a[k * n]; },
        [&](std::int64_t o, double sum) {
          z[o * n] = layer.bias < 0 ? sum : sum + vector[layer.bias + o];
        });
    for_each_product(
        reach + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs,
        [&](std::int64_t k) { return a_error[k * n] + gamma * fabs(a[k * n]); },
        [&](std::int64_t o, double sum) {
          z_error[o * n] = layer.bias < 0 ? sum : sum + gamma * reach[layer.bias + o];
        });
    if (l == 0) return;
    const double* const da = at_sample.node(Factor::row_norm, l);
    const double* const da_error = at_sample.node(Factor::row_error, l);
    const double both = gamma_bound(layer.inputs + task.roundings + roundings - 2);
    const auto tangent = [&](std::int64_t k) { return da[k * n]; };
    const auto source = [&](std::int64_t k) { return da_error[k * n] + both * fabs(da[k * n]); };
    // V·ȧ and the bound on its error wait in rows that the forward pass has finished with.
    double* const va = at_sample.layer(Factor::q_error, l);
    double* const va_error = at_sample.layer(Factor::q_norm, l);
    const auto store = [&](double* to) {
      return [to, this](std::int64_t o, double sum) { to[o * n] = sum; };
    };
    const auto add = [&](double* to) {
      return [to, this](std::int64_t o, double sum) { to[o * n] += sum; };
    };
    for_each_product(vector + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs, tangent,
                     store(va));
    for_each_product(reach + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs, source,
                     store(va_error));
    const double* const g = at_sample.layer(Factor::g, l);
    const double* const g_error = at_sample.layer(Factor::g_error, l);
    for (std::int64_t o = 0; o < layer.outputs * n; o += n) {
      sums.add(2.0, 0.0, g[o], g_error[o], va[o], va_error[o]);
    }
    for_each_product(at_sample.theta() + layer.weight, layer.inputs, 1, layer.outputs, layer.inputs,
                     tangent, add(z));
    for_each_product(at_sample.magnitude() + layer.weight, layer.inputs, 1, layer.outputs,
                     layer.inputs, source, add(z_error));
  }

  /// Adds an earlier node's tangent.
  __device__ void skip(int node, std::int64_t rows, double* to, double* to_error) {
    if (node <= 0) return;
    const double* const from = at_sample.node(Factor::row_norm, node);
    const double* const from_error = at_sample.node(Factor::row_error, node);
    for (std::int64_t o = 0; o < rows * n; o += n) {
      to[o] += from[o];
      to_error[o] += from_error[o] + u * fabs(to[o]);
    }
  }

  __device__ void activate(int l) {
    const FactorLayer& layer = at_sample.task.layers[l];
    double* const z = at_sample.layer(Factor::s_norm, l);
    double* const z_error = at_sample.layer(Factor::s_error, l);
    skip(layer.skip_before, layer.outputs, z, z_error);
    double* const tangent = at_sample.node(Factor::row_norm, l + 1);
    double* const tangent_error = at_sample.node(Factor::row_error, l + 1);
    const double* const slope = at_sample.layer(Factor::slope, l);
    const double* const slope_error = at_sample.layer(Factor::slope_error, l);
    const double* const bend = at_sample.layer(Factor::bend, l);
    const double* const bend_error = at_sample.layer(Factor::bend_error, l);
    for (std::int64_t o = 0; o < layer.outputs * n; o += n) {
      sums.add(bend[o], bend_error[o], z[o], z_error[o], z[o], z_error[o]);
      tangent[o] = slope[o] * z[o];
      tangent_error[o] = fabs(slope[o]) * z_error[o] + slope_error[o] * (fabs(z[o]) + z_error[o]) +
                         u * fabs(tangent[o]);
    }
    skip(layer.skip_after, layer.outputs, tangent, tangent_error);
  }

  /// Σ_o ℓ''_o ȧ_o², less (Σ_o p_o ȧ_o)² for the softmax.
  __device__ void loss() {
    const FactorTask& task = at_sample.task;
    const std::int64_t outputs = task.targets.outputs;
    const double gamma = gamma_bound(outputs + 2);
    const double* const a = at_sample.node(Factor::row_norm, task.depth);
    const double* const a_error = at_sample.node(Factor::row_error, task.depth);
    const double* const h = at_sample.node(Factor::second, task.depth);
    const double* const h_error = at_sample.node(Factor::second_error, task.depth);
    double mean = 0.0;
    double mean_error = 0.0;
    for (std::int64_t o = 0; o < outputs * n; o += n) {
      sums.add(h[o], h_error[o], a[o], a_error[o], a[o], a_error[o]);
      mean += h[o] * a[o];
      mean_error += (h[o] + h_error[o]) * a_error[o] + (h_error[o] + gamma * h[o]) * fabs(a[o]);
    }
    if (task.targets.loss == Loss::cross_entropy) {
      sums.add(-1.0, 0.0, mean, mean_error, mean, mean_error);
    }
  }
};

/// One thread for each sample of each point.
__global__ __launch_bounds__(block, 4) void directional_curvature_kernel(FactorTask task,
                                                                         DirectionTask direction) {
  const std::int64_t n = task.columns;
  const std::int64_t index = block_index() * block + thread_index();
  if (index >= task.points * n) return;
  const std::int64_t point = index / n;
  AlongDirection along{{task, point, index % n},
                       direction.direction + point * direction.stride,
                       direction.reach + point * direction.stride,
                       direction.roundings,
                       n,
                       {}};
  double* const out = direction.partial + 3 * point * n + index % n;
  if (along.at_sample.exists()) {
    for (int l = 0; l < task.depth; ++l) {
      along.differentiate(l);
      along.activate(l);
    }
    along.loss();
  }
  out[0] = along.sums.value;
  out[n] = along.sums.error;
  out[2 * n] = fabs(along.sums.value);
}

/// One block for each point.
__global__ __launch_bounds__(block) void sum_curvatures_kernel(DirectionTask direction,
                                                               std::int64_t n) {
  double* const scratch = shared_memory<double>();
  const std::int64_t point = block_index();
  double sums[3];
  for (int i = 0; i < 3; ++i) {
    const double* const from = direction.partial + (3 * point + i) * n;
    double sum = 0.0;
    for_each_in_block(n, [&](std::int64_t s) { sum += from[s]; });
    sums[i] = block_sum(sum, scratch);
    synchronize_block();
  }
  if (thread_index() != 0) return;
  direction.values[point] += sums[0];
  direction.errors[point] += sums[1] + direction.sum_roundings * sums[2];
}

/// One block for each point.
__global__ __launch_bounds__(block) void scatter_directions_kernel(ScatterTask task) {
  const std::int64_t point = block_index();
  const double* const from = task.vectors + point * task.stride;
  double* const to = task.directions + point * task.parameters;
  double* const reach = task.magnitudes + point * task.parameters;
  for_each_in_block(task.parameters, [&](std::int64_t i) { to[i] = reach[i] = 0.0; });
  synchronize_block();
  double square = 0.0;
  for_each_in_block(task.count, [&](std::int64_t i) {
    const double value = from[i];
    to[task.subset[i]] = value;
    reach[task.subset[i]] = fabs(value);
    square += value * value;
  });
  square = block_sum(square, shared_memory<double>());
  if (thread_index() == 0) task.squares[point] = square;
}

}  // namespace

int sum_depth(std::int64_t columns) {
  constexpr int lanes = 5;  // the levels of the tree over a warp
  return static_cast<int>((columns + block - 1) / block) + lanes + block / warp_size;
}

void add_directional_curvature(const FactorTask& task, const DirectionTask& direction,
                               cudaStream_t stream) {
  launch(directional_curvature_kernel, "directional_curvature",
         (task.points * task.columns + block - 1) / block, block, 0, stream, task, direction);
  launch(sum_curvatures_kernel, "sum_curvatures", task.points, block,
         block / warp_size * sizeof(double), stream, direction, task.columns);
}

void scatter_directions(const ScatterTask& task, std::int64_t points, cudaStream_t stream) {
  launch(scatter_directions_kernel, "scatter_directions", points, block,
         block / warp_size * sizeof(double), stream, task);
}

}  // namespace convexscan::kernels
