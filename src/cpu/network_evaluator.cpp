// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/network_evaluator.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "cpu/blas.hpp"
#include "cpu/curvature_pass.hpp"
#include "cpu/gradient.hpp"
#include "cpu/moved_tail.hpp"
#include "cpu/nearby_tanh.hpp"
#include "cpu/plane_lines.hpp"
#include "cpu/point_curvature.hpp"
#include "cpu/quadratic_loss.hpp"
#include "cpu/tile.hpp"
#include "shared/compensated_sum.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/loss_path.hpp"
#include "shared/penalty_sums.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {
namespace {

double accuracy_divisor(const NetworkTask& task) {
  return static_cast<double>(task.samples) * (task.accuracy == Accuracy::sign_of_output
                                                  ? static_cast<double>(task.model.outputs())
                                                  : 1.0);
}

/// Of the points along the first axis; those of a plane without a grid are taken as far apart. On a
/// line without one it is that of segments, whose bits it has.
double spacing(const Slice& slice, const EvaluationOptions& options) {
  if (options.grid.size() == static_cast<std::size_t>(slice.axes()) && slice.axes() > 0) {
    return options.grid[0].spacing();
  }
  return slice.axes() == 1 ? usual_spacing : infinity;
}

template <class Real>
class NetworkEvaluator final : public Evaluator {
 public:
  NetworkEvaluator(const Objective& objective, const NetworkData<Real>& data, const Slice& slice,
                   const QuantitySet& quantities, const EvaluationOptions& options)
      : objective_(objective),
        data_(data),
        slice_(slice),
        tail_(data),
        moved_(tail_.set(slice)),
        quadratic_(quadratic_loss(moved_)),
        lines_(PlaneLines<Real>::of(data_, slice_, options)),
        nearby_(NearbyTanh<Real>::of(moved_, spacing(slice, options))),
        quantities_(quantities),
        deep_begin_(moved_.deep_begin()) {
    if (!tail_.is_whole() && quantities.contains(Quantity::gradient_norm)) {
      whole_.emplace(data, slice);
    }
    // Eigenvalues are float64 whatever the precision.
    if constexpr (std::is_same_v<Real, double>) {
      curvature_ = make_curvature_pass(objective, data, slice, quantities, options);
    } else if (needs_curvature(quantities)) {
      double_data_.emplace(*objective.network());
      curvature_ = make_curvature_pass(objective, *double_data_, slice, quantities, options);
    }
  }

  std::int64_t points_per_tile() const override {
    // About a quarter of a second at a few GFLOP/s, and enough for every thread.
    const std::int64_t weights = whole_ ? whole_->parameters : moved_.parameters - deep_begin_;
    const double work =
        2.0 * static_cast<double>(data_.stride) * static_cast<double>(weights + 200);
    const std::int64_t points = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(2e9 / work), std::int64_t{4} * omp_get_max_threads(), 65536);
    return curvature_ ? std::min(points, curvature_->points_per_tile()) : points;
  }

  EigensolverChoice eigensolver() const override {
    return curvature_ ? curvature_->eigensolver() : EigensolverChoice{};
  }

  std::string loss_path() const override {
    if (!quantities_.contains(Quantity::loss)) return "";
    if (lines_) {
      return shared::loss_path(data_.task.model, moved_.data.task.model,
                               {lines_->first(), lines_->quadratic()});
    }
    return shared::loss_path(data_.task.model, moved_.data.task.model, {0, quadratic_.has_value()});
  }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table;
    const auto has = [&](Quantity quantity) { return quantities_.contains(quantity); };
    const auto column = [&](Quantity quantity, std::int64_t components) -> std::span<double> {
      if (!has(quantity)) return {};
      Values& values = table[quantity];
      values.components = components;
      values.data.resize(static_cast<std::size_t>(points * components));
      return values.data;
    };
    const auto loss = column(Quantity::loss, 1);
    const auto accuracy = column(Quantity::accuracy, 1);
    const auto norm = column(Quantity::gradient_norm, 1);
    const auto curvature = column(Quantity::plane_hessian, 3);
    if (!loss.empty() || !accuracy.empty()) losses(coordinates, points, loss, accuracy);
    if (!curvature.empty()) plane_hessians(coordinates, points, curvature);
    if (!norm.empty()) gradient_norms(coordinates, points, norm);
    if (curvature_) curvature_->evaluate(coordinates, points, table);
    return table;
  }

 private:
  const double* at(std::span<const double> coordinates, std::int64_t point) const {
    return coordinates.data() + point * moved_.axes;
  }

  /// Calls work(first, last, deep, …) for blocks of points; deep holds their deep parameters, made
  /// once and used for every tile of samples while they are in the cache. Own is what else a thread
  /// keeps.
  template <class Own, class Work>
  void for_point_blocks(std::span<const double> coordinates, std::int64_t points, int components,
                        Work&& work) const {
    const std::int64_t deep = moved_.parameters - deep_begin_;
    const std::int64_t threads = omp_get_max_threads();
    const std::int64_t block =
        std::clamp<std::int64_t>(points / (4 * threads), 1, moved_.points_in_cache());
    const std::int64_t blocks = (points + block - 1) / block;
#pragma omp parallel
    {
      TileWorkspace<Real> workspace(moved_.data, components);
      Aligned<Real> weights(static_cast<std::size_t>(std::max<std::int64_t>(block * deep, 1)));
      Own own;
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t b = 0; b < blocks; ++b) {
        const std::int64_t first = b * block;
        const std::int64_t last = std::min(points, first + block);
        for (std::int64_t p = first; p < last; ++p) {
          moved_.weights_at(at(coordinates, p), deep_begin_, weights.data() + (p - first) * deep);
        }
        work(first, last, weights.data(), deep, workspace, own);
      }
    }
  }

  void losses(std::span<const double> coordinates, std::int64_t points, std::span<double> loss,
              std::span<double> accuracy) const {
    if (quadratic_ && !loss.empty()) {
#pragma omp parallel for
      for (std::int64_t p = 0; p < points; ++p) {
        const double* const c = at(coordinates, p);
        loss[static_cast<std::size_t>(p)] =
            quadratic_->at(c) / shared::loss_divisor(data_.task) +
            shared::penalty_jet(objective_.penalty, slice_, c).value;
      }
      loss = {};
      if (accuracy.empty()) return;
    }
    if (lines_) return sums_by_lines(coordinates, loss, accuracy);
    const std::int64_t tiles = data_.stride / tile_samples;
    struct Own {
      std::vector<shared::CompensatedSum> sum;
      std::vector<double> correct;
      typename NearbyTanh<Real>::Kept kept;
    };
    for_point_blocks<Own>(
        coordinates, points, 1,
        [&](std::int64_t first, std::int64_t last, const Real* weights, std::int64_t deep,
            TileWorkspace<Real>& workspace, Own& own) {
          auto& [sum, correct, kept] = own;
          sum.assign(static_cast<std::size_t>(last - first), {});
          correct.assign(sum.size(), 0.0);
          kept.tile = -1;
          for (std::int64_t tile = 0; tile < tiles; ++tile) {
            for (std::int64_t p = first; p < last; ++p) {
              const auto i = static_cast<std::size_t>(p - first);
              const double* const c = at(coordinates, p);
              const bool activated = nearby_ && nearby_->activate(c, tile, kept, workspace.node(1));
              const TileSums sums = tile_loss(moved_, c, weights + (p - first) * deep, tile,
                                              activated, !accuracy.empty(), workspace);
              sum[i].add(sums.loss);
              correct[i] += sums.correct;
            }
          }
          for (std::int64_t p = first; p < last; ++p) {
            const auto i = static_cast<std::size_t>(p - first);
            const auto to = static_cast<std::size_t>(p);
            if (!loss.empty()) {
              loss[to] = sum[i].value() / shared::loss_divisor(data_.task) +
                         shared::penalty_jet(objective_.penalty, slice_, at(coordinates, p)).value;
            }
            if (!accuracy.empty()) {
              accuracy[to] = correct[i] / accuracy_divisor(data_.task);
            }
          }
        });
  }

  void sums_by_lines(std::span<const double> coordinates, std::span<double> loss,
                     std::span<double> accuracy) const {
    const std::vector<TileSums> sums = lines_->sums(coordinates, !accuracy.empty());
#pragma omp parallel for
    for (std::size_t p = 0; p < sums.size(); ++p) {
      const double* const c = coordinates.data() + 2 * p;
      if (!loss.empty()) {
        loss[p] = sums[p].loss / shared::loss_divisor(data_.task) +
                  shared::penalty_jet(objective_.penalty, slice_, c).value;
      }
      if (!accuracy.empty()) accuracy[p] = sums[p].correct / accuracy_divisor(data_.task);
    }
  }

  void plane_hessians(std::span<const double> coordinates, std::int64_t points,
                      std::span<double> curvature) const {
    if (moved_.axes == 0) {  // nothing to derive along
      std::fill(curvature.begin(), curvature.end(), 0.0);
      return;
    }
    const std::int64_t tiles = data_.stride / tile_samples;
    const double divisor = shared::loss_divisor(data_.task);
    struct Nothing {};
    for_point_blocks<Nothing>(coordinates, points, jet_components(moved_.axes),
                              [&](std::int64_t first, std::int64_t last, const Real* weights,
                                  std::int64_t deep, TileWorkspace<Real>& workspace, Nothing&) {
                                for (std::int64_t p = first; p < last; ++p) {
                                  shared::CompensatedSum sum[3];
                                  for (std::int64_t tile = 0; tile < tiles; ++tile) {
                                    const TileJets jets =
                                        tile_jets(moved_, at(coordinates, p),
                                                  weights + (p - first) * deep, tile, workspace);
                                    for (int c = 0; c < 3; ++c) sum[c].add(jets.curvature[c]);
                                  }
                                  const shared::PenaltyJet penalty = shared::penalty_jet(
                                      objective_.penalty, slice_, at(coordinates, p));
                                  for (int c = 0; c < 3; ++c) {
                                    curvature[static_cast<std::size_t>(3 * p + c)] =
                                        sum[c].value() / divisor + penalty.curvature[c];
                                  }
                                }
                              });
  }

  void gradient_norms(std::span<const double> coordinates, std::int64_t points,
                      std::span<double> norm) const {
    const SingleThreadedBlas single;
    const NetworkSlice<Real>& network = whole_ ? *whole_ : moved_;
    const auto size = static_cast<std::size_t>(network.parameters);
    const double divisor = shared::loss_divisor(data_.task);
#pragma omp parallel
    {
      GradientWorkspace<Real> workspace(data_);
      Aligned<Real> weights(size);
      Aligned<Real> partial(size);
      std::vector<double> gradient(size);
      std::vector<double> penalty(size);
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t p = 0; p < points; ++p) {
        network.weights_at(at(coordinates, p), 0, weights.data());
        std::fill(gradient.begin(), gradient.end(), 0.0);
        for (std::int64_t b = 0; b < gradient_blocks(data_.samples); ++b) {
          block_gradient(network, at(coordinates, p), weights.data(), b, workspace, partial.data());
          for (std::size_t i = 0; i < size; ++i) gradient[i] += static_cast<double>(partial[i]);
        }
        std::fill(penalty.begin(), penalty.end(), 0.0);
        if (!objective_.penalty.empty()) {
          const std::vector<double> theta =
              slice_.at({at(coordinates, p), static_cast<std::size_t>(network.axes)});
          shared::add_penalty_gradient(objective_.penalty, theta, penalty);
        }
        shared::CompensatedSum squares;
        for (const std::int64_t i : objective_.subset) {
          const auto k = static_cast<std::size_t>(i);
          const double g = gradient[k] / divisor + penalty[k];
          squares.add(g * g);
        }
        norm[static_cast<std::size_t>(p)] = std::sqrt(squares.value());
      }
    }
  }

  const Objective& objective_;
  const NetworkData<Real>& data_;
  const Slice slice_;
  MovedTail<Real> tail_;
  const NetworkSlice<Real>& moved_;          ///< for what needs no derivative in the parameters
  std::optional<NetworkSlice<Real>> whole_;  ///< for gradients, where moved_ is not
  const std::optional<shared::QuadraticLoss> quadratic_;
  const std::optional<PlaneLines<Real>> lines_;
  const std::optional<NearbyTanh<Real>> nearby_;
  const QuantitySet quantities_;
  const std::int64_t deep_begin_;
  std::optional<NetworkData<double>> double_data_;
  std::unique_ptr<CurvaturePass> curvature_;
};

}  // namespace

template <class Real>
std::unique_ptr<Evaluator> make_network_evaluator(const Objective& objective,
                                                  const NetworkData<Real>& data, const Slice& slice,
                                                  const QuantitySet& quantities,
                                                  const EvaluationOptions& options) {
  return std::make_unique<NetworkEvaluator<Real>>(objective, data, slice, quantities, options);
}

template std::unique_ptr<Evaluator> make_network_evaluator(const Objective&,
                                                           const NetworkData<double>&, const Slice&,
                                                           const QuantitySet&,
                                                           const EvaluationOptions&);
template std::unique_ptr<Evaluator> make_network_evaluator(const Objective&,
                                                           const NetworkData<float>&, const Slice&,
                                                           const QuantitySet&,
                                                           const EvaluationOptions&);

}  // namespace convexscan::cpu
