// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/kink_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/loss_divisor.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t columns = SampleLine::columns;

/// Places that differ by less, relative to the step, are one: an order of magnitude or more above
/// what rounding does to a place.
constexpr double same_place = 0x1p-40;

}  // namespace

GridStep::GridStep(const Objective& objective, const NetworkSlice<double>& network,
                   const SliceMagnitudes& magnitudes, const Slice& slice)
    : objective_(objective),
      network_(network),
      slice_(slice),
      here_(network, magnitudes),
      there_(network, magnitudes) {
  std::int64_t roundings = 0;
  for (const LayerPlan<double>& layer : network.data.layers) roundings += layer.inputs + 8;
  // Value, tangent and jump each go through all of it; twice, for the place's own rounding.
  relative_error_ = 2.0 * shared::gamma_bound(3 * roundings);
}

double GridStep::mass(const double* point, int axis, double next) {
  double end[2] = {point[0], network_.axes > 1 ? point[1] : 0.0};
  end[axis] = next;
  step_ = next - point[axis];
  here_.set(point, axis, step_);
  there_.set(end, axis, 0.0);
  crossings_.clear();
  if (!find_crossings()) return nan;
  locate();
  measure();
  add_penalty_kinks(point, end, axis);
  std::ranges::stable_sort(jumps_, {}, &Jump::place);
  return negative_part();
}

bool GridStep::find_crossings() {
  const NetworkData<double>& data = network_.data;
  for (std::int64_t start = 0; start < data.samples; start += columns) {
    const std::int64_t count = std::min(columns, data.samples - start);
    std::vector<LineColumn> at;
    for (std::int64_t c = 0; c < count; ++c) at.push_back({start + c, 0.0});
    here_.evaluate(at);
    there_.evaluate(at);
    for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
      const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
      const bool kinked = kink_slopes(layer.activation, layer.slope).kinked();
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        for (std::int64_t c = 0; c < count; ++c) {
          const double a = here_.z(l)[o * columns + c];
          const double b = there_.z(l)[o * columns + c];
          if (!std::isfinite(a) || !std::isfinite(b)) return false;
          if (kinked && (a > 0.0) != (b > 0.0)) {
            crossings_.push_back({{start + c, 0.0}, {l, o, b > 0.0}, a, b});
          }
        }
      }
    }
  }
  return true;
}

/// The first layer's z is affine on the way. For the others: regula falsi with the Illinois
/// change of weights (Dowell & Jarratt 1971), many crossings at once; halving where one side is
/// exactly zero, as behind a unit that is switched off.
void GridStep::locate() {
  std::vector<Crossing*> deep;
  for (Crossing& crossing : crossings_) {
    crossing.at.place = step_ * (crossing.first / (crossing.first - crossing.last));
    if (crossing.flip.layer > 0) deep.push_back(&crossing);
  }
  for (std::size_t first = 0; first < deep.size(); first += columns) {
    locate_block(
        std::span(deep).subspan(first, std::min<std::size_t>(columns, deep.size() - first)));
  }
}

void GridStep::locate_block(std::span<Crossing* const> block) {
  struct Bracket {
    double low, high, at_low, at_high;
    bool done = false;
  };
  std::vector<Bracket> brackets;
  std::vector<LineColumn> at;
  for (const Crossing* c : block) {
    brackets.push_back({0.0, step_, c->first, c->last});
    at.push_back(c->at);
  }
  constexpr int most = 100;
  const double resolution = 4.0 * shared::unit_roundoff * step_;
  for (int round = 0; round < most; ++round) {
    bool all_done = true;
    for (std::size_t k = 0; k < block.size(); ++k) {
      Bracket& b = brackets[k];
      if (b.done) continue;
      const double secant = b.low + (b.high - b.low) * (b.at_low / (b.at_low - b.at_high));
      const bool inside = b.at_low != 0.0 && b.at_high != 0.0 && secant > b.low && secant < b.high;
      const double next = inside ? secant : 0.5 * (b.low + b.high);
      b.done = (round > 0 && inside && std::fabs(next - at[k].place) <= resolution) ||
               b.high - b.low <= resolution;
      at[k].place = next;
      all_done = all_done && b.done;
    }
    if (all_done) break;
    here_.evaluate(at);
    for (std::size_t k = 0; k < block.size(); ++k) {
      Bracket& b = brackets[k];
      if (b.done) continue;
      const KinkFlip& flip = block[k]->flip;
      const double z = here_.z(flip.layer)[flip.unit * columns + static_cast<std::int64_t>(k)];
      const bool beyond = (z > 0.0) == flip.up;
      (beyond ? b.high : b.low) = at[k].place;
      (beyond ? b.at_high : b.at_low) = z;
      (beyond ? b.at_low : b.at_high) *= 0.5;
    }
  }
  for (std::size_t k = 0; k < block.size(); ++k) block[k]->at.place = at[k].place;
}

/// Units of one sample that flip at one place are one jump: what lies behind depends on all.
void GridStep::measure() {
  jumps_.clear();
  std::ranges::sort(crossings_, [](const Crossing& a, const Crossing& b) {
    return a.at.sample != b.at.sample ? a.at.sample < b.at.sample : a.at.place < b.at.place;
  });
  std::vector<LineColumn> at;
  std::vector<std::vector<KinkFlip>> flips;
  const auto flush = [&] {
    std::vector<SlopeJump> found(at.size());
    here_.evaluate(at);
    here_.jumps(at, flips, found);
    const double divisor = shared::loss_divisor(network_.data.task);
    for (std::size_t k = 0; k < at.size(); ++k) {
      jumps_.push_back(
          {at[k].place, found[k].value / divisor, relative_error_ * found[k].size / divisor});
    }
    at.clear();
    flips.clear();
  };
  for (const Crossing& crossing : crossings_) {
    const bool same = !at.empty() && at.back().sample == crossing.at.sample &&
                      crossing.at.place - at.back().place <= same_place * step_;
    if (!same) {
      if (static_cast<std::int64_t>(at.size()) == columns) flush();
      at.push_back(crossing.at);
      flips.emplace_back();
    }
    flips.back().push_back(crossing.flip);
  }
  if (!at.empty()) flush();
}

/// |d| has a kink at d = 0, and |d|^p, p < 1, an infinitely sharp one; neither drops.
void GridStep::add_penalty_kinks(const double* point, const double* end, int axis) {
  const Penalty& penalty = objective_.penalty;
  double strength = 0.0;
  for (const PenaltyTerm& term : penalty.terms) {
    const bool power = term.kind == PenaltyTerm::Kind::lp;
    if (power && term.exponent < 1.0 && term.value > 0.0) {
      strength = std::numeric_limits<double>::infinity();
    } else if (term.kind == PenaltyTerm::Kind::l1 || (power && term.exponent == 1.0)) {
      strength += term.value;
    }
  }
  if (strength == 0.0) return;
  const auto axes = static_cast<std::size_t>(network_.axes);
  const std::vector<double> from = slice_.at({point, axes});
  const std::vector<double> to = slice_.at({end, axes});
  const std::vector<double>& direction = slice_.directions[static_cast<std::size_t>(axis)];
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double centre = penalty.centre.empty() ? 0.0 : penalty.centre[i];
    const double a = from[i] - centre;
    const double b = to[i] - centre;
    if ((a > 0.0) == (b > 0.0)) continue;
    const double jump = 2.0 * strength * std::fabs(direction[i]);
    jumps_.push_back({step_ * (a / (a - b)), jump,
                      std::isfinite(jump) ? 8.0 * shared::unit_roundoff * jump : 0.0});
  }
}

double GridStep::negative_part() const {
  double mass = 0.0;
  for (std::size_t first = 0; first < jumps_.size();) {
    double sum = 0.0;
    double error = 0.0;
    std::size_t k = first;
    for (; k < jumps_.size() &&
           (k == first || jumps_[k].place - jumps_[k - 1].place <= same_place * step_);
         ++k) {
      sum += jumps_[k].value;
      error += jumps_[k].error;
    }
    if (sum < -error) mass += sum;
    first = k;
  }
  return mass;
}

}  // namespace convexscan::cpu
