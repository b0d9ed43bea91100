// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "cpu/matrix_free_curvature.hpp"
#include "cuda/batched_lanczos.hpp"
#include "cuda/curvature_pass.hpp"
#include "cuda/directional_curvature.hpp"
#include "cuda/hessian_vector.hpp"
#include "cuda/known_directions.hpp"

namespace convexscan::cuda {
namespace {

/// All that a group of points needs.
struct Group {
  Group(const Objective& objective, const PassInput<double>& input, const Slice& slice,
        const cpu::LanczosLimits& limits, SampleFactors& factors, std::int64_t points)
      : size(points),
        product(objective, input, slice, points, 1),
        lanczos(product.size(), points, limits, input.context.queue()),
        directional(objective, factors) {
    factors.reserve(points, false);
    directional.reserve(points);
    directions.reserve(points, input.data.parameters);
  }

  std::int64_t size;
  HessianVector product;
  BatchedLanczos lanczos;
  DirectionalCurvature directional;
  PointDirections directions;
};

/// Lanczos on exact Hessian-vector products at all points of a group at once; see
/// cpu::matrix_free_curvature.
class MatrixFreePass final : public CurvaturePass {
 public:
  MatrixFreePass(const Objective& objective, const NetworkData<double>& data,
                 const DeviceContext& context, const Slice& slice, const QuantitySet& quantities,
                 const EvaluationOptions& options)
      : objective_(objective),
        data_(data),
        context_(context),
        slice_(slice),
        quantities_(quantities),
        only_verdict_(cpu::needs_only_verdict(quantities)),
        most_steps_(options.lanczos_steps),
        limits_(only_verdict_ ? cpu::matrix_free_sign_limits(objective, most_steps_, {})
                              : cpu::matrix_free_limits(objective, most_steps_)),
        network_(data, context),
        factors_(data, context, slice_),
        subset_(objective.subset, context.queue()) {
    network_.set(slice_);
    if (only_verdict_) known_.emplace(objective, context, slice_);
  }

  std::string likely() const override {
    const std::int64_t size = std::ssize(objective_.subset);
    if (fewest_steps_ > size) return "";
    return only_verdict_ ? cpu::likely_where_undecided(size, fewest_steps_)
                         : cpu::likely_statement(size, fewest_steps_);
  }

  std::int64_t points_per_tile() const override {
    // About a quarter of a second at a few TFLOP/s.
    const double work = 14.0 * static_cast<double>(data_.stride) *
                        static_cast<double>(data_.parameters) * static_cast<double>(limits_.steps);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(1e12 / work), 64, 65536);
  }

  void evaluate(std::span<const double> coordinates, std::int64_t points,
                ValueTable& table) override {
    cpu::make_columns(objective_, quantities_, points, 1, table);
    Group& group = ready();
    if (start_.empty()) find_start(group);
    const auto axes = static_cast<std::size_t>(slice_.axes());
    for (std::int64_t first = 0; first < points; first += group.size) {
      const std::int64_t count = std::min(group.size, points - first);
      const auto rows = coordinates.subspan(static_cast<std::size_t>(first) * axes,
                                            static_cast<std::size_t>(count) * axes);
      if (only_verdict_) {
        verdicts_at(group, rows, count, first, table);
      } else {
        at(group, rows, count, first, table);
      }
    }
  }

 private:
  Group& ready() {
    if (group_) return *group_;
    const PassInput<double> input{data_, network_, context_};
    if (points_ == 0) {
      const std::int64_t size = static_cast<std::int64_t>(objective_.subset.size());
      const std::int64_t vectors =
          (2 * data_.parameters + 8) * static_cast<std::int64_t>(sizeof(double));
      points_ = points_per_group(HessianVector::bytes_per_point(objective_, data_, 1) +
                                 BatchedLanczos::bytes_per_point(size, limits_.steps) +
                                 factors_.bytes_per_point(false) + vectors +
                                 (known_ ? KnownDirections::bytes_per_point(data_.parameters) : 0));
    }
    try {
      group_.emplace(objective_, input, slice_, limits_, factors_, points_);
      if (known_) known_->reserve(points_);
    } catch (const OutOfMemory&) {
      group_.reset();
      points_ = std::max<std::int64_t>(1, points_ / 2);
      throw;
    }
    return *group_;
  }

  std::vector<cpu::RitzPairs> ritz_pairs(Group& group, BatchedLanczos& lanczos,
                                         std::span<const double> coordinates, std::int64_t points,
                                         std::span<const double> below = {}) {
    coordinates_.reserve(static_cast<std::int64_t>(coordinates.size()));
    coordinates_.upload(coordinates, context_.queue());
    group.product.set_points({coordinates_.data(), slice_.axes()}, points);
    const std::int64_t size = group.product.size();
    return lanczos.run(
        [&](const double* vectors, std::int64_t stride, double* products) {
          group.product.apply(vectors, {stride, 0}, 1, products, {size, 0});
        },
        start_, points, below);
  }

  void find_start(Group& group) {
    const std::int64_t size = group.product.size();
    BatchedLanczos lanczos(size, 1,
                           only_verdict_ ? cpu::origin_limits(objective_, most_steps_) : limits_,
                           context_.queue());
    start_ = cpu::first_start(size);
    const std::vector<double> origin(static_cast<std::size_t>(slice_.axes()), 0.0);
    if (std::isnan(ritz_pairs(group, lanczos, origin, 1).front().smallest)) return;
    std::vector<double> ends[2];
    for (int end = 0; end < 2; ++end) {
      ends[end].resize(static_cast<std::size_t>(size));
      lanczos.vectors(end).download(ends[end], context_.queue());
    }
    if (known_) {
      std::vector<double> direction(slice_.origin.size(), 0.0);
      for (std::size_t i = 0; i < ends[0].size(); ++i) {
        direction[static_cast<std::size_t>(objective_.subset[i])] = ends[0][i];
      }
      known_->add_eigenvector(direction);
    }
    cpu::start_from(ends[0], ends[1], start_);
  }

  /// Along the smallest Ritz vectors of the last run.
  std::vector<cpu::ValueWithError> rayleigh_of(Group& group, std::span<const double> coordinates,
                                               std::int64_t points) {
    kernels::scatter_directions(
        {group.lanczos.vectors(0).data(), group.product.size(), subset_.data(),
         group.product.size(), data_.parameters, group.directions.vector.data(),
         group.directions.magnitude.data(), group.directions.square.data()},
        points, context_.queue());
    return group.directional.rayleigh(coordinates, points, group.directions);
  }

  void at(Group& group, std::span<const double> coordinates, std::int64_t points,
          std::int64_t first, ValueTable& table) {
    const std::vector<cpu::RitzPairs> ritz = ritz_pairs(group, group.lanczos, coordinates, points);
    const std::vector<cpu::ValueWithError> rayleigh = rayleigh_of(group, coordinates, points);
    const std::vector<double> errors = group.directional.product_errors(coordinates, points);
    const std::int64_t size = group.product.size();
    const bool with_vectors = quantities_.contains(Quantity::min_eigenvector);
    std::vector<double> vectors(with_vectors ? static_cast<std::size_t>(points * size) : 0);
    group.lanczos.vectors(0).download(vectors, context_.queue());
    for (std::size_t p = 0; p < ritz.size(); ++p) {
      cpu::PointCurvature curvature;
      cpu::matrix_free_curvature(ritz[p], size, rayleigh[p], errors[p], curvature);
      if (!std::isnan(ritz[p].smallest)) fewest_steps_ = std::min(fewest_steps_, ritz[p].steps);
      if (with_vectors && !std::isnan(curvature.min_eigenvalue)) {
        const double* const from = vectors.data() + static_cast<std::int64_t>(p) * size;
        curvature.vector.assign(from, from + size);
      }
      cpu::store(objective_, curvature, first + static_cast<std::int64_t>(p), table);
    }
  }

  /// The stages of cpu::MatrixFreeVerdicts: what one settles leaves the group.
  void verdicts_at(Group& group, std::span<const double> coordinates, std::int64_t points,
                   std::int64_t first, ValueTable& table) {
    std::vector<cpu::PointCurvature> curvatures(static_cast<std::size_t>(points));
    Selection left = known_->settle(group.directional, coordinates, curvatures);
    std::vector<double> below;
    if (!left.points.empty()) {
      below = group.directional.product_errors(left.coordinates, left.count());
    }
    for (double& value : below) value = cpu::promising_ritz_value(value);
    while (!left.points.empty()) {
      left = settle_by_ritz_values(group, left, below, curvatures);
      below.assign(left.points.size(), -std::numeric_limits<double>::infinity());
    }
    for (std::size_t p = 0; p < curvatures.size(); ++p) {
      cpu::store(objective_, curvatures[p], first + static_cast<std::int64_t>(p), table);
    }
  }

  /// Returns those that stopped too soon: whose proof takes more than the promise.
  Selection settle_by_ritz_values(Group& group, const Selection& left,
                                  std::span<const double> below,
                                  std::vector<cpu::PointCurvature>& curvatures) {
    const std::vector<cpu::RitzPairs> ritz =
        ritz_pairs(group, group.lanczos, left.coordinates, left.count(), below);
    const std::vector<cpu::ValueWithError> rayleigh =
        rayleigh_of(group, left.coordinates, left.count());
    const auto axes = static_cast<std::size_t>(slice_.axes());
    Selection again;
    for (std::size_t k = 0; k < ritz.size(); ++k) {
      if (std::isnan(ritz[k].smallest)) continue;
      cpu::PointCurvature& curvature = curvatures[left.points[k]];
      if (rayleigh[k].surely_negative()) {
        curvature.verdict = Verdict::not_convex;
        curvature.settled_by = SettledBy::lanczos;
      } else if (ritz[k].smallest < below[k]) {
        again.add(left.points[k], std::span(left.coordinates).subspan(k * axes, axes));
      } else {
        fewest_steps_ = std::min(fewest_steps_, ritz[k].steps);
      }
    }
    return again;
  }

  const Objective& objective_;
  const NetworkData<double>& data_;
  const DeviceContext& context_;
  const Slice slice_;
  const QuantitySet quantities_;
  const bool only_verdict_;
  const std::int64_t most_steps_;
  const cpu::LanczosLimits limits_;
  NetworkSlice<double> network_;
  SampleFactors factors_;
  DeviceBuffer<std::int64_t> subset_;
  DeviceBuffer<double> coordinates_;
  std::vector<double> start_;
  std::int64_t fewest_steps_ = std::numeric_limits<std::int64_t>::max();  ///< at any point
  std::int64_t points_ = 0;                                               ///< of a group
  std::optional<Group> group_;
  std::optional<KnownDirections> known_;  ///< where the verdict is all that is asked for
};

}  // namespace

std::unique_ptr<CurvaturePass> make_matrix_free_pass(
    const Objective& objective, const NetworkData<double>& data, const DeviceContext& context,
    const Slice& slice, const QuantitySet& quantities, const EvaluationOptions& options) {
  cpu::require_matrix_free(objective, quantities);
  return std::make_unique<MatrixFreePass>(objective, data, context, slice, quantities, options);
}

}  // namespace convexscan::cuda
