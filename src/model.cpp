// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/model.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <cmath>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 11> activation_names{
    "identity", "relu",     "leaky-relu", "elu",  "gelu", "gelu-tanh",
    "silu",     "softplus", "sigmoid",    "tanh", "sin"};

void check_skip(const Model& model, int layer, int from, std::string_view what) {
  if (from == Layer::no_skip) return;
  const std::int64_t outputs = model.layers()[static_cast<std::size_t>(layer)].outputs;
  if (from < 0 || from > layer) {
    throw Error(fmt::format("layer {}: {} must come from an earlier layer", layer + 1, what));
  }
  if (model.width(from) != outputs) {
    throw Error(fmt::format("layer {}: {} joins widths {} and {}; they must be equal", layer + 1,
                            what, model.width(from), outputs));
  }
}

}  // namespace

Model::Model(std::vector<Layer> layers) : layers_(std::move(layers)) {
  if (layers_.empty()) throw Error("a network needs at least one layer");
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    constexpr std::int64_t widest = std::int64_t{1} << 24;
    if (layer.inputs > widest || layer.outputs > widest) {
      throw Error(fmt::format("layer {}: widths of {} and {} are more than the {} that are read",
                              l + 1, layer.inputs, layer.outputs, widest));
    }
    if (layer.inputs < 1 || layer.outputs < 1) {
      throw Error(fmt::format("layer {}: widths must be positive, not {} and {}", l + 1,
                              layer.inputs, layer.outputs));
    }
    if (l > 0 && layers_[l - 1].outputs != layer.inputs) {
      throw Error(fmt::format("layer {} takes {} values but layer {} gives {}", l + 1, layer.inputs,
                              l, layers_[l - 1].outputs));
    }
    if (!(layer.dropout >= 0.0 && layer.dropout < 1.0)) {
      throw Error(
          fmt::format("layer {}: the fraction that dropout drops must be at least 0 and "
                      "below 1, not {}",
                      l + 1, layer.dropout));
    }
    offsets_.push_back(offsets_.back() + layer.outputs * (layer.inputs + (layer.bias ? 1 : 0)));
  }
  for (int l = 0; l < depth(); ++l) {
    check_skip(*this, l, layers_[static_cast<std::size_t>(l)].skip_before, "a residual connection");
    check_skip(*this, l, layers_[static_cast<std::size_t>(l)].skip_after, "a residual connection");
  }
}

std::int64_t Model::width(int node) const {
  return node == 0 ? inputs() : layers_[static_cast<std::size_t>(node - 1)].outputs;
}

std::int64_t Model::bias_offset(int layer) const {
  const Layer& shape = layers_[static_cast<std::size_t>(layer)];
  return weight_offset(layer) + shape.outputs * shape.inputs;
}

std::string Model::description() const {
  std::string text = fmt::format("{}", inputs());
  for (const Layer& layer : layers_) text += fmt::format("-{}", layer.outputs);
  std::vector<std::string_view> kinds;
  bool bias = false;
  bool residual = false;
  for (const Layer& layer : layers_) {
    if (layer.activation != Activation::identity &&
        (kinds.empty() || kinds.back() != name(layer.activation))) {
      kinds.push_back(name(layer.activation));
    }
    bias = bias || layer.bias;
    residual =
        residual || layer.skip_before != Layer::no_skip || layer.skip_after != Layer::no_skip;
  }
  if (kinds.empty()) kinds.push_back("identity");
  text += fmt::format(" {}", fmt::join(kinds, "+"));
  if (residual) text += " residual";
  if (!bias) text += " without bias";
  std::string masks;
  for (const Layer& layer : layers_) {
    if (layer.dropout == 0.0) continue;
    const std::string mask = fmt::format(" dropout {} seed {}", layer.dropout, layer.dropout_seed);
    if (!masks.ends_with(mask)) masks += mask;
  }
  text += masks;
  return text;
}

Model mlp(std::string_view widths, Activation activation, double slope, bool bias, bool residual) {
  const std::string option = fmt::format("--mlp {}", widths);
  std::vector<std::int64_t> sizes;
  for (std::string_view rest = widths;;) {
    const std::size_t dash = rest.find('-');
    const std::int64_t size = parse_whole_number(option, rest.substr(0, dash));
    if (size < 1) throw UsageError(option + ": every width must be positive");
    sizes.push_back(size);
    if (dash == std::string_view::npos) break;
    rest = rest.substr(dash + 1);
  }
  if (sizes.size() < 2) {
    throw UsageError(option + ": give at least inputs and outputs, as in 64-16-10");
  }
  std::vector<Layer> layers;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    Layer layer{.inputs = sizes[l], .outputs = sizes[l + 1], .bias = bias};
    const bool hidden = l + 2 < sizes.size();
    if (hidden) {
      layer.activation = activation;
      layer.slope = slope;
      if (residual && layer.inputs == layer.outputs) layer.skip_after = static_cast<int>(l);
    }
    layers.push_back(layer);
  }
  return Model(std::move(layers));
}

Model with_dropout(const Model& model, double rate, std::uint64_t seed) {
  if (!(rate >= 0.0 && rate < 1.0)) {
    throw UsageError(fmt::format("--dropout {}: must be at least 0 and below 1", rate));
  }
  if (model.depth() < 2) {
    throw UsageError(
        fmt::format("--dropout is for hidden layers, of which {} has none", model.description()));
  }
  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  for (std::size_t l = 0; rate > 0.0 && l + 1 < layers.size(); ++l) {
    layers[l].dropout = rate;
    layers[l].dropout_seed = seed;
  }
  return Model(std::move(layers));
}

std::vector<double> normal_numbers(std::int64_t count, double deviation, std::uint64_t seed) {
  boost::random::mt19937_64 random(seed);
  boost::random::normal_distribution<double> normal;
  std::vector<double> numbers(static_cast<std::size_t>(count));
  for (double& value : numbers) value = deviation * normal(random);
  return numbers;
}

std::vector<double> initial_weights(const Model& model, const Initialization& initialization,
                                    std::uint64_t seed) {
  using Kind = Initialization::Kind;
  std::vector<double> theta(static_cast<std::size_t>(model.parameter_count()), 0.0);
  boost::random::mt19937_64 random(seed);
  boost::random::normal_distribution<double> normal;
  boost::random::uniform_real_distribution<double> uniform(-1.0, 1.0);
  if (initialization.kind == Kind::normal) {
    return normal_numbers(model.parameter_count(), initialization.deviation, seed);
  }
  if (initialization.kind == Kind::zero) return theta;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    const auto in = static_cast<double>(layer.inputs);
    const auto out = static_cast<double>(layer.outputs);
    const auto begin = static_cast<std::size_t>(model.weight_offset(l));
    const auto count = static_cast<std::size_t>(layer.inputs * layer.outputs);
    for (std::size_t i = begin; i < begin + count; ++i) {
      theta[i] = initialization.kind == Kind::xavier ? std::sqrt(6.0 / (in + out)) * uniform(random)
                                                     : std::sqrt(2.0 / in) * normal(random);
    }
  }
  return theta;
}

std::string_view name(Activation activation) {
  return activation_names[static_cast<std::size_t>(activation)];
}

Activation parse_activation(std::string_view text) {
  return static_cast<Activation>(index_of_name("activation", text, activation_names));
}

double default_slope(Activation activation) {
  if (activation == Activation::leaky_relu) return 0.01;
  return activation == Activation::elu ? 1.0 : 0.0;
}

Initialization parse_initialization(std::string_view text) {
  constexpr std::array<std::string_view, 4> names{"xavier", "he", "normal", "zero"};
  const std::size_t colon = text.find(':');
  const std::size_t kind = index_of_name("--init", text.substr(0, colon), names);
  Initialization initialization{static_cast<Initialization::Kind>(kind)};
  if (colon != std::string_view::npos) {
    if (initialization.kind != Initialization::Kind::normal) {
      throw UsageError(fmt::format("--init {}: only normal takes a deviation", text));
    }
    initialization.deviation = parse_number("--init normal", text.substr(colon + 1));
    if (initialization.deviation <= 0.0) {
      throw UsageError("--init normal: the deviation must be positive");
    }
  }
  return initialization;
}

}  // namespace convexscan
