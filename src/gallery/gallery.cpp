// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/gallery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "convexscan/error.hpp"
#include "gallery/laboratory.hpp"
#include "gallery/rows.hpp"

namespace convexscan {

std::span<const GalleryRow> gallery() {
  using namespace experiments;
  static constexpr std::array rows{
      GalleryRow{1,
                 "Without a hidden layer linear and logistic regression are convex, and not "
                 "strictly so with correlated regressors or softmax",
                 no_hidden_layer},
      GalleryRow{2,
                 "Linear activations do not make a deep network convex: y = w2 w1 x has a "
                 "hyperbola of minima",
                 linear_network},
      GalleryRow{3,
                 "With one hidden layer of any usual activation, squared error and cross-entropy "
                 "are neither convex nor concave",
                 one_hidden_layer},
      GalleryRow{4,
                 "Swapping two hidden neurons, or flipping a tanh neuron's signs, gives the same "
                 "loss, and the loss rises between the twins",
                 twins},
      GalleryRow{5,
                 "A relu network with non-negative inputs and weights has outputs, and a two-logit "
                 "cross-entropy, that are convex in the weights",
                 nonnegative_relu},
      GalleryRow{
          6,
          "\"Convex neural networks\", with fixed hidden units and an L1 penalty on the "
          "output weights, are convex, and so is an RBF network with fixed centres and widths",
          fixed_features},
      GalleryRow{7, "The loss can be convex in each layer alone and not jointly, as xy and x^2 y^2",
                 layers_alone},
      GalleryRow{8,
                 "A large enough L2 penalty makes the loss convex on a bounded set, and the "
                 "smallest is minus half the smallest eigenvalue",
                 quadratic_penalty},
      GalleryRow{9,
                 "The convexified minimiser is useless: all its weights are equal, so every hidden "
                 "layer has effective width 1",
                 effective_width},
      GalleryRow{10,
                 "An offset penalty sum (w - e)^2, or a graded one of growing strength, may keep "
                 "the neurons apart",
                 kept_apart},
      GalleryRow{11, "An L1 penalty keeps convexity, an Lp penalty with p < 1 breaks it",
                 sparse_penalties},
      GalleryRow{12,
                 "The toy functions xy, x^2 y^2, sin x, (x^2 - 1)^2, -x^3 + c x^2 and Rosenbrock's "
                 "are not convex, each with a known Hessian",
                 toy_functions},
      GalleryRow{13,
                 "relu, log-sum-exp, maxima, pooling and convolution are convex; A x in A and x "
                 "together is not; composition needs an increasing outer function",
                 building_blocks},
      GalleryRow{14,
                 "Quasi-convexity is weaker than convexity: an indefinite Hessian says nothing "
                 "against it",
                 quasi_convexity},
      GalleryRow{15, "In larger networks most local minima are nearly equally good", many_starts},
      GalleryRow{16, "Skip connections and dropout masks change the picture", skips_and_dropout},
  };
  return rows;
}

std::string_view name(GalleryVerdict verdict) {
  constexpr std::array<std::string_view, 4> names{"undecided", "true", "true in part", "false"};
  return names[static_cast<std::size_t>(verdict)];
}

GalleryVerdict verdict_of(std::span<const Finding> findings) {
  std::int64_t yes = 0;
  std::int64_t no = 0;
  bool counter_example = false;
  for (const Finding& finding : findings) {
    if (finding.answer == Answer::undecided) return GalleryVerdict::undecided;
    const bool is = finding.answer == Answer::yes;
    if (finding.role == Finding::Role::claim) ++(is ? yes : no);
    if (finding.role == Finding::Role::counter_example && is) counter_example = true;
  }
  if (yes == 0) return no == 0 ? GalleryVerdict::undecided : GalleryVerdict::fails;
  return no == 0 && !counter_example ? GalleryVerdict::holds : GalleryVerdict::in_part;
}

GalleryOutcome run(const GalleryRow& row, const GallerySettings& settings) {
  const auto start = std::chrono::steady_clock::now();
  std::error_code failed;
  std::filesystem::create_directories(settings.folder, failed);
  if (failed) {
    throw Error(fmt::format("{}: cannot make this folder ({})", settings.folder.string(),
                            failed.message()));
  }
  Laboratory lab(settings, row.number);
  GalleryOutcome outcome = row.experiment(lab);
  outcome.verdict = verdict_of(outcome.findings);
  outcome.elapsed_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace convexscan
