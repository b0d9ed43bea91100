// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/kink_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/slope_difference.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/rounding.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t columns = SampleLine::columns;

/// How far beyond its ends, relative to its length, a way is looked at. A place that counts is
/// known four times as well, so that what is on a point of the grid lies inside.
constexpr double margin = 4.0 * SampleLine::widest_place;

/// How near to a drop, relative to the length, slopes are taken that prove it: where that is less
/// than the drop, what the slope rises by on the way hides it.
constexpr double nearest = 0x1p-38;

}  // namespace

GridStep::GridStep(const Objective& objective, const NetworkSlice<double>& network,
                   const SliceMagnitudes& magnitudes, const Slice& slice)
    : objective_(objective),
      network_(network),
      slice_(slice),
      here_(network, magnitudes),
      there_(network, magnitudes),
      lost_(network.data.task, slice) {
  for (const std::vector<double>& direction : slice.directions) {
    double size = 0.0;
    for (const double d : direction) size += std::fabs(d);
    sizes_.push_back(size);
  }
}

double GridStep::mass(const double* point, int axis, double next) {
  const double beyond = margin * (next - point[axis]);
  double begin[2] = {point[0], network_.axes > 1 ? point[1] : 0.0};
  double end[2] = {begin[0], begin[1]};
  begin[axis] = point[axis] - beyond;
  end[axis] = next + beyond;
  length_ = end[axis] - begin[axis];
  from_ = point[axis] - 0.5 * beyond - begin[axis];
  to_ = next - 0.5 * beyond - begin[axis];
  next_ = next - begin[axis];
  const double size = sizes_[static_cast<std::size_t>(axis)];
  underflow_ = 2.0 * std::max(lost_.along(begin, size), lost_.along(end, size));
  here_.set(begin, axis, length_);
  there_.set(end, axis, 0.0);
  crossings_.clear();
  if (!find_crossings()) return nan;
  locate();
  measure();
  add_penalty_kinks(begin, axis);
  return negative_part({begin, axis});
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
/// change of weights (Dowell & Jarratt 1971), many crossings at once, each step at least as long as
/// places are told apart, so that the bracket closes from both sides; halving where one side is
/// exactly zero, as behind a unit that is switched off, and where z is so flat that it takes long.
void GridStep::locate() {
  std::vector<Crossing*> deep;
  for (Crossing& crossing : crossings_) {
    crossing.at.place = length_ * (crossing.first / (crossing.first - crossing.last));
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
    brackets.push_back({0.0, length_, c->first, c->last});
    at.push_back(c->at);
  }
  constexpr int quick = 40;  // rounds; halving takes some 50
  const double resolution = 4.0 * shared::unit_roundoff * length_;
  for (int round = 0; round < 3 * quick; ++round) {
    bool all_done = true;
    for (std::size_t k = 0; k < block.size(); ++k) {
      Bracket& b = brackets[k];
      if (b.done) continue;
      const double secant = b.low + (b.high - b.low) * (b.at_low / (b.at_low - b.at_high));
      const bool inside =
          round < quick && b.at_low != 0.0 && b.at_high != 0.0 && secant > b.low && secant < b.high;
      b.done = b.high - b.low <= 3.0 * resolution;
      at[k].place = b.done || !inside ? 0.5 * (b.low + b.high)
                                      : std::clamp(secant, b.low + resolution, b.high - resolution);
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
std::vector<GridStep::SampleJump> GridStep::together(std::vector<SampleJump> apart) const {
  const double one_place = SampleLine::same_place * length_;
  std::vector<SampleJump> merged;
  for (SampleJump& one : apart) {
    SampleJump* const last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && last->at.sample == one.at.sample && is_known(last->jump.place_error) &&
        is_known(one.jump.place_error) &&
        one.at.place - (last->at.place + last->width) <=
            2.0 * (one_place + last->jump.place_error + one.jump.place_error)) {
      last->flips.insert(last->flips.end(), one.flips.begin(), one.flips.end());
      last->width = one.at.place + one.width - last->at.place;
      last->measured = false;
    } else {
      merged.push_back(std::move(one));
    }
  }
  return merged;
}

void GridStep::measure() {
  std::ranges::sort(crossings_, [](const Crossing& a, const Crossing& b) {
    return a.at.sample != b.at.sample ? a.at.sample < b.at.sample : a.at.place < b.at.place;
  });
  std::vector<SampleJump> found;
  for (const Crossing& crossing : crossings_) found.push_back({crossing.at, {crossing.flip}});
  found = together(std::move(found));
  measure_blocks(found);
  found = together(std::move(found));  // now that it is known how well the places are
  measure_blocks(found);
  const double divisor = shared::loss_divisor(network_.data.task);
  jumps_.clear();
  for (const SampleJump& one : found) {
    const double place = one.at.place;
    const double error = one.jump.place_error;
    if (!is_known(error)) continue;
    jumps_.push_back({place, place - error, place + one.width + error, one.jump.value / divisor,
                      one.jump.error / divisor});
  }
}

void GridStep::measure_blocks(std::vector<SampleJump>& all) {
  std::vector<SampleJump*> block;
  const auto flush = [&] {
    std::vector<LineColumn> at;
    std::vector<std::vector<KinkFlip>> flips;
    for (const SampleJump* one : block) {
      at.push_back(one->at);
      flips.push_back(one->flips);
    }
    std::vector<SlopeJump> found(block.size());
    here_.evaluate(at);
    here_.jumps(at, flips, found);
    for (std::size_t k = 0; k < block.size(); ++k) {
      block[k]->jump = found[k];
      block[k]->measured = true;
    }
    block.clear();
  };
  for (SampleJump& one : all) {
    if (one.measured) continue;
    block.push_back(&one);
    if (static_cast<std::int64_t>(block.size()) == columns) flush();
  }
  if (!block.empty()) flush();
}

/// |d| has a kink at d = 0, and |d|^p, p < 1, an infinitely sharp one; neither drops.
void GridStep::add_penalty_kinks(const double* begin, int axis) {
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
  const std::vector<double> from = slice_.at({begin, axes});
  const std::vector<double>& direction = slice_.directions[static_cast<std::size_t>(axis)];
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double centre = penalty.centre.empty() ? 0.0 : penalty.centre[i];
    const double place = (centre - from[i]) / direction[i];
    if (!(place >= 0.0 && place <= length_)) continue;
    double size = std::fabs(slice_.origin[i]) + std::fabs(centre);
    for (std::size_t j = 0; j < axes; ++j) size += std::fabs(begin[j] * slice_.directions[j][i]);
    const double jump = 2.0 * strength * std::fabs(direction[i]);
    const double error = 8.0 * shared::unit_roundoff * size / std::fabs(direction[i]);
    if (!is_known(error)) continue;
    jumps_.push_back({place, place - error, place + error, jump,
                      std::isfinite(jump) ? 8.0 * shared::unit_roundoff * jump : 0.0});
  }
}

void GridStep::Jump::add(const Jump& other) {
  place = std::min(place, other.place);
  high = std::max(high, other.high);
  value += other.value;
  error += other.error;
}

bool GridStep::is_known(double place_error) const {
  return place_error <= SampleLine::widest_place * length_;
}

/// Jumps whose places may be one are added before they count. That the slope drops at all is
/// proved by other means, at one of the largest drops: units that were not seen to change sign may
/// hide in the sums.
double GridStep::negative_part(SliceLine line) {
  std::vector<Jump> places;  // all that is at one place
  std::ranges::stable_sort(jumps_, {}, &Jump::low);
  const double one_place = SampleLine::same_place * length_;
  for (const Jump& jump : jumps_) {
    if (places.empty() || jump.low > places.back().high + one_place) {
      places.push_back(jump);
    } else {
      places.back().add(jump);
    }
  }
  std::erase_if(places, [&](const Jump& jump) {
    return !(jump.place >= from_ && jump.place < to_ && jump.value < -jump.error);
  });
  std::ranges::stable_sort(places, {}, &Jump::value);
  constexpr std::size_t attempts = 4;
  for (std::size_t k = 0; k < std::min(attempts, places.size()); ++k) {
    if (!is_proved(line, places[k])) continue;
    double mass = 0.0;
    for (; k < places.size(); ++k) mass += places[k].value;
    return mass;
  }
  return 0.0;
}

/// Beside the place by twice what it is uncertain by, and a little further, until nothing is on its
/// kink there; but not beyond the way. A difference of another size is not the kink's.
bool GridStep::is_proved(SliceLine line, const Jump& jump) {
  double aside = 2.0 * (jump.high - jump.low) + nearest * length_;
  constexpr int attempts = 3;
  for (int k = 0; k < attempts; ++k, aside *= 16.0) {
    const double before = jump.low - aside;
    const double behind = jump.high + aside;
    if (before < 0.0 || behind > next_) break;
    const shared::BoundedValue slope =
        slope_difference(here_, objective_, network_.data, slice_, line, before, behind);
    const bool drops = slope.value < -(slope.error + underflow_);
    if (drops && std::fabs(slope.value - jump.value) <= 0.5 * std::fabs(jump.value)) return true;
  }
  return false;
}

}  // namespace convexscan::cpu
