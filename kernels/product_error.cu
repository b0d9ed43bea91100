// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/factor_access.cuh"
#include "shared/larger.hpp"
#include "shared/product_error.hpp"

namespace convexscan::kernels {
namespace {

using shared::Size;

constexpr int block = 128;

/// The Euclidean norm of a sample's column of rows, and of their errors.
__device__ inline Size norm_of(const double* rows, const double* errors, std::int64_t count,
                               std::int64_t n) {
  double square = 0.0;
  double error = 0.0;
  for (std::int64_t i = 0; i < count * n; i += n) {
    square += rows[i] * rows[i];
    error += errors[i] * errors[i];
  }
  return {sqrt(square), sqrt(error)};
}

__device__ inline Size largest_of(const double* rows, const double* errors, std::int64_t count,
                                  std::int64_t n) {
  Size largest;
  for (std::int64_t i = 0; i < count * n; i += n) {
    largest.norm = shared::larger(largest.norm, fabs(rows[i]));
    largest.error = shared::larger(largest.error, errors[i]);
  }
  return largest;
}

/// One sample at one point; see src/cpu/product_error.cpp. The sizes of a layer's tangents lie in
/// the first of its rows for the tangents' norms.
struct SampleSizes {
  SampleFactors at_sample;
  const double* weights;  ///< (depth): Frobenius norms
  std::int64_t n;

  __device__ Size get(Factor norm, Factor error, int node) const {
    return {*at_sample.node(norm, node), *at_sample.node(error, node)};
  }
  __device__ void set(Factor norm, Factor error, int node, Size size) const {
    *at_sample.node(norm, node) = size.norm;
    *at_sample.node(error, node) = size.error;
  }
  __device__ Size tangent(int node) const {
    return node == 0 ? Size{} : get(Factor::row_norm, Factor::row_error, node);
  }
  __device__ Size adjoint(int node) const { return get(Factor::q_norm, Factor::q_error, node); }

  __device__ shared::LayerSizes sizes(int l) const {
    const FactorTask& task = at_sample.task;
    const FactorLayer& layer = task.layers[l];
    return {norm_of(at_sample.node(Factor::value, l), at_sample.node(Factor::value_error, l),
                    layer.inputs + 1, n),
            largest_of(at_sample.layer(Factor::slope, l), at_sample.layer(Factor::slope_error, l),
                       layer.outputs, n),
            largest_of(at_sample.layer(Factor::bend, l), at_sample.layer(Factor::bend_error, l),
                       layer.outputs, n),
            norm_of(at_sample.layer(Factor::g, l), at_sample.layer(Factor::g_error, l),
                    layer.outputs, n),
            weights[l],
            shared::gamma_bound(2 * layer.inputs + task.roundings + 2),
            shared::gamma_bound(2 * layer.outputs + task.roundings + 2)};
  }

  __device__ void forward(int l) const {
    const FactorLayer& layer = at_sample.task.layers[l];
    const shared::LayerSizes here = sizes(l);
    Size pre = shared::pre_tangent(here, tangent(l));
    if (layer.skip_before > 0) pre = pre + tangent(layer.skip_before);
    set(Factor::s_norm, Factor::s_error, l + 1, pre);
    Size after = shared::product(here.slope, pre, shared::unit_roundoff);
    if (layer.skip_after > 0) after = after + tangent(layer.skip_after);
    set(Factor::row_norm, Factor::row_error, l + 1, after);
  }

  /// ∂²ℓ/∂a² times the outputs' tangent; of the softmax diag(p) − ppᵀ, a part for each.
  __device__ Size of_outputs() const {
    const FactorTask& task = at_sample.task;
    const std::int64_t outputs = task.targets.outputs;
    const double* const second = at_sample.node(Factor::second, task.depth);
    const double* const second_error = at_sample.node(Factor::second_error, task.depth);
    const Size along = tangent(task.depth);
    const Size pointwise =
        shared::product(largest_of(second, second_error, outputs, n), along, shared::unit_roundoff);
    if (task.targets.loss != Loss::cross_entropy) return pointwise;
    const Size p = norm_of(second, second_error, outputs, n);
    const double gamma = shared::gamma_bound(outputs + 2);
    return pointwise + shared::product(p, shared::product(p, along, gamma), shared::unit_roundoff);
  }

  __device__ void pass_on(int node, Size from) const {
    if (node > 0) set(Factor::q_norm, Factor::q_error, node, adjoint(node) + from);
  }

  __device__ double error(double gamma) const {
    const int depth = at_sample.task.depth;
    for (int l = 0; l < depth; ++l) {
      forward(l);
      set(Factor::q_norm, Factor::q_error, l + 1, {});
    }
    set(Factor::q_norm, Factor::q_error, depth, of_outputs());
    double square = 0.0;
    for (int l = depth - 1; l >= 0; --l) {
      const FactorLayer& layer = at_sample.task.layers[l];
      const shared::LayerSizes here = sizes(l);
      const Size q = adjoint(l + 1);
      pass_on(layer.skip_after, q);
      const Size gradient =
          shared::gradient_tangent(here, q, get(Factor::s_norm, Factor::s_error, l + 1));
      pass_on(layer.skip_before, gradient);
      pass_on(l, shared::adjoint_tangent(here, gradient));
      const double share = shared::share_error(here, gradient, tangent(l), gamma);
      square += share * share;
    }
    return sqrt(square);
  }
};

/// One block for each point and layer.
__global__ __launch_bounds__(block) void weight_norms_kernel(FactorTask task, double* norms) {
  const std::int64_t point = block_index() / task.depth;
  const FactorLayer& layer = task.layers[block_index() % task.depth];
  const double* const weights = task.magnitude + point * task.parameters + layer.weight;
  double square = 0.0;
  for_each_in_block(layer.outputs * layer.inputs,
                    [&](std::int64_t i) { square += weights[i] * weights[i]; });
  square = block_sum(square, shared_memory<double>());
  if (thread_index() == 0) norms[block_index()] = 1.01 * sqrt(square);
}

/// One block for each point.
__global__ __launch_bounds__(block) void product_error_kernel(FactorTask task, const double* norms,
                                                              double gamma, double* errors) {
  const std::int64_t point = block_index();
  double sum = 0.0;
  for_each_in_block(task.columns, [&](std::int64_t s) {
    const SampleSizes sizes{{task, point, s}, norms + point * task.depth, task.columns};
    if (sizes.at_sample.exists()) sum += sizes.error(gamma);
  });
  sum = block_sum(sum, shared_memory<double>());
  if (thread_index() == 0) errors[point] += sum;
}

}  // namespace

void weight_norms(const FactorTask& task, double* norms, cudaStream_t stream) {
  launch(weight_norms_kernel, "weight_norms", task.points * task.depth, block,
         block / warp_size * sizeof(double), stream, task, norms);
}

void add_product_errors(const FactorTask& task, const double* norms, double gamma, double* errors,
                        cudaStream_t stream) {
  launch(product_error_kernel, "product_error", task.points, block,
         block / warp_size * sizeof(double), stream, task, norms, gamma, errors);
}

}  // namespace convexscan::kernels
