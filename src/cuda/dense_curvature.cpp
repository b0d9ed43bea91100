// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/dense_curvature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpu/dense_eigenvalues.hpp"

namespace convexscan::cuda {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double u = shared::unit_roundoff;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

DenseCurvature::DenseCurvature(const Objective& objective, const NetworkData<double>& data,
                               const DeviceContext& context, const Slice& slice,
                               const QuantitySet& quantities)
    : objective_(objective),
      data_(data),
      context_(context),
      quantities_(quantities),
      weights_(cpu::required_weights(objective)),
      equal_weights_(std::ranges::all_of(weights_, [](double w) { return w == 1.0; })),
      factors_(data, context, slice),
      hessian_(objective, factors_),
      directional_(objective, factors_),
      solver_(context.queue()),
      subset_(objective.subset, context.queue()) {
  for (int l = 0; l < hessian_.layout().depth(); ++l) {
    layers_.emplace_back(hessian_.layout().layer_begin(l), hessian_.layout().layer_end(l));
  }
}

std::int64_t DenseCurvature::bytes_per_point() const {
  // The solver's workspace is taken to be three times its matrices.
  const std::int64_t doubles = 4 * size() * size() + size() + 2 * parameters() + 8;
  return factors_.bytes_per_point(true) + hessian_.bytes_per_point() +
         directional_.bytes_per_point() + doubles * static_cast<std::int64_t>(sizeof(double));
}

void DenseCurvature::reserve(std::int64_t group) {
  factors_.reserve(group, true);
  hessian_.reserve(group);
  directional_.reserve(group);
  matrices_.reserve(group * size() * size());
  values_.reserve(group * size());
  failed_.reserve(group);
  statistics_.reserve(3 * group);
  vectors_.reserve(group, parameters());
}

DenseCurvature::Assembled DenseCurvature::assemble(std::span<const double> coordinates,
                                                   std::int64_t points, bool with_least) {
  Assembled assembled;
  assembled.bound = hessian_.assemble(coordinates, points);
  double* const norms = statistics_.data();
  hessian_.extract(0, size(), matrices_.data(), norms, norms + points,
                   with_least ? norms + 2 * points : nullptr);
  std::vector<double> all(index((with_least ? 3 : 2) * points));
  statistics_.download(all, context_.queue());
  const auto part = [&](std::int64_t i) {
    return std::vector<double>(all.begin() + i * points, all.begin() + (i + 1) * points);
  };
  assembled.norm = part(0);
  assembled.trace = part(1);
  if (with_least) assembled.least = part(2);
  for (std::size_t p = 0; p < assembled.bound.size(); ++p) {
    // No entry is larger than the norm; a norm that is not a number says that the matrix is not.
    const double penalty =
        objective_.penalty.empty() ? 0.0 : hessian_.penalty_errors()[p] + u * assembled.norm[p];
    assembled.bound[p] += penalty;
    if (!std::isfinite(assembled.norm[p])) assembled.bound[p] = nan;
  }
  return assembled;
}

std::vector<double> DenseCurvature::eigenvalues(std::int64_t points, std::int64_t size,
                                                bool vectors) {
  solver_.solve(matrices_.data(), size, points, vectors, values_.data(), failed_.data());
  std::vector<double> values(index(points * size));
  values_.download(values, context_.queue());
  std::vector<int> failed(index(points));
  failed_.download(failed, context_.queue());
  for (std::int64_t p = 0; p < points; ++p) {
    if (failed[index(p)] != 0) std::fill_n(values.begin() + p * size, size, nan);
  }
  return values;
}

std::vector<cpu::PointCurvature> DenseCurvature::at(std::span<const double> coordinates,
                                                    std::int64_t points) {
  using enum Quantity;
  const auto has = [&](Quantity quantity) { return quantities_.contains(quantity); };
  const Assembled assembled = assemble(coordinates, points);
  std::vector<cpu::PointCurvature> curvatures(index(points));
  if (has(required_l2) && !equal_weights_) weighted_l2(assembled, curvatures);
  const bool refined =
      size() > 1 && (has(min_eigenvalue_error) || has(verdict) || has(required_l2));
  const std::vector<double> values = eigenvalues(points, size(), refined);
  for (std::int64_t p = 0; p < points; ++p) {
    cpu::PointCurvature& curvature = curvatures[index(p)];
    curvature.eigenvalue_error =
        assembled.bound[index(p)] + cpu::solver_error(assembled.norm[index(p)], size());
    curvature.error = curvature.eigenvalue_error;
    if (has(trace) && std::isfinite(curvature.error)) curvature.trace = assembled.trace[index(p)];
  }
  if (refined) refine(coordinates, values, curvatures);
  for (std::int64_t p = 0; p < points; ++p) {
    cpu::PointCurvature& curvature = curvatures[index(p)];
    const auto spectrum = std::span(values).subspan(index(p * size()), index(size()));
    if (std::isfinite(curvature.error) && !std::isnan(spectrum.front())) {
      cpu::fill_from_eigenvalues(spectrum, equal_weights_, curvature);
    } else {
      curvature.error = curvature.eigenvalue_error = nan;
      curvature.required_l2 = nan;
      curvature.settled_by = SettledBy::nothing;
    }
  }
  for (cpu::PointCurvature& curvature : curvatures) {
    curvature.layer_min_eigenvalue.assign(layers_.size(), nan);
  }
  if (has(layer_min_eigenvalue)) layer_eigenvalues(curvatures);
  for (std::int64_t p = 0; p < points; ++p) {
    if (std::isfinite(assembled.bound[index(p)])) continue;
    curvatures[index(p)] = {};
    curvatures[index(p)].layer_min_eigenvalue.assign(layers_.size(), nan);
  }
  return curvatures;
}

std::vector<cpu::PointCurvature> DenseCurvature::verdicts_at(std::span<const double> coordinates,
                                                             std::int64_t points) {
  const Assembled assembled = assemble(coordinates, points, true);
  std::vector<cpu::PointCurvature> curvatures(index(points));
  std::vector<std::int32_t> left;
  for (std::int64_t p = 0; p < points; ++p) {
    if (assembled.least[index(p)] < -assembled.bound[index(p)]) {
      curvatures[index(p)].verdict = Verdict::not_convex;
      curvatures[index(p)].settled_by = SettledBy::diagonal;
    } else if (std::isfinite(assembled.bound[index(p)])) {
      left.push_back(static_cast<std::int32_t>(p));
    }
  }
  if (left.empty()) return curvatures;
  const auto count = static_cast<std::int64_t>(left.size());
  if (count < points) hessian_.extract(left, matrices_.data());
  const std::vector<double> values = eigenvalues(count, size(), false);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto p = static_cast<std::size_t>(left[index(k)]);
    const double smallest = values[index(k * size())];
    if (std::isnan(smallest)) curvatures[p].settled_by = SettledBy::nothing;
    curvatures[p].verdict =
        verdict_of(smallest, assembled.bound[p] + cpu::solver_error(assembled.norm[p], size()));
  }
  return curvatures;
}

void DenseCurvature::layer_eigenvalues(std::vector<cpu::PointCurvature>& curvatures) {
  const auto points = static_cast<std::int64_t>(curvatures.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [begin, end] = layers_[l];
    if (begin == end) continue;
    hessian_.extract(begin, end, matrices_.data());
    const std::vector<double> values = eigenvalues(points, end - begin, false);
    for (std::int64_t p = 0; p < points; ++p) {
      curvatures[index(p)].layer_min_eigenvalue[l] = values[index(p * (end - begin))];
    }
  }
}

void DenseCurvature::weighted_l2(const Assembled& assembled,
                                 std::vector<cpu::PointCurvature>& curvatures) {
  const std::int64_t entries = size() * size();
  std::vector<double> matrices(curvatures.size() * index(entries));
  matrices_.download(matrices, context_.queue());
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    if (!std::isfinite(assembled.bound[p])) continue;
    curvatures[p].required_l2 =
        required_l2(std::span(matrices).subspan(p * index(entries), index(entries)), size(),
                    weights_, assembled.bound[p]);
  }
}

void DenseCurvature::scatter(std::int64_t points, PointDirections& directions) {
  kernels::scatter_directions(
      {matrices_.data(), size() * size(), subset_.data(), size(), parameters(),
       directions.vector.data(), directions.magnitude.data(), directions.square.data()},
      points, context_.queue());
}

void DenseCurvature::refine(std::span<const double> coordinates, std::span<const double> values,
                            std::vector<cpu::PointCurvature>& curvatures) {
  const auto points = static_cast<std::int64_t>(curvatures.size());
  scatter(points, vectors_);
  const std::vector<cpu::BoundedValue> forms = directional_.rayleigh(coordinates, points, vectors_);
  for (std::int64_t p = 0; p < points; ++p) {
    const double* const spectrum = values.data() + p * size();
    curvatures[index(p)].error = cpu::refined_error(
        spectrum[0], spectrum[1], curvatures[index(p)].eigenvalue_error, forms[index(p)]);
  }
}

bool DenseCurvature::smallest_vectors(std::span<const double> coordinates, std::int64_t points,
                                      PointDirections& directions) {
  const Assembled assembled = assemble(coordinates, points);
  const std::vector<double> values = eigenvalues(points, size(), true);
  scatter(points, directions);
  const auto good = [](double value) { return std::isfinite(value); };
  return std::ranges::all_of(assembled.bound, good) && std::ranges::all_of(values, good);
}

}  // namespace convexscan::cuda
