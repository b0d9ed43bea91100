// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// What DenseCurvature proves of matrices without their whole spectrum.

#include <algorithm>
#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cuda/dense_curvature.hpp"
#include "cuda/host_index.hpp"

namespace convexscan::cuda {

std::vector<std::optional<cpu::PointCurvature>> DenseCurvature::isolated(
    std::span<const double> coordinates, std::int64_t points) {
  using enum Quantity;
  const Assembled assembled = assemble(coordinates, points);
  std::vector<double> accepted;
  for (std::size_t p = 0; p < assembled.norm.size(); ++p) {
    accepted.push_back(cpu::accepted_excess(assembled.norm[p], assembled.bound[p]));
  }
  std::vector<std::optional<cpu::IsolatedEigenpair>> pairs =
      isolated_->solve(matrices_.data(), assembled.norm, accepted);
  smallest_ = isolated_->vectors().data();
  smallest_stride_ = size();
  scatter(points, vectors_);
  const std::vector<cpu::ValueWithError> forms =
      directional_.rayleigh(coordinates, points, vectors_);
  const bool with_vectors =
      quantities_.contains(min_eigenvector) || quantities_.contains(min_eigenvector_error);
  std::vector<double> vectors(with_vectors ? index(points * size()) : 0);
  isolated_->vectors().download(vectors, context_.queue());
  std::vector<std::optional<cpu::PointCurvature>> curvatures(pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    if (!pairs[p] || !std::isfinite(assembled.bound[p])) continue;
    if (with_vectors) {
      const auto own = std::span(vectors).subspan(p * index(size()), index(size()));
      pairs[p]->vector.assign(own.begin(), own.end());
    }
    cpu::PointCurvature alone;
    if (!cpu::curvature_alone(*pairs[p], size(), assembled.norm[p], assembled.bound[p], forms[p],
                              alone)) {
      continue;
    }
    curvatures[p] = std::move(alone);
    cpu::withhold_at_kink(static_cast<std::int64_t>(hessian_.kinks()[p]), curvatures[p]->verdict,
                          curvatures[p]->settled_by);
  }
  return curvatures;
}

std::vector<cpu::PointCurvature> DenseCurvature::smallest_at(std::span<const double> coordinates,
                                                             std::int64_t points) {
  const std::vector<std::optional<cpu::PointCurvature>> alone = isolated(coordinates, points);
  const std::size_t axes = coordinates.size() / alone.size();
  std::vector<double> left;
  for (std::size_t p = 0; p < alone.size(); ++p) {
    if (alone[p]) continue;
    const auto row = coordinates.subspan(p * axes, axes);
    left.insert(left.end(), row.begin(), row.end());
  }
  const auto count = std::ranges::count_if(alone, [](const auto& found) { return !found; });
  std::vector<cpu::PointCurvature> rest;
  if (count > 0) rest = at(left, count);
  std::vector<cpu::PointCurvature> curvatures;
  auto next = rest.begin();
  for (const auto& curvature : alone) curvatures.push_back(curvature ? *curvature : *next++);
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
  if (!left.empty() && (on_chip_ || in_blocks_)) {
    left = settle_by_factors(assembled, left, curvatures);
  }
  if (!left.empty()) settle_by_eigenvalues(assembled, left, curvatures);
  withhold_at_kinks(curvatures);
  return curvatures;
}

double DenseCurvature::error_of(const Assembled& assembled, std::size_t point) const {
  return assembled.bound[point] + cpu::solver_error(assembled.norm[point], size());
}

std::vector<std::int32_t> DenseCurvature::settle_by_factors(
    const Assembled& assembled, std::span<const std::int32_t> left,
    std::vector<cpu::PointCurvature>& curvatures) {
  std::vector<double> bounds;
  std::vector<double> wider;
  for (const std::int32_t p : left) {
    bounds.push_back(assembled.bound[index(p)]);
    wider.push_back(error_of(assembled, index(p)));
  }
  const std::vector<kernels::Definiteness> outcomes =
      on_chip_ ? packed_.definiteness(matrices_.data(), size(), left, bounds, wider)
               : blocked_.definiteness(matrices_.data(), size(), left, bounds, wider);
  std::vector<std::int32_t> open;
  for (std::size_t k = 0; k < left.size(); ++k) {
    cpu::PointCurvature& curvature = curvatures[index(left[k])];
    switch (outcomes[k]) {
      case kernels::Definiteness::positive:
        curvature.verdict = Verdict::locally_convex;
        break;
      case kernels::Definiteness::negative:
        curvature.verdict = Verdict::not_convex;
        break;
      case kernels::Definiteness::semidefinite:
        break;
      case kernels::Definiteness::open:
        open.push_back(left[k]);
        continue;
    }
    curvature.settled_by = SettledBy::cholesky;
  }
  return open;
}

void DenseCurvature::settle_by_eigenvalues(const Assembled& assembled,
                                           std::span<const std::int32_t> left,
                                           std::vector<cpu::PointCurvature>& curvatures) {
  std::vector<double> errors;
  for (const std::int32_t p : left) errors.push_back(error_of(assembled, index(p)));
  const std::vector<double> smallest =
      smallest_of(left, errors, static_cast<std::int64_t>(curvatures.size()));
  for (std::size_t k = 0; k < left.size(); ++k) {
    cpu::PointCurvature& curvature = curvatures[index(left[k])];
    if (!std::isnan(smallest[k])) curvature.settled_by = SettledBy::dense;
    curvature.verdict = verdict_of(smallest[k], errors[k]);
  }
}

std::vector<double> DenseCurvature::smallest_of(std::span<const std::int32_t> left,
                                                std::span<const double> errors,
                                                std::int64_t points) {
  std::vector<double> smallest;
  if (on_chip_) {
    for (const auto& s : packed_.spectra(matrices_.data(), size(), left, errors)) {
      smallest.push_back(s.smallest);
    }
    return smallest;
  }
  if (std::ssize(left) < points) hessian_.extract(left, matrices_.data());
  for (const Spectrum& s : library_spectra(size(), errors, false)) smallest.push_back(s.smallest);
  return smallest;
}

}  // namespace convexscan::cuda
