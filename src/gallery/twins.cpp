// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// A permutation of the neurons of a hidden layer, and for an odd activation the change of a
/// neuron's signs, leave the network's function as it is (Hecht-Nielsen 1990; Chen, Lu &
/// Hecht-Nielsen 1993). If the loss were convex it could not rise above a chord between such twins.
/// Between twins that are minima with different functions half way it must: the data here are a
/// network's own outputs, so its weights have loss 0, and the loss is positive wherever the
/// function is another.
///
/// That is about minima. From weights that are none the loss may stay below that of the ends;
/// and when two neurons have the same input weights, v₁σ(z) + v₂σ(z) depends on v₁ + v₂ alone,
/// which swapping them does not change on the way.
namespace convexscan::experiments {
namespace {

const std::vector<double>& column(const SegmentScan& scan, std::string_view name) {
  return std::ranges::find(scan.result.per_segment, name, &DerivedMap::name)->data;
}

/// Between fresh networks and their twins: how often the loss is nowhere above the chord of
/// their ends, and the seed of the pair of these between which it falls the furthest.
struct FreshTwins {
  std::int64_t tried = 0;
  std::int64_t never_above = 0;
  std::uint64_t deepest = 0;
};

FreshTwins fresh_twins(Laboratory& lab, const Subject& subject) {
  FreshTwins found{std::max<std::int64_t>(lab.segments() / 5, 20)};
  const Model& model = subject.objective.network()->model;
  Segments segments{model.parameter_count(), {}};
  for (std::int64_t k = 0; k < found.tried; ++k) {
    const auto seed = static_cast<std::uint64_t>(k);
    const std::vector<double> from = initial_weights(model, {}, seed);
    const std::vector<double> to = twin(model, from, Symmetry::permute, seed).theta;
    segments.ends.insert(segments.ends.end(), from.begin(), from.end());
    segments.ends.insert(segments.ends.end(), to.begin(), to.end());
  }
  const SegmentScan scan = lab.look(subject, segments);
  const std::vector<double>& loss = scan.result.values.at(Quantity::loss).data;
  const std::vector<double>& barrier = column(scan, "barrier");
  const std::vector<double>& least_real = column(scan, "least_real_gap");
  const std::size_t places = scan.result.t.size();
  double depth = 0.0;
  for (std::size_t k = 0; k < barrier.size(); ++k) {
    if (!(barrier[k] <= least_real[k])) continue;
    ++found.never_above;
    const std::span<const double> mine = std::span(loss).subspan(k * places, places);
    const double fall = mine.front() - std::ranges::min(mine);
    if (!(fall > depth)) continue;
    depth = fall;
    found.deepest = k;
  }
  return found;
}

/// The loss between the twins is nowhere above its ends and somewhere below them. The number is how
/// far.
Finding falls_between(Finding::Role role, std::string text, const SegmentsScan& segment) {
  const std::vector<double>& loss = segment.scan.result.values.at(Quantity::loss).data;
  const double fall = loss.front() - std::ranges::min(loss);
  const double bound = segment.scan.least_real;
  const bool above = !(segment.scan.barrier.value <= bound);
  return {role,
          std::move(text),
          above ? Answer::no : is_real(fall, bound),
          "depth of the fall",
          fall,
          bound,
          {},
          segment.file};
}

}  // namespace

GalleryOutcome twins(Laboratory& lab) {
  const NetworkChoice choice{.widths = "2-3-1"};
  const std::vector<double> teacher = normal_numbers(13, 1.0, 401);
  const Subject minimum =
      lab.network(choice, lab.keep("data", taught(64, 2, 3, teacher, 402)), teacher);
  const SegmentsScan swapped = lab.to_twin(
      minimum, "permute", 403, {"swapped", "from a minimum to its twin with two neurons swapped"});
  const SegmentsScan flipped =
      lab.to_twin(minimum, "flip", 404,
                  {"flipped", "from a minimum to its twin with one neuron's signs flipped"});

  const FreshTwins fresh = fresh_twins(lab, minimum);
  const std::string name = fmt::format("fresh-{}", fresh.deepest);
  const Subject deepest =
      lab.at(minimum, initial_weights(minimum.objective.network()->model, {}, fresh.deepest), name);

  // W (3 × 2), b (3), v (3), c: the second neuron gets the input weights and bias of the first.
  std::vector<double> alike = teacher;
  alike[2] = alike[0];
  alike[3] = alike[1];
  alike[7] = alike[6];
  std::vector<double> exchanged = alike;
  std::swap(exchanged[9], exchanged[10]);

  GalleryOutcome outcome;
  outcome.findings = {
      equal_at_the_ends(claim, "two neurons swapped: the same loss", swapped),
      rises_between(claim, "... and the loss rises between the two minima", swapped),
      equal_at_the_ends(claim, "one tanh neuron's signs flipped: the same loss", flipped),
      rises_between(claim, "... and the loss rises between the two minima", flipped),
      falls_between(counter_example,
                    fmt::format("from fresh weights nowhere above its ends in {} of {} twin pairs",
                                fresh.never_above, fresh.tried),
                    lab.to_twin(deepest, "permute", fresh.deepest,
                                {"falls", "between fresh twins the loss is below its ends"})),
      constant_between(counter_example,
                       "two neurons with the same input weights: it stays the same",
                       lab.between(minimum, alike, exchanged,
                                   {"alike", "swapping two neurons with the same input weights"})),
  };
  outcome.conclusion =
      "The loss rises between twins that are strict minima, and that is enough against convexity. "
      "Elsewhere it may be below its ends, or not change.";
  return outcome;
}

}  // namespace convexscan::experiments
