// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "convexscan/segments.hpp"
#include "convexscan/weights.hpp"
#include "files/npz.hpp"
#include "gallery/subject.hpp"
#include "reference_network.hpp"
#include "run_gallery.hpp"

/// What the words of a finding say is counted, or computed, once more from the files it leaves.
namespace convexscan {
namespace {

double reference_loss(const Subject& subject, const std::vector<double>& theta) {
  return static_cast<double>(
      reference::mean_loss(*subject.objective.network(), {theta.begin(), theta.end()}).v);
}

/// A network of row's data, at no particular weights.
Subject of_data(const GallerySettings& settings, const char* file, const NetworkChoice& choice) {
  return network_subject(choice, load_dataset((settings.folder / file).string()), {}, "");
}

TEST(GalleryWording, CountsTheFreshTwinsThatAreNowhereAboveTheirEnds) {
  const TemporaryFolder folder;
  const GallerySettings settings = settings_in(folder);
  const GalleryOutcome outcome = run(row(4), settings);
  const Subject subject = of_data(settings, "04-data.npz", {.widths = "2-3-1"});
  const Model& model = subject.objective.network()->model;
  const std::int64_t pairs = settings.segments / 5;
  std::int64_t never_above = 0;
  for (std::int64_t k = 0; k < pairs; ++k) {
    const auto seed = static_cast<std::uint64_t>(k);
    const std::vector<double> from = initial_weights(model, {}, seed);
    const std::vector<double> to = twin(model, from, Symmetry::permute, seed).theta;
    bool above = false;
    for (int place = 1; place < 32; ++place) {
      std::vector<double> theta = from;
      for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += (to[i] - from[i]) * place / 32.0;
      // Rounding is below 1e-12 (the findings' bounds), the rises that are counted are not.
      above = above || reference_loss(subject, theta) > reference_loss(subject, from) + 1e-11;
    }
    if (!above) ++never_above;
  }
  EXPECT_EQ(finding(outcome, "04-falls.nc", "depth of the fall").claim,
            fmt::format("from fresh weights nowhere above its ends in {} of {} twin pairs",
                        never_above, pairs));
}

/// λ of "…, l2 = 0.25: …".
double strength_of(const Finding& found) {
  return std::stod(found.claim.substr(found.claim.find("l2 = ") + 5));
}

void expect_convexified(const GallerySettings& settings, const GalleryOutcome& outcome,
                        const std::string& name, Activation activation,
                        const std::vector<double>& centre) {
  const std::string file = name + "-lowest.npz";
  const Finding& found = finding(outcome, file, "smallest eigenvalue found");
  const double lambda = strength_of(found);
  EXPECT_GE(found.number - found.bound, -2.0 * lambda) << name;
  EXPECT_LT(found.number, 0.0) << name << ": there was nothing to make up for";
  // The point is in the ball λ‖θ − c‖² ≤ f(c), and f curves down by that much there.
  const std::string data = name.substr(0, 2) + "-data.npz";
  const Subject subject =
      of_data(settings, data.c_str(),
              {.widths = "2-4-1", .activation = activation, .loss = Loss::binary_cross_entropy});
  const std::vector<double> theta = load_weights((settings.folder / file).string(), 17);
  double squares = 0.0;
  for (std::size_t i = 0; i < 17; ++i) squares += (theta[i] - centre[i]) * (theta[i] - centre[i]);
  const double radius = std::sqrt(reference_loss(subject, centre) / lambda);
  EXPECT_LE(std::sqrt(squares), radius * (1.0 + 1e-12)) << name;  // of 17 rounded squares
  EXPECT_EQ(found.evidence,
            fmt::format("in the ball of radius {:.4g} that holds every minimiser", radius));
  std::vector<std::int64_t> all(17);
  std::iota(all.begin(), all.end(), 0);
  const auto hessian =
      reference::hessian(*subject.objective.network(), {theta.begin(), theta.end()}, all);
  EXPECT_NEAR(found.number, static_cast<double>(reference::eigenvalues(hessian, 17)[0]),
              found.bound)
      << name;
}

TEST(GalleryWording, ShowsThatThePenaltyMakesUpForTheCurvatureThatWasFound) {
  const TemporaryFolder folder;
  const GallerySettings settings = settings_in(folder);
  const std::vector<double> zero(17, 0.0);
  const GalleryOutcome ninth = run(row(9), settings);
  expect_convexified(settings, ninth, "09-softplus", Activation::softplus, zero);
  expect_convexified(settings, ninth, "09-tanh", Activation::tanh, zero);
  const GalleryOutcome tenth = run(row(10), settings);
  const std::vector<double> offset = load_weights((settings.folder / "10-offset.npz").string(), 17);
  expect_convexified(settings, tenth, "10-softplus-offset", Activation::softplus, offset);
  expect_convexified(settings, tenth, "10-softplus-graded", Activation::softplus, zero);
  expect_convexified(settings, tenth, "10-tanh-graded", Activation::tanh, zero);
}

TEST(GalleryWording, ComparesAnInactiveLayerWithTheSameLoss) {
  const TemporaryFolder folder;
  const GallerySettings settings = settings_in(folder);
  const GalleryOutcome outcome = run(row(15), settings);
  const Subject subject = of_data(
      settings, "15-data.npz",
      {.widths = "2-16-1", .activation = Activation::relu, .loss = Loss::binary_cross_entropy});
  const std::vector<double> dead = load_weights((settings.folder / "15-dead.npz").string(), 65);
  const std::vector<double> ends =
      NpzArchive((settings.folder / "15-relu-ends.npz").string()).read("theta").values;
  ASSERT_EQ(ends.size(), 4u * 65u);
  double best = HUGE_VAL;
  for (auto end = ends.begin(); end != ends.end(); end += 65) {
    best = std::min(best, reference_loss(subject, {end, end + 65}));
  }
  const Finding& found =
      finding(outcome, "15-dead.nc", "its loss above the best of 4 fresh starts");
  EXPECT_GT(found.number, 0.0);
  // Both losses are means of 80 terms near 1, and two sums of 16: fewer than 100 roundings.
  EXPECT_NEAR(found.number, reference_loss(subject, dead) - best, 100 * 0x1p-53);
}

TEST(GalleryWording, SwapsNeuronsOfAllLayersThatSkipsJoin) {
  const TemporaryFolder folder;
  const GallerySettings settings = settings_in(folder);
  const GalleryOutcome outcome = run(row(16), settings);
  const Finding& found = finding(outcome, "16-skips-joint.nc", "difference of the losses");
  EXPECT_LE(found.number, found.bound);
  const auto ends_of = [&](const char* end) {
    return load_weights((settings.folder / fmt::format("16-skips-joint-{}.npz", end)).string(), 57);
  };
  const std::vector<double> from = ends_of("from");
  const std::vector<double> to = ends_of("to");
  const Subject subject =
      of_data(settings, "16-data.npz",
              {.widths = "2-4-4-4-1", .loss = Loss::binary_cross_entropy, .residual = true});
  EXPECT_NEAR(reference_loss(subject, from), reference_loss(subject, to), found.bound);
  double squares = 0.0;
  for (std::size_t i = 0; i < 57; ++i) squares += (to[i] - from[i]) * (to[i] - from[i]);
  EXPECT_GT(squares, 1.0);
  EXPECT_EQ(found.evidence, fmt::format("weights {:.4g} apart", std::sqrt(squares)));
}

}  // namespace
}  // namespace convexscan
