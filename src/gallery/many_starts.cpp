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
/// that bad ones become rare. Here networks of 2, 4, 8 and 16 neurons are trained from many starts
/// on a checkerboard; an end counts as nearly as good as the best of its width when its loss is
/// above it by no more than 2 % of what the best constant has. "Most" is decided by the limits that
/// so many trials allow (Clopper & Pearson 1934): yes when the lower one is above a half.
///
/// It is no theorem about every minimum. A relu layer whose neurons are inactive on all samples has
/// no gradient: without a penalty the best constant is a local minimum at any width. It is run at
/// 16 neurons, and compared with ends of the same loss of the same network from fresh weights.
namespace convexscan::experiments {
namespace {

using enum Quantity;

/// The ends of many minimisations of one network.
struct Ends {
  std::vector<TrainingResult> all;
  std::vector<double> negative;      ///< directions at each, beyond their error bound
  std::int64_t near = 0;             ///< nearly as good as the best
  std::int64_t without_descent = 0;  ///< no eigenvalue below its error bound
  std::size_t best = 0;
  std::size_t worst = 0;
};

/// The cross-entropy of the best constant: the entropy of the labels.
double entropy(const Dataset& data) {
  double ones = 0.0;
  for (const double y : data.targets) ones += y / static_cast<double>(data.samples);
  return -ones * std::log(ones) - (1.0 - ones) * std::log(1.0 - ones);
}

Ends ends_of(Laboratory& lab, const Subject& subject, double allowed, const std::string& name,
             std::uint64_t seed) {
  const std::unique_ptr<Backend> backend = lab.backend(subject);
  Ends ends;
  ends.all = train_starts(*backend, subject.objective,
                          fresh_starts(subject.objective, {}, lab.starts(), seed),
                          {.max_iterations = 1000, .gradient_tolerance = 1e-6},
                          [&](std::int64_t, std::int64_t) { return !lab.stopped(); });
  for (const TrainingResult& end : ends.all) {
    ends.negative.push_back(
        backend->point_values(end.theta, 1, {negative_count}).at(negative_count).data.front());
  }
  lab.keep_ends(name, ends.all, {{"negative_count", ends.negative}});
  const auto loss_of = [](const TrainingResult& end) { return end.loss; };
  const auto [best, worst] = std::ranges::minmax_element(ends.all, {}, loss_of);
  ends.best = static_cast<std::size_t>(best - ends.all.begin());
  ends.worst = static_cast<std::size_t>(worst - ends.all.begin());
  ends.near = std::ranges::count_if(
      ends.all, [most = best->loss + allowed](const auto& end) { return end.loss <= most; });
  ends.without_descent = std::ranges::count(ends.negative, 0.0);
  return ends;
}

/// Every end of every width: what the picture of loss against width is drawn from.
void keep_widths(Laboratory& lab, const std::vector<double>& widths,
                 const std::vector<Ends>& found) {
  std::vector<double> width, losses, norms, negative;
  for (std::size_t k = 0; k < found.size(); ++k) {
    for (std::size_t e = 0; e < found[k].all.size(); ++e) {
      width.push_back(widths[k]);
      losses.push_back(found[k].all[e].loss);
      norms.push_back(found[k].all[e].gradient_norm);
      negative.push_back(found[k].negative[e]);
    }
  }
  lab.keep_table(
      "widths",
      {{"width", width}, {"loss", losses}, {"gradient_norm", norms}, {"negative_count", negative}});
}

double band(const Ends& ends) { return ends.all[ends.worst].loss - ends.all[ends.best].loss; }

/// More than half of all such ends are nearly as good as the best. The number is the fraction
/// found.
Finding most_are_near(std::string text, const Ends& ends, const std::string& file) {
  const auto trials = static_cast<std::int64_t>(ends.all.size());
  const ConfidenceLimits limits = confidence_limits(ends.near, trials, 0.95);
  Answer answer = Answer::undecided;
  if (limits.lower > 0.5) answer = Answer::yes;
  if (limits.upper < 0.5) answer = Answer::no;
  return {claim,
          std::move(text),
          answer,
          "fraction nearly as good as the best",
          static_cast<double>(ends.near) / static_cast<double>(trials),
          0.0,
          fmt::format("so at least {:.3g} % of all", 100.0 * limits.lower),
          file};
}

/// The losses of the large network's ends are nearer to each other. The number is the ratio of the
/// bands.
Finding narrower(std::string text, const Ends& small, const Ends& large, const std::string& file) {
  return {claim,
          std::move(text),
          band(large) < band(small) ? Answer::yes : Answer::no,
          "its width as a fraction of theirs",
          band(large) / band(small),
          0.0,
          fmt::format("losses {:.4g} to {:.4g}, and {:.4g} to {:.4g}", large.all[large.best].loss,
                      large.all[large.worst].loss, small.all[small.best].loss,
                      small.all[small.worst].loss),
          file};
}

/// The ends are minima as far as can be told: none has a negative direction beyond its bound.
Finding few_descents(std::string text, const Ends& ends, const std::string& file) {
  const auto trials = static_cast<std::int64_t>(ends.all.size());
  return {remark,
          std::move(text),
          2 * ends.without_descent > trials ? Answer::yes : Answer::no,
          "ends without a negative direction",
          static_cast<double>(ends.without_descent),
          0.0,
          fmt::format("of {}", trials),
          file};
}

/// The end of a relu layer that is inactive on all samples, where only the output's bias can move,
/// against the best of a few from fresh weights. The number is how much higher its loss is.
Finding dead_layer(Laboratory& lab, const Dataset& data) {
  std::vector<double> theta = normal_numbers(65, 0.5, 1504);
  std::fill(theta.begin() + 32, theta.begin() + 48, -100.0);  // the hidden layer's biases
  const Subject dead = lab.network(
      {.widths = "2-16-1", .activation = Activation::relu, .loss = Loss::binary_cross_entropy},
      data, std::move(theta), "dead-start");
  const TrainingResult end = lab.minimise(dead, {.max_iterations = 1000});
  const std::vector<TrainingResult> others = train_starts(
      *lab.backend(dead), dead.objective, fresh_starts(dead.objective, {}, 4, 1506),
      {.max_iterations = 200}, [&](std::int64_t, std::int64_t) { return !lab.stopped(); });
  lab.keep_ends("relu-ends", others, {});
  const double best = std::ranges::min_element(others, {}, &TrainingResult::loss)->loss;
  const PlaneScan plane =
      lab.plane(lab.at(dead, end.theta, "dead"), {{}, 1.0, 1505},
                {loss, gradient_norm, min_eigenvalue, min_eigenvalue_error, negative_count},
                {"dead", "an inactive relu layer: a flat and bad local minimum"});
  const bool minimum = end.converged && plane.values(negative_count)[plane.middle()] == 0.0;
  return {remark,
          "16 relu neurons, all inactive: a local minimum, and a bad one",
          minimum && end.loss > best ? Answer::yes : Answer::no,
          "its loss above the best of 4 fresh starts",
          end.loss - best,
          0.0,
          fmt::format("{:.4g} and {:.4g}, both without a penalty", end.loss, best),
          plane.file};
}

}  // namespace

GalleryOutcome many_starts(Laboratory& lab) {
  const Dataset data = lab.keep("data", checkerboard(80, 1501));
  const double allowed = 0.02 * entropy(data);
  GalleryOutcome outcome;
  std::vector<Ends> found;
  std::vector<std::string> files;
  const std::vector<double> widths{2, 4, 8, 16};
  for (const double width : widths) {
    const Subject subject = penalised(network_subject({.widths = fmt::format("2-{:g}-1", width),
                                                       .loss = Loss::binary_cross_entropy},
                                                      data, {}, ""),
                                      "l2=0.001");
    const std::string name = fmt::format("ends-{:g}", width);
    const Ends& ends = found.emplace_back(ends_of(lab, subject, allowed, name, 1502));
    files.push_back(
        lab.between(subject, ends.all[ends.best].theta, ends.all[ends.worst].theta,
                    {fmt::format("best-to-worst-{:g}", width),
                     fmt::format("from the best end of {:g} hidden neurons to the worst", width)})
            .file);
  }
  keep_widths(lab, widths, found);
  const Ends& large = found.back();
  outcome.findings = {
      most_are_near("16 neurons: most ends are nearly as good as the best", large, files.back()),
      narrower("... their losses are in a narrower band than those of 2", found.front(), large,
               files.front()),
      few_descents("... and most are minima, as far as can be told", large, files.back()),
      dead_layer(lab, data),
  };
  outcome.conclusion =
      "So it is here with 16 neurons; it is a tendency, not a theorem about every minimum.";
  return outcome;
}

}  // namespace convexscan::experiments
