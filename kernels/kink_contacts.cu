// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/factor_access.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;

/// Whether z of layer l, skips apart, changes with the parameters: a weight does nothing beside an
/// input that is zero and stays so.
__device__ inline bool is_reached(const SampleFactors& at_sample, const FactorColumns& columns,
                                  int l) {
  const FactorTask& task = at_sample.task;
  const std::int64_t n = task.columns;
  const std::int64_t inputs = task.layers[l].inputs;
  if (columns.end > inputs) return true;  // a bias
  const double* const value = at_sample.node(Factor::value, l);
  const double* const error = at_sample.node(Factor::value_error, l);
  const double* const moves = at_sample.node(Factor::row_norm, l);
  for (std::int64_t j = 0; j < inputs; ++j) {
    const bool weighted = columns.begin <= j && j < columns.end;
    const bool zero = value[j * n] == 0.0 && error[j * n] == 0.0;
    if (moves[j * n] != 0.0 || (weighted && !zero)) return true;
  }
  return false;
}

/// The contacts of one sample; rows of the tangents' norms say which numbers change with the
/// parameters.
__device__ inline double contacts_of(const SampleFactors& at_sample, const FactorColumns* columns) {
  const FactorTask& task = at_sample.task;
  const std::int64_t n = task.columns;
  double* const inputs = at_sample.node(Factor::row_norm, 0);
  for (std::int64_t i = 0; i < task.layers[0].inputs; ++i) inputs[i * n] = 0.0;
  double contacts = 0.0;
  for (int l = 0; l < task.depth; ++l) {
    const FactorLayer& layer = task.layers[l];
    const bool reached = is_reached(at_sample, columns[l], l);
    const auto skipped = [&](int node, std::int64_t i) {
      return node >= 0 && at_sample.node(Factor::row_norm, node)[i] != 0.0;
    };
    const double* const slope = at_sample.layer(Factor::slope, l);
    const double* const slope_error = at_sample.layer(Factor::slope_error, l);
    double* const moves = at_sample.node(Factor::row_norm, l + 1);
    for (std::int64_t i = 0; i < layer.outputs * n; i += n) {
      const bool z_moves = reached || skipped(layer.skip_before, i);
      // The error of a slope that may be on either side of a kink holds the jump.
      const double jump = layer.errors.jump;
      if (z_moves && jump > 0.0 && slope_error[i] >= jump) contacts += 1.0;
      const bool flat = slope[i] == 0.0 && slope_error[i] == 0.0;
      moves[i] = (z_moves && !flat) || skipped(layer.skip_after, i) ? 1.0 : 0.0;
    }
  }
  return contacts;
}

/// One block for each point.
__global__ __launch_bounds__(block) void kink_contacts_kernel(FactorTask task,
                                                              const FactorColumns* columns,
                                                              double* contacts) {
  const std::int64_t point = block_index();
  double sum = 0.0;
  for_each_in_block(task.columns, [&](std::int64_t s) {
    const SampleFactors at_sample{task, point, s};
    if (at_sample.exists()) sum += contacts_of(at_sample, columns);
  });
  sum = block_sum(sum, shared_memory<double>());
  if (thread_index() == 0) contacts[point] += sum;
}

}  // namespace

void add_kink_contacts(const FactorTask& task, const FactorColumns* columns, double* contacts,
                       cudaStream_t stream) {
  launch(kink_contacts_kernel, "kink_contacts", task.points, block,
         block / warp_size * sizeof(double), stream, task, columns, contacts);
}

}  // namespace convexscan::kernels
