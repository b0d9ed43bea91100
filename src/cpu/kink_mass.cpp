// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/kink_mass.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "convexscan/error.hpp"
#include "cpu/kink_step.hpp"

namespace convexscan::cpu {
namespace {

class WithKinkMass final : public Evaluator {
 public:
  WithKinkMass(std::unique_ptr<Evaluator> rest, const Objective& objective, const Slice& slice,
               const EvaluationOptions& options)
      : rest_(std::move(rest)),
        objective_(objective),
        data_(*objective.network()),
        slice_(slice),
        network_(data_, slice_),
        magnitudes_(network_),
        grid_(options.grid) {
    if (static_cast<int>(grid_.size()) < slice.axes()) {
      throw UsageError("kink_mass is a quantity of the cells of a grid");
    }
  }

  std::int64_t points_per_tile() const override {
    // About a quarter of a second at a few GFLOP/s: four passes, and some at crossings.
    const double work =
        20.0 * static_cast<double>(data_.stride) * static_cast<double>(network_.parameters + 200);
    const auto points = static_cast<std::int64_t>(2e9 / work);
    const std::int64_t threads = omp_get_max_threads();
    return std::min(rest_->points_per_tile(), std::clamp<std::int64_t>(points, threads, 65536));
  }

  EigensolverChoice eigensolver() const override { return rest_->eigensolver(); }

  std::string loss_path() const override { return rest_->loss_path(); }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table = rest_->evaluate(coordinates, points);
    std::vector<double>& mass = table[Quantity::kink_mass].data;
    mass.resize(static_cast<std::size_t>(points));
    while (static_cast<int>(steps_.size()) < omp_get_max_threads()) {
      steps_.push_back(std::make_unique<GridStep>(objective_, network_, magnitudes_, slice_));
    }
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t p = 0; p < points; ++p) {
      mass[static_cast<std::size_t>(p)] =
          cell(coordinates.data() + p * network_.axes,
               *steps_[static_cast<std::size_t>(omp_get_thread_num())]);
    }
    return table;
  }

 private:
  double cell(const double* point, GridStep& step) const {
    double mass = 0.0;
    for (int axis = 0; axis < network_.axes; ++axis) {
      const Axis& grid = grid_[static_cast<std::size_t>(axis)];
      if (grid.count < 2) continue;
      // The neighbour's very coordinate, so that no kink is counted twice or missed between cells.
      const std::int64_t i = std::llround((point[axis] - grid.minimum) / grid.spacing());
      if (i + 1 < grid.count) mass += step.mass(point, axis, grid.at(i + 1));
    }
    return mass;
  }

  std::unique_ptr<Evaluator> rest_;
  const Objective& objective_;
  const NetworkData<double> data_;
  const Slice slice_;
  const NetworkSlice<double> network_;
  const SliceMagnitudes magnitudes_;
  const std::vector<Axis> grid_;
  std::vector<std::unique_ptr<GridStep>> steps_;
};

}  // namespace

std::unique_ptr<Evaluator> with_kink_mass(std::unique_ptr<Evaluator> rest,
                                          const Objective& objective, const Slice& slice,
                                          const EvaluationOptions& options) {
  return std::make_unique<WithKinkMass>(std::move(rest), objective, slice, options);
}

QuantitySet without_kink_mass(QuantitySet quantities) {
  quantities.erase(Quantity::kink_mass);
  return quantities;
}

void refuse_kink_mass(const QuantitySet& quantities) {
  if (!quantities.contains(Quantity::kink_mass)) return;
  throw UsageError("--quantities kink_mass is for networks, not for a --landscape");
}

}  // namespace convexscan::cpu
