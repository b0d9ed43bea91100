// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "convexscan/starts.hpp"
#include "convexscan/weights.hpp"
#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// Choromanska, Henaff, Mathieu, Ben Arous & LeCun (2015) conclude from a spin-glass model, and see
/// in experiments, that the losses at local minima of larger networks lie in a narrow band, and
/// that bad ones become rare. Here networks of growing width are trained from many starts on the
/// outputs of a small network; an end counts as nearly as good as the best of its width when its
/// loss is above it by no more than 1 % of what the best constant has. "Most" is decided by the
/// limits that so many trials allow (Clopper & Pearson 1934): yes when the lower one is above a
/// half.
///
/// It is no theorem about every minimum. A relu layer whose neurons are inactive on all samples has
/// no gradient: the best constant is a local minimum at any width.
namespace convexscan::experiments {
namespace {

using enum Quantity;

/// The ends of many minimisations of one network.
struct Ends {
  std::vector<TrainingResult> all;
  std::int64_t near = 0;             ///< nearly as good as the best
  std::int64_t without_descent = 0;  ///< no eigenvalue below its error bound
  std::size_t best = 0;
  std::size_t worst = 0;
};

/// The mean squared error of the best constant.
double variance(const Dataset& data) {
  double mean = 0.0;
  for (const double y : data.targets) mean += y / static_cast<double>(data.samples);
  double squares = 0.0;
  for (const double y : data.targets) squares += (y - mean) * (y - mean);
  return squares / static_cast<double>(data.samples);
}

Ends ends_of(Laboratory& lab, const Subject& subject, double allowed, const std::string& name,
             std::uint64_t seed) {
  const std::unique_ptr<Backend> backend = lab.backend(subject);
  Ends ends;
  ends.all = train_starts(*backend, subject.objective,
                          fresh_starts(subject.objective, {}, lab.starts(), seed),
                          {.max_iterations = 1000, .gradient_tolerance = 1e-7},
                          [&](std::int64_t, std::int64_t) { return !lab.stopped(); });
  std::vector<double> negative;
  for (const TrainingResult& end : ends.all) {
    negative.push_back(
        backend->point_values(end.theta, 1, {negative_count}).at(negative_count).data.front());
  }
  lab.keep_ends(name, ends.all, {{"negative_count", negative}});
  const auto loss_of = [](const TrainingResult& end) { return end.loss; };
  const auto [best, worst] = std::ranges::minmax_element(ends.all, {}, loss_of);
  ends.best = static_cast<std::size_t>(best - ends.all.begin());
  ends.worst = static_cast<std::size_t>(worst - ends.all.begin());
  ends.near = std::ranges::count_if(
      ends.all, [&](const TrainingResult& end) { return end.loss <= best->loss + allowed; });
  ends.without_descent = std::ranges::count(negative, 0.0);
  return ends;
}

/// Whether more than half of all such ends are nearly as good as the best. The number is the
/// fraction found.
Finding most_are_near(Finding::Role role, std::string text, bool wanted, const Ends& ends,
                      const std::string& file) {
  const auto trials = static_cast<std::int64_t>(ends.all.size());
  const ConfidenceLimits limits = confidence_limits(ends.near, trials, 0.95);
  Answer answer = Answer::undecided;
  if (limits.lower > 0.5) answer = wanted ? Answer::yes : Answer::no;
  if (limits.upper < 0.5) answer = wanted ? Answer::no : Answer::yes;
  return {role,
          std::move(text),
          answer,
          "fraction nearly as good as the best",
          static_cast<double>(ends.near) / static_cast<double>(trials),
          0.0,
          fmt::format("losses {:.3g} to {:.3g}; {} of {} ends have no negative direction",
                      ends.all[ends.best].loss, ends.all[ends.worst].loss, ends.without_descent,
                      trials),
          file};
}

}  // namespace

GalleryOutcome many_starts(Laboratory& lab) {
  const Dataset data = lab.keep("data", taught(60, 2, 4, normal_numbers(17, 1.5, 1501), 1502));
  const double constant = variance(data);
  GalleryOutcome outcome;
  for (const int width : {1, 2, 4, 8, 16, 32}) {
    const Subject subject = penalised(
        network_subject({.widths = fmt::format("2-{}-1", width)}, data, {}, ""), "l2=1e-05");
    const std::string name = fmt::format("ends-{}", width);
    const Ends ends = ends_of(lab, subject, 0.01 * constant, name, 1503);
    fmt::print("{} near {} of {} nodescent {} best {} worst {} const {}\n", width, ends.near,
               ends.all.size(), ends.without_descent, ends.all[ends.best].loss,
               ends.all[ends.worst].loss, constant);
    outcome.findings.push_back(most_are_near(claim, name, true, ends, ""));
  }
  return outcome;
}

}  // namespace convexscan::experiments
