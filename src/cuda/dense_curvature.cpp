// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/dense_curvature.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpu/dense_eigenvalues.hpp"
#include "cuda/host_index.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cuda {

DenseCurvature::DenseCurvature(const Objective& objective, const NetworkData<double>& data,
                               const DeviceContext& context, const Slice& slice,
                               const QuantitySet& quantities, SpectrumMethod method)
    : objective_(objective),
      data_(data),
      context_(context),
      quantities_(quantities),
      weights_(cpu::required_weights(objective)),
      equal_weights_(std::ranges::all_of(weights_, [](double w) { return w == 1.0; })),
      factors_(data, context, slice),
      hessian_(objective, factors_),
      directional_(objective, factors_),
      underflow_(data.task, slice),
      solver_(context.queue()),
      packed_(context.queue()),
      blocked_(context.queue()),
      on_chip_(method != SpectrumMethod::library && hessian_.size() <= packed_.most_rows()),
      in_blocks_(method != SpectrumMethod::library && !on_chip_ &&
                 cpu::needs_only_verdict(quantities) && hessian_.size() <= blocked_.most_rows()),
      subset_(objective.subset, context.queue()) {
  for (int l = 0; l < hessian_.layout().depth(); ++l) {
    layers_.emplace_back(hessian_.layout().layer_begin(l), hessian_.layout().layer_end(l));
  }
  if (method == SpectrumMethod::smallest) isolated_.emplace(size(), context.queue());
}

std::int64_t DenseCurvature::bytes_per_point() const {
  // The solver's workspace is taken to be three times its matrices, factors are as many.
  const std::int64_t matrices = on_chip_ ? 1 : in_blocks_ ? 5 : 4;
  const std::int64_t doubles = matrices * size() * size() + 2 * size() + 2 * parameters() + 16;
  return factors_.bytes_per_point(true) + hessian_.bytes_per_point() +
         directional_.bytes_per_point() +
         (isolated_ ? IsolatedSolver::bytes_per_matrix(size()) : 0) +
         doubles * static_cast<std::int64_t>(sizeof(double));
}

void DenseCurvature::reserve(std::int64_t group) {
  factors_.reserve(group, true);
  hessian_.reserve(group);
  directional_.reserve(group);
  matrices_.reserve(group * size() * size());
  values_.reserve(group * size());
  failed_.reserve(group);
  statistics_.reserve(3 * group);
  if (on_chip_) packed_vectors_.reserve(group * size());
  if (in_blocks_) blocked_.reserve(size(), group);
  if (isolated_) isolated_->reserve(group);
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
        objective_.penalty.empty()
            ? 0.0
            : hessian_.penalty_errors()[p] + shared::unit_roundoff * assembled.norm[p];
    // |tr Δ| ≤ √n·‖Δ‖_F, and no more for the sum of the diagonal.
    const auto rows = static_cast<double>(size());
    const double underflow =
        shared::underflow_allowance(size()) +
        underflow_.at(coordinates.data() + p * static_cast<std::size_t>(factors_.slice().axes()));
    const double summed = shared::gamma_bound(size() + 2) * assembled.norm[p];
    assembled.trace_error.push_back(
        1.01 * (std::sqrt(rows) * (assembled.bound[p] + summed) + rows * penalty) +
        std::sqrt(rows) * underflow);
    assembled.bound[p] += penalty + underflow;
    for (double* bound : {&assembled.bound[p], &assembled.trace_error[p]}) {
      *bound = std::isfinite(assembled.norm[p]) ? cpu::or_infinite(*bound) : nan;
    }
  }
  return assembled;
}

std::vector<DenseCurvature::Spectrum> DenseCurvature::spectra(std::int64_t size,
                                                              std::span<const double> thresholds,
                                                              bool vectors) {
  if (!on_chip_) return library_spectra(size, thresholds, vectors);
  smallest_ = packed_vectors_.data();
  smallest_stride_ = size;
  const auto rows = static_cast<double>(size);
  std::vector<Spectrum> spectra;
  for (const kernels::PackedSpectrum& s : packed_.spectra(
           matrices_.data(), size, thresholds, vectors ? packed_vectors_.data() : nullptr)) {
    spectra.push_back(
        {s.smallest,
         s.second,
         {s.smallest, s.largest, s.negative, rows - s.negative - s.positive, s.positive}});
  }
  return spectra;
}

std::vector<DenseCurvature::Spectrum> DenseCurvature::library_spectra(
    std::int64_t size, std::span<const double> thresholds, bool vectors) {
  const auto points = static_cast<std::int64_t>(thresholds.size());
  solver_.solve(matrices_.data(), size, points, vectors, values_.data(), failed_.data());
  smallest_ = matrices_.data();
  smallest_stride_ = size * size;
  std::vector<double> values(index(points * size));
  values_.download(values, context_.queue());
  std::vector<int> failed(index(points));
  failed_.download(failed, context_.queue());
  std::vector<Spectrum> spectra;
  for (std::int64_t p = 0; p < points; ++p) {
    const auto own = std::span(values).subspan(index(p * size), index(size));
    if (failed[index(p)] != 0) std::ranges::fill(own, nan);
    const double threshold = thresholds[index(p)];
    const auto negative = std::ranges::lower_bound(own, -threshold) - own.begin();
    const auto not_positive = std::ranges::upper_bound(own, threshold) - own.begin();
    spectra.push_back(
        {own.front(),
         own[own.size() > 1 ? 1 : 0],
         {own.front(), own.back(), static_cast<double>(negative),
          static_cast<double>(not_positive - negative), static_cast<double>(size - not_positive)}});
  }
  return spectra;
}

std::vector<cpu::PointCurvature> DenseCurvature::at(std::span<const double> coordinates,
                                                    std::int64_t points) {
  using enum Quantity;
  const auto has = [&](Quantity quantity) { return quantities_.contains(quantity); };
  const Assembled assembled = assemble(coordinates, points);
  std::vector<cpu::PointCurvature> curvatures(index(points));
  if ((has(required_l2) || has(required_l2_error)) && !equal_weights_) {
    weighted_l2(assembled, curvatures);
  }
  for (std::int64_t p = 0; p < points; ++p) {
    cpu::PointCurvature& curvature = curvatures[index(p)];
    curvature.eigenvalue_error =
        assembled.bound[index(p)] + cpu::solver_error(assembled.norm[index(p)], size());
    curvature.error = curvature.eigenvalue_error;
    if (!std::isnan(curvature.error)) {
      curvature.trace = assembled.trace[index(p)];
      curvature.trace_error = assembled.trace_error[index(p)];
    }
  }
  if (cpu::needs_eigenvalues(quantities_)) take_spectra(coordinates, curvatures);
  withhold_at_kinks(curvatures);
  for (cpu::PointCurvature& curvature : curvatures) {
    curvature.layer_error = curvature.layer_min_eigenvalue =
        std::vector<double>(layers_.size(), nan);
  }
  if (has(layer_min_eigenvalue) || has(layer_min_eigenvalue_error)) layer_eigenvalues(curvatures);
  for (std::int64_t p = 0; p < points; ++p) {
    if (!std::isnan(assembled.bound[index(p)])) continue;
    curvatures[index(p)] = {};
    curvatures[index(p)].layer_error = curvatures[index(p)].layer_min_eigenvalue =
        std::vector<double>(layers_.size(), nan);
  }
  return curvatures;
}

void DenseCurvature::take_spectra(std::span<const double> coordinates,
                                  std::vector<cpu::PointCurvature>& curvatures) {
  using enum Quantity;
  const auto has = [&](Quantity quantity) { return quantities_.contains(quantity); };
  const bool refined = size() > 1 && (has(min_eigenvalue_error) || has(verdict) ||
                                      has(required_l2) || has(required_l2_error));
  const bool vectors = has(min_eigenvector) || has(min_eigenvector_error);
  std::vector<double> errors;
  for (const cpu::PointCurvature& curvature : curvatures) {
    // Counts take a number.
    errors.push_back(std::isfinite(curvature.eigenvalue_error) ? curvature.eigenvalue_error : 0.0);
  }
  const std::vector<Spectrum> of_points = spectra(size(), errors, refined || vectors);
  if (refined || vectors) scatter(static_cast<std::int64_t>(curvatures.size()), vectors_);
  if (vectors) take_vectors(curvatures);
  if (refined) refine(coordinates, of_points, curvatures);
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    cpu::PointCurvature& curvature = curvatures[p];
    cpu::SpectrumSummary summary = of_points[p].summary;
    if (std::isinf(curvature.eigenvalue_error)) {
      summary.negative = summary.positive = 0.0;
      summary.near_zero = static_cast<double>(size());
    }
    if (!std::isnan(curvature.error) && !std::isnan(summary.smallest)) {
      cpu::fill_from_summary(summary, equal_weights_, curvature);
    } else {
      curvature.error = curvature.eigenvalue_error = nan;
      curvature.required_l2 = {nan, nan};
      curvature.vector.clear();
      curvature.vector_error = nan;
    }
  }
}

void DenseCurvature::layer_eigenvalues(std::vector<cpu::PointCurvature>& curvatures) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [begin, end] = layers_[l];
    if (begin == end) continue;
    hessian_.extract(begin, end, matrices_.data());
    const std::vector<double> no_counts(curvatures.size(), 0.0);
    const std::vector<Spectrum> of_layer = spectra(end - begin, no_counts, false);
    for (std::size_t p = 0; p < curvatures.size(); ++p) {
      curvatures[p].layer_min_eigenvalue[l] = of_layer[p].smallest;
      // A block is no larger than the matrix, and nor are the errors in it.
      curvatures[p].layer_error[l] = curvatures[p].eigenvalue_error;
    }
  }
}

void DenseCurvature::take_vectors(std::vector<cpu::PointCurvature>& curvatures) {
  const auto width = index(parameters());
  std::vector<double> vectors(curvatures.size() * width);
  vectors_.vector.download(vectors, context_.queue());
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    for (const std::int64_t i : objective_.subset) {
      curvatures[p].vector.push_back(vectors[p * width + index(i)]);
    }
    curvatures[p].vector_error = cpu::eigenvector_residual(curvatures[p].eigenvalue_error);
  }
}

void DenseCurvature::withhold_at_kinks(std::vector<cpu::PointCurvature>& curvatures) const {
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    cpu::withhold_at_kink(static_cast<std::int64_t>(hessian_.kinks()[p]), curvatures[p].verdict,
                          curvatures[p].settled_by);
  }
}

void DenseCurvature::weighted_l2(const Assembled& assembled,
                                 std::vector<cpu::PointCurvature>& curvatures) {
  const std::int64_t entries = size() * size();
  std::vector<double> matrices(curvatures.size() * index(entries));
  matrices_.download(matrices, context_.queue());
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    if (std::isnan(assembled.bound[p])) continue;
    curvatures[p].required_l2 =
        required_l2(std::span(matrices).subspan(p * index(entries), index(entries)), size(),
                    weights_, assembled.bound[p]);
  }
}

void DenseCurvature::scatter(std::int64_t points, PointDirections& directions) {
  kernels::scatter_directions(
      {smallest_, smallest_stride_, subset_.data(), size(), parameters(), directions.vector.data(),
       directions.magnitude.data(), directions.square.data()},
      points, context_.queue());
}

void DenseCurvature::refine(std::span<const double> coordinates, std::span<const Spectrum> spectra,
                            std::vector<cpu::PointCurvature>& curvatures) {
  const auto points = static_cast<std::int64_t>(curvatures.size());
  const std::vector<cpu::ValueWithError> forms =
      directional_.rayleigh(coordinates, points, vectors_);
  for (std::int64_t p = 0; p < points; ++p) {
    if (!std::isfinite(curvatures[index(p)].error)) continue;
    const Spectrum& spectrum = spectra[index(p)];
    curvatures[index(p)].error = cpu::refined_error(
        spectrum.smallest, spectrum.second, curvatures[index(p)].eigenvalue_error, forms[index(p)]);
  }
}

bool DenseCurvature::smallest_vectors(std::span<const double> coordinates, std::int64_t points,
                                      PointDirections& directions) {
  const Assembled assembled = assemble(coordinates, points);
  const std::vector<double> no_counts(index(points), 0.0);
  const std::vector<Spectrum> of_points = spectra(size(), no_counts, true);
  scatter(points, directions);
  return std::ranges::all_of(assembled.bound, [](double b) { return std::isfinite(b); }) &&
         std::ranges::all_of(of_points,
                             [](const Spectrum& s) { return std::isfinite(s.smallest); });
}

}  // namespace convexscan::cuda
