// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"

/// Maxima of convex functions are convex, hence relu, max-pooling and log-sum-exp (its smooth
/// version); convolution is linear in the kernel, and in the input, so that squared errors of
/// either are convex; in both it is a product, as A x in A and x. g(h(x)) is convex for a convex h
/// when g is convex and increasing where h takes its values (Boyd & Vandenberghe 2004, §3.2.4): exp
/// of ‖x‖² is, the fourth root of ‖x‖² + 1/100 has an outer function that increases and is concave,
/// and the square of x² − 1 one that is convex and does not increase. A layer of convolution, relu
/// and max-pooling is convex in its kernel, as relu and maxima increase; the squared error of one
/// is not.
namespace convexscan::experiments {
namespace {

struct Block {
  const char* landscape;
  const char* words;
  bool convex;  ///< what the statement says
};

constexpr Block blocks[] = {
    {"relu", "relu", true},
    {"log-sum-exp", "log-sum-exp", true},
    {"max-of-convex", "a maximum of convex functions", true},
    {"max-pooling", "max-pooling", true},
    {"convolution-kernel", "a convolution's squared error in the kernel", true},
    {"convolution-input", "a convolution's squared error in the input", true},
    {"convolution-joint", "a convolution's squared error in kernel and input", false},
    {"convolution-pooling", "max-pooling of a convolution, in the kernel", true},
    {"convolution-layer", "max-pooling of relu of a convolution, in the kernel", true},
    {"convolution-layer-loss", "... and the squared error of such a layer", false},
    {"linear-map", "A x in A and x together", false},
    {"exp-of-square", "exp(|x|^2): convex and increasing of convex", true},
    {"root-of-square", "(|x|^2 + 1/100)^(1/4): increasing, concave of convex", false},
    {"double-well", "(x^2 - 1)^2: convex and not increasing of convex", false},
};

}  // namespace

GalleryOutcome building_blocks(Laboratory& lab) {
  GalleryOutcome outcome;
  for (const Block& block : blocks) {
    const SegmentsScan segments = lab.random(landscape_subject(block.landscape), "box:2", 1301,
                                             {block.landscape, block.words});
    outcome.findings.push_back(
        block.convex
            ? convex_on_segments(claim, std::string(block.words) + ": convex", segments)
            : violated_on_segments(claim, std::string(block.words) + ": not convex", segments));
  }
  outcome.conclusion =
      "A network is not convex because it multiplies weights with weights, not for its building "
      "blocks.";
  return outcome;
}

}  // namespace convexscan::experiments
