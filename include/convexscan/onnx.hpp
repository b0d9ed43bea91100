// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <vector>

#include "convexscan/model.hpp"

namespace convexscan {

struct LoadedModel {
  Model model;
  std::vector<double> weights;  ///< (parameters), widened from the file's floats
  /// The final Softmax or Sigmoid that is left out of the model because
  /// cross-entropy or binary cross-entropy on logits contains it.
  enum class Dropped { nothing, softmax, sigmoid } dropped = Dropped::nothing;
  std::vector<std::string> notices;  ///< one line each: what was left out of the graph, and why
  std::vector<std::string> external_files;  ///< that hold weights beside the file
  std::string hash;  ///< SHA-256 of the file; those of external data follow, with ','
};

/// Reads a multilayer perceptron, possibly residual, as PyTorch and scikit-learn export it.
/// A final Softmax, LogSoftmax or Sigmoid is part of the loss here: it is left out with a notice.
/// Throws Error naming file, node and operator for what is no such network.
LoadedModel load_onnx(const std::string& path);

}  // namespace convexscan
