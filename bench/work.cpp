// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "work.hpp"

namespace convexscan::bench {
namespace {

Work times(const Work& work, double count) {
  return {work.flop * count, work.activations * count, work.bytes * count};
}

}  // namespace

Work work_of_loss(const NetworkTask& task, Precision precision) {
  const auto samples = static_cast<double>(task.samples);
  const Model& model = task.model;
  Work work;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    const auto in = static_cast<double>(layer.inputs);
    const auto out = static_cast<double>(layer.outputs);
    work.flop += l == 0 ? 4.0 * samples * out : 2.0 * samples * in * out;
    const bool costs =
        layer.activation != Activation::identity && layer.activation != Activation::relu;
    if (costs) work.activations += samples * out;
  }
  if (task.loss == Loss::cross_entropy) {
    work.activations += samples * static_cast<double>(model.outputs());
  }
  work.bytes = 3.0 * (precision == Precision::float32 ? 4.0 : 8.0);
  return work;
}

Work work_of_scan(const Workload& workload, const Problem& problem) {
  const NetworkTask& task = *problem.objective.network();
  const auto samples = static_cast<double>(task.samples);
  const auto parameters = static_cast<double>(problem.objective.parameter_count());
  const Work loss = work_of_loss(task, problem.precision);
  if (workload.kind == Kind::segments) {
    const auto segments = static_cast<double>(workload.segments);
    Work work = times(loss, segments * static_cast<double>(workload.places));
    const Layer& first = task.model.layers().front();
    work.flop += segments * 4.0 * samples * static_cast<double>(first.inputs * first.outputs);
    work.bytes = segments * 8.0 * (2.0 * parameters + 3.0 * static_cast<double>(workload.places));
    return work;
  }
  const auto points = static_cast<double>(problem.points.count());
  if (problem.quantities.contains(Quantity::min_eigenvalue)) {
    const bool dense = workload.eigensolver == "cusolver" ||
                       (workload.eigensolver != "lanczos" &&
                        problem.objective.parameter_count() <= problem.options.dense_limit);
    const auto steps = static_cast<double>(problem.options.lanczos_steps);
    const double square = parameters * parameters;
    if (dense)
      return {points * (samples * square + square * parameters / 3.0), 0.0, points * 16.0 * square};
    return {points * samples * parameters * (12.0 * steps + 6.0), 0.0, points * 8.0 * parameters};
  }
  if (problem.quantities.contains(Quantity::trace)) {
    const double square = parameters * parameters;
    return {points * samples * square, 0.0, points * 8.0 * square};
  }
  if (problem.quantities.contains(Quantity::verdict)) return times(loss, 3.0 * points);
  return times(loss, points);
}

Work work_of_envelope(const Workload& workload) {
  return {0.0, 0.0, 16.0 * static_cast<double>(workload.side * workload.side)};
}

Work work_of_spectra(const Workload& workload) {
  const auto n = static_cast<double>(workload.parameters);
  const auto batch = static_cast<double>(workload.batch());
  const double reductions = workload.part == "vectors" ? 3.0 : 1.0;
  return {batch * reductions * 4.0 / 3.0 * n * n * n, 0.0, batch * 16.0 * n * n};
}

}  // namespace convexscan::bench
