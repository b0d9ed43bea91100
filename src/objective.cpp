// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 4> loss_names{"cross-entropy", "mse", "binary-cross-entropy",
                                                     "huber"};

std::vector<double> one_hot(const Dataset& data, std::int64_t classes) {
  std::vector<double> targets(static_cast<std::size_t>(data.samples * classes), 0.0);
  for (std::int64_t s = 0; s < data.samples; ++s) {
    targets[static_cast<std::size_t>(s * classes + data.labels[static_cast<std::size_t>(s)])] = 1.0;
  }
  return targets;
}

void check_labels(const Dataset& data, std::int64_t classes) {
  for (std::size_t s = 0; s < data.labels.size(); ++s) {
    if (data.labels[s] < 0 || data.labels[s] >= classes) {
      throw Error(fmt::format(
          "{}: label {} of sample {} is out of range; the network's {} outputs take 0 to {}",
          data.source, data.labels[s], s, classes, classes - 1));
    }
  }
}

void check_binary(const Dataset& data, const std::vector<double>& targets) {
  const auto bad = std::ranges::find_if(targets, [](double y) { return !(y >= 0.0 && y <= 1.0); });
  if (bad != targets.end()) {
    throw Error(fmt::format("{}: target {} is not between 0 and 1, as binary-cross-entropy needs",
                            data.source, *bad));
  }
}

}  // namespace

PenaltyTerm parse_penalty(std::string_view text) {
  constexpr std::array<std::string_view, 4> names{"l2", "l2-graded", "l1", "lp"};
  const std::size_t equals = text.find('=');
  const auto kind =
      static_cast<PenaltyTerm::Kind>(index_of_name("penalty", text.substr(0, equals), names));
  if (equals == std::string_view::npos) {
    throw UsageError(fmt::format("--penalty {0}: give its strength, as in {0}={1}", text,
                                 kind == PenaltyTerm::Kind::lp ? "0.5,1e-3" : "1e-3"));
  }
  std::string_view value = text.substr(equals + 1);
  PenaltyTerm term{.kind = kind};
  if (kind == PenaltyTerm::Kind::lp) {
    const std::size_t comma = value.find(',');
    if (comma == std::string_view::npos) {
      throw UsageError(
          fmt::format("--penalty {}: lp takes exponent and strength, as in lp=0.5,1e-3", text));
    }
    term.exponent = parse_number("--penalty lp", value.substr(0, comma));
    if (term.exponent <= 0.0) throw UsageError("--penalty lp: the exponent must be positive");
    value = value.substr(comma + 1);
  }
  term.value = parse_number("--penalty", value);
  if (term.value < 0.0) throw UsageError(fmt::format("--penalty {}: must not be negative", text));
  return term;
}

std::string description(const PenaltyTerm& term) {
  switch (term.kind) {
    case PenaltyTerm::Kind::l2:
      return fmt::format("l2={}", term.value);
    case PenaltyTerm::Kind::l2_graded:
      return fmt::format("l2-graded={}", term.value);
    case PenaltyTerm::Kind::l1:
      return fmt::format("l1={}", term.value);
    case PenaltyTerm::Kind::lp:
      break;
  }
  return fmt::format("lp={},{}", term.exponent, term.value);
}

std::vector<double> quadratic_weights(const Penalty& penalty, std::int64_t parameters) {
  std::vector<double> weights(static_cast<std::size_t>(parameters), 0.0);
  for (const PenaltyTerm& term : penalty.terms) {
    const bool square = term.kind == PenaltyTerm::Kind::lp && term.exponent == 2.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (term.kind == PenaltyTerm::Kind::l2 || square) weights[i] += term.value;
      if (term.kind == PenaltyTerm::Kind::l2_graded) {
        weights[i] += std::pow(term.value, static_cast<double>(i + 1));
      }
    }
  }
  return weights;
}

NetworkTask network_task(Model model, const Dataset& data, Loss loss,
                         std::optional<std::int64_t> output) {
  if (data.features != model.inputs()) {
    throw Error(fmt::format("{} has {} features a sample, but the network takes {}", data.source,
                            data.features, model.inputs()));
  }
  const std::int64_t outputs = model.outputs();
  const bool labelled = !data.labels.empty();
  NetworkTask task;
  task.loss = loss;
  task.samples = data.samples;
  task.inputs = data.inputs;
  task.data_hash = data.hash;
  task.feature_map = data.feature_map;
  if (output) {
    if (*output < 0 || *output >= outputs) {
      throw UsageError(fmt::format("--objective output:{}: the network has outputs 0 to {}",
                                   *output, outputs - 1));
    }
    task.loss = Loss::output;
    task.output = *output;
  } else if (loss == Loss::cross_entropy) {
    if (!labelled) {
      throw Error(
          fmt::format("{}: cross-entropy needs one whole-number label a sample; use --loss mse for "
                      "{} real targets",
                      data.source, data.target_width));
    }
    check_labels(data, outputs);
    task.labels.assign(data.labels.begin(), data.labels.end());
    task.accuracy = Accuracy::largest_output;
  } else if (data.target_width == outputs) {
    task.targets = data.targets;
    if (loss == Loss::binary_cross_entropy) {
      check_binary(data, task.targets);
      task.accuracy = Accuracy::sign_of_output;
    }
  } else if (labelled) {
    check_labels(data, outputs);
    task.targets = one_hot(data, outputs);
    task.labels.assign(data.labels.begin(), data.labels.end());
    task.accuracy = Accuracy::largest_output;
  } else {
    throw Error(fmt::format("{} has {} targets a sample, but the network gives {}", data.source,
                            data.target_width, outputs));
  }
  task.model = std::move(model);
  return task;
}

std::int64_t Objective::parameter_count() const {
  return network() != nullptr ? network()->model.parameter_count() : landscape()->parameters;
}

std::string Objective::description() const {
  std::string text;
  if (const NetworkTask* net = network()) {
    text = net->loss == Loss::output
               ? fmt::format("output {} of {}", net->output, net->model.description())
               : fmt::format("{} of {}", name(net->loss), net->model.description());
    if (!net->feature_map.empty()) text += fmt::format(" over {}", net->feature_map);
    text += fmt::format(" on {} sample{}", net->samples, net->samples == 1 ? "" : "s");
  } else {
    text = fmt::format("{} = {}", landscape()->name, landscape()->formula);
  }
  for (const PenaltyTerm& term : penalty.terms) text += " + " + convexscan::description(term);
  return text;
}

std::vector<std::int64_t> parameter_subset(const Objective& objective, std::string_view text) {
  std::set<std::int64_t> chosen;
  const auto take = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) chosen.insert(i);
  };
  const NetworkTask* net = objective.network();
  for (std::string_view rest = text;;) {
    const std::size_t plus = rest.find('+');
    const std::string_view part = rest.substr(0, plus);
    if (part.empty()) {
      throw UsageError(fmt::format("--parameters {}: give a name on each side of +", text));
    }
    if (part == "all") {
      take(0, objective.parameter_count());
    } else if (net == nullptr) {
      throw UsageError(
          fmt::format("--parameters {}: a landscape has no layers; only \"all\"", text));
    } else {
      constexpr std::array<std::string_view, 6> names{"all",     "first",   "last",
                                                      "layer:K", "weights", "biases"};
      const Model& model = net->model;
      const std::size_t colon = part.find(':');
      const std::string_view kind = part.substr(0, colon);
      const std::size_t which = kind == "layer" ? 3 : index_of_name("--parameters", kind, names);
      if (which == 3) {
        if (colon == std::string_view::npos) {
          throw UsageError("--parameters layer: say which, as in layer:1");
        }
        const std::int64_t layer =
            parse_whole_number("--parameters layer:K", part.substr(colon + 1));
        if (layer < 1 || layer > model.depth()) {
          throw UsageError(
              fmt::format("--parameters {}: the network has layers 1 to {}", part, model.depth()));
        }
        const int l = static_cast<int>(layer) - 1;
        take(model.weight_offset(l), model.weight_offset(l + 1));
      } else if (colon != std::string_view::npos) {
        throw UsageError(fmt::format("--parameters {}: only layer takes a number", part));
      } else if (which == 1 || which == 2) {
        const int l = which == 1 ? 0 : model.depth() - 1;
        take(model.weight_offset(l), model.weight_offset(l + 1));
      } else {
        for (int l = 0; l < model.depth(); ++l) {
          const std::int64_t bias = model.bias_offset(l);
          which == 4 ? take(model.weight_offset(l), bias) : take(bias, model.weight_offset(l + 1));
        }
      }
    }
    if (plus == std::string_view::npos) break;
    rest = rest.substr(plus + 1);
  }
  if (chosen.empty()) {  // the only ones that a network may lack
    throw UsageError(fmt::format("--parameters {}: the network has no biases", text));
  }
  return {chosen.begin(), chosen.end()};
}

Loss parse_loss(std::string_view text) {
  return static_cast<Loss>(index_of_name("loss", text, loss_names));
}

std::string_view name(Loss loss) {
  return loss == Loss::output ? "output" : loss_names[static_cast<std::size_t>(loss)];
}

}  // namespace convexscan
