// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "convexscan/dataset.hpp"
#include "convexscan/landscape.hpp"
#include "convexscan/loss.hpp"
#include "convexscan/model.hpp"

namespace convexscan {

/// One term of the penalty, in d = θ − centre.
struct PenaltyTerm {
  enum class Kind : std::int32_t {
    l2,         ///< V·Σ dᵢ²
    l2_graded,  ///< Σ Vⁱ dᵢ², i = 1 … P: θᵀ diag(V, V², …, Vᴾ) θ
    l1,         ///< V·Σ |dᵢ|
    lp,         ///< V·Σ |dᵢ|ᴾ
  } kind = Kind::l2;
  double value = 0.0;
  double exponent = 2.0;  ///< lp only
};

/// Added whole to the averaged loss, over every parameter.
struct Penalty {
  std::vector<PenaltyTerm> terms;
  std::vector<double> centre;  ///< (parameters), or empty for the origin

  bool empty() const { return terms.empty(); }
};

/// "l2=0.1", "l2-graded=0.1", "l1=0.01" or "lp=0.5,1e-3". Throws UsageError naming what is wrong
/// with it.
PenaltyTerm parse_penalty(std::string_view text);

/// What parse_penalty reads.
std::string description(const PenaltyTerm& term);

/// Weights wᵢ of the quadratic part Σ wᵢ dᵢ² of a penalty (parameters); zeros where there is none.
std::vector<double> quadratic_weights(const Penalty& penalty, std::int64_t parameters);

/// What "accuracy" counts: samples whose largest output is at the label, or outputs on the right
/// side of 0 for binary cross-entropy; nothing for regression.
enum class Accuracy : std::int32_t { none, largest_output, sign_of_output };

/// A network's loss on a data set, with the targets in the form the loss wants.
struct NetworkTask {
  Model model;
  Loss loss = Loss::cross_entropy;
  std::int64_t output = 0;  ///< the output that is averaged when loss is Loss::output
  std::int64_t samples = 0;
  std::vector<double> inputs;   ///< (samples, model.inputs()), row-major
  std::vector<double> targets;  ///< (samples, model.outputs()), row-major; empty for cross_entropy
  std::vector<std::int32_t> labels;  ///< (samples): classes, for cross_entropy and for accuracy
  std::string data_hash;
  std::string feature_map;  ///< the fixed features that inputs are of, for people; or empty
  Accuracy accuracy = Accuracy::none;
};

/// Joins model and data. Integer labels become one-hot targets for mse, huber and
/// binary-cross-entropy when the network has several outputs.
/// Throws Error when widths differ, labels are out of range, or targets do not suit the loss.
NetworkTask network_task(Model model, const Dataset& data, Loss loss,
                         std::optional<std::int64_t> output);

/// The function whose landscape is scanned.
struct Objective {
  std::variant<NetworkTask, Landscape> task;
  Penalty penalty;
  std::vector<std::int64_t> subset;  ///< parameters that are scanned, ascending; never empty
  std::string subset_name = "all";

  const NetworkTask* network() const { return std::get_if<NetworkTask>(&task); }
  const Landscape* landscape() const { return std::get_if<Landscape>(&task); }
  std::int64_t parameter_count() const;
  std::string description() const;
};

/// `--parameters`: "all", "last", "first", "layer:K" (from 1), "weights", "biases", or several
/// joined by '+'. Throws UsageError when it names nothing.
std::vector<std::int64_t> parameter_subset(const Objective& objective, std::string_view text);

/// Throws UsageError with the near miss.
Loss parse_loss(std::string_view text);
std::string_view name(Loss loss);

}  // namespace convexscan
