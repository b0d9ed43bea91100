// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_layers.hpp"

#include <fmt/format.h>

#include "convexscan/error.hpp"
#include "files/file_error.hpp"

namespace convexscan::graph {
namespace {

std::string node_name(int node) {
  return node == 0 ? "the network's input" : fmt::format("the output of layer {}", node);
}

}  // namespace

std::optional<int> Layers::node_of(int id) const {
  if (expressions_[id].op == Op::node) return expressions_[id].first;
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

void Layers::use(const std::string& where, const Tensor& tensor) {
  if (tensor.counts_samples()) {
    throw file_error("{}: computes with the number of samples; only shapes may depend on it",
                     where);
  }
  require_finite(where, tensor);
  for (const std::string& source : tensor.sources) {
    const auto [place, fresh] = used_.try_emplace(source, where);
    if (!fresh) {
      throw file_error(
          "{}: uses \"{}\" a second time; tied weights are not read, give each layer "
          "its own",
          where, source);
    }
  }
}

int Layers::multiply(const std::string& where, int a, const Tensor& weights) {
  const int from = close(where, a);
  const int last = static_cast<int>(layers_.size());
  if (from != last) {
    throw file_error(
        "{}: multiplies {}, though layer {} was read since; only chains of layers, "
        "with residual additions of equally wide values, are read",
        where, node_name(from), last);
  }
  if (is_open()) {
    throw file_error(
        "{}: multiplies {}, as {} does; only chains of layers, with residual additions "
        "of equally wide values, are read",
        where, node_name(from), expressions_.maker(product_)->label);
  }
  const std::int64_t outputs = weights.shape[0];
  const std::int64_t inputs = weights.shape[1];
  if (outputs < 1 || inputs < 1) throw file_error("{}: has no weights", where);
  if (last > 0 && layers_.back().outputs != inputs) {
    throw file_error(
        "{}: takes {} values, but the layer before it gives {}; export the network "
        "again",
        where, inputs, layers_.back().outputs);
  }
  use(where, weights);
  layer_ = Layer{.inputs = inputs, .outputs = outputs, .bias = false};
  bias_.clear();
  matrix_ = weights.values;
  product_ = expressions_.add({.op = Op::affine, .first = last, .second = 0});
  return product_;
}

int Layers::add_bias(const std::string& where, const Tensor& bias) {
  use(where, bias);
  layer_.bias = true;
  bias_ = bias.values;
  const int layer = static_cast<int>(layers_.size());
  product_ = expressions_.add({.op = Op::affine, .first = layer, .second = 1});
  return product_;
}

/// σ(z), σ(z + a) or σ(z) + a, with a an earlier node's value.
bool Layers::find_skip_and_activation(int id) {
  const auto plain = [&](int of, int base) {
    const auto found = expressions_.activation_of(of, base);
    if (found) {
      layer_.activation = found->activation;
      layer_.slope = found->slope;
    }
    return found.has_value();
  };
  if (plain(id, product_)) return true;
  const auto sum_with_node = [&](int sum) -> std::optional<std::pair<int, int>> {
    const Expression& e = expressions_[sum];
    if (e.op != Op::add) return std::nullopt;
    if (const auto node = node_of(e.first)) return std::pair(*node, e.second);
    if (const auto node = node_of(e.second)) return std::pair(*node, e.first);
    return std::nullopt;
  };
  int core = id;
  layer_.skip_after = Layer::no_skip;
  if (const auto sum = sum_with_node(id)) {
    layer_.skip_after = sum->first;
    core = sum->second;
    if (plain(core, product_)) return true;
  }
  for (int base = product_ + 1; base <= core; ++base) {
    const auto sum = sum_with_node(base);
    if (sum && sum->second == product_ && plain(core, base)) {
      layer_.skip_before = sum->first;
      return true;
    }
  }
  return false;
}

std::string Layers::value_name(int id) const {
  if (const auto node = node_of(id)) return node_name(*node);
  const Expression& affine = expressions_[id];
  const bool early = affine.first == static_cast<int>(layers_.size()) && id != product_;
  return fmt::format("the matrix product of layer {}{}", affine.first + 1,
                     early ? " before its bias" : "");
}

/// Of a sum, the one term that is neither a node of the network nor what a layer may give.
int Layers::odd_term(int id) {
  for (;;) {
    const Expression& sum = expressions_[id];
    if (sum.op != Op::add) return id;
    const auto fits = [&](int term) {
      const Op op = expressions_[term].op;
      return op == Op::affine || op == Op::scalar || node_of(term) ||
             (is_open() && find_skip_and_activation(term));
    };
    const bool first = fits(sum.first);
    if (first == fits(sum.second)) return id;
    id = first ? sum.second : sum.first;
  }
}

void Layers::refuse(const std::string& where, int id) {
  const int odd = odd_term(id);
  const Maker* maker = expressions_.maker(odd);
  if (expressions_[odd].op == Op::affine || maker == nullptr) {
    throw file_error(
        "{}: takes {}, which others took already; only chains of layers, with "
        "residual additions of equally wide values, are read",
        where, value_name(odd));
  }
  const std::string culprit = fmt::format("{}: {}", path_, maker->label);
  if (!is_open()) {
    throw file_error(
        "{}: computes with the network's input before the first layer, which is not "
        "read; do this to the data instead",
        culprit);
  }
  // What it is made of: values that others made, and the operators since.
  std::set<int> open{odd};
  std::set<int> sources;
  std::set<int> steps;
  while (!open.empty()) {
    const int next = *open.rbegin();
    open.erase(next);
    const Expression& e = expressions_[next];
    if (e.op == Op::scalar) continue;
    if (e.op == Op::affine || node_of(next)) {
      sources.insert(next);
      continue;
    }
    steps.insert(next);
    for (const int operand : {e.first, e.second, e.third}) {
      if (operand >= 0) open.insert(operand);
    }
  }
  if (sources != std::set<int>{product_}) {
    std::vector<std::string> text;
    for (const int source : sources) text.push_back(value_name(source));
    throw file_error(
        "{}: computes with {}; only chains of layers, with residual additions of "
        "equally wide values, are read",
        culprit, fmt::join(text, " and "));
  }
  constexpr std::size_t most = 12;
  std::vector<std::string> operators;
  for (const int step : steps) {
    const Maker* made = expressions_.maker(step);
    if (made != nullptr && operators.size() <= most) operators.push_back(made->op);
  }
  if (operators.size() > most) operators.back() = "…";
  throw file_error(
      "{}: what follows the matrix product of layer {} ({}) is no activation that is "
      "known; known are relu, leaky-relu, elu, gelu, silu, softplus, sigmoid, tanh and "
      "sin, with a residual addition before or after",
      culprit, layers_.size() + 1, fmt::join(operators, ", "));
}

int Layers::close(const std::string& where, int id) {
  if (const auto node = node_of(id)) return *node;
  if (!is_open() || !find_skip_and_activation(id)) refuse(where, id);
  weights_.insert(weights_.end(), matrix_.begin(), matrix_.end());
  weights_.insert(weights_.end(), bias_.begin(), bias_.end());
  layers_.push_back(layer_);
  product_ = -1;
  const int node = static_cast<int>(layers_.size());
  nodes_[id] = node;
  return node;
}

}  // namespace convexscan::graph
