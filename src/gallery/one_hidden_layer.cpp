// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <array>
#include <optional>

#include "convexscan/scan.hpp"
#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// Where a hidden neuron's output weights v vanish, its input weights w do not matter: the Hessian
/// is 0 in w, while ∂²f/∂v∂w = mean(∂ℓ/∂z · σ'(w·x) x) is not in general. A symmetric matrix with a
/// zero on the diagonal and something beside it has a negative and a positive eigenvalue, whatever
/// the activation σ and the loss ℓ. The experiment looks at ordinary weights, the same for every
/// activation, and reports the one whose eigenvalue is nearest to zero.
namespace convexscan::experiments {
namespace {

constexpr std::array activations{
    Activation::relu,      Activation::leaky_relu, Activation::elu,      Activation::gelu,
    Activation::gelu_tanh, Activation::silu,       Activation::softplus, Activation::sigmoid,
    Activation::tanh,      Activation::sin,
};

/// One end of the spectrum: the smallest eigenvalue is to be negative, the largest positive.
struct End {
  Quantity value;
  Quantity error;
  double sign;
  const char* measure;
  const char* words;
};

constexpr End below{Quantity::min_eigenvalue, Quantity::min_eigenvalue_error, -1.0,
                    "smallest eigenvalue", "curves down"};
constexpr End above{Quantity::max_eigenvalue, Quantity::eigenvalue_error, 1.0, "largest eigenvalue",
                    "curves up"};

struct Weakest {
  Activation activation;
  double number;
  double error;

  double margin(double sign) const { return sign * number - error; }
};

Weakest weakest(Laboratory& lab, const Dataset& data, Loss loss, const std::vector<double>& theta,
                const End& end) {
  std::optional<Weakest> found;
  for (const Activation activation : activations) {
    const Subject subject = network_subject(
        {.widths = "2-3-2", .activation = activation, .loss = loss}, data, theta, "");
    const ScanResult here =
        scan(*lab.backend(subject), Slice{theta, {}}, Points{}, {end.value, end.error});
    const Weakest mine{activation, here.values.at(end.value).data[0],
                       here.values.at(end.error).data[0]};
    // Written so that NaN is the weakest of all.
    if (!found || !(mine.margin(end.sign) >= found->margin(end.sign))) found = mine;
  }
  return *found;
}

Finding finding(Laboratory& lab, const Dataset& data, Loss loss, const std::vector<double>& theta,
                const std::string& weights_file, const End& end) {
  const Weakest found = weakest(lab, data, loss, theta, end);
  const Subject subject = network_subject(
      {.widths = "2-3-2", .activation = found.activation, .loss = loss}, data, theta, weights_file);
  const std::string text = fmt::format("{}, {} activations: {}, {} the least", name(loss),
                                       activations.size(), end.words, name(found.activation));
  const std::string file = fmt::format("{}-{}", name(loss), end.sign < 0.0 ? "down" : "up");
  const PlaneScan plane =
      lab.plane(subject, {{}, 1.0, 301},
                {Quantity::loss, Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                 Quantity::max_eigenvalue, Quantity::eigenvalue_error, Quantity::verdict},
                {file, text});
  return {claim,       text,         is_negative(-end.sign * found.number, found.error),
          end.measure, found.number, found.error,
          {},          plane.file};
}

}  // namespace

GalleryOutcome one_hidden_layer(Laboratory& lab) {
  const Dataset data = lab.keep("data", classes(2, normal_numbers(80, 1.0, 302), 2, 303));
  const std::vector<double> theta = normal_numbers(17, 0.5, 304);
  const std::string file = lab.keep("weights", theta);
  GalleryOutcome outcome;
  for (const Loss loss : {Loss::mse, Loss::cross_entropy}) {
    for (const End& end : {below, above}) {
      outcome.findings.push_back(finding(lab, data, loss, theta, file, end));
    }
  }
  outcome.conclusion =
      "One hidden layer is enough for curvature of both signs at ordinary weights.";
  return outcome;
}

}  // namespace convexscan::experiments
