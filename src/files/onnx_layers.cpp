// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_layers.hpp"

#include <fmt/format.h>

#include "convexscan/error.hpp"

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
  require_finite(where, tensor);
  for (const std::string& source : tensor.sources) {
    const auto [place, fresh] = used_.try_emplace(source, where);
    if (!fresh) {
      throw Error(
          fmt::format("{}: uses \"{}\" a second time; tied weights are not read, give each layer "
                      "its own",
                      where, source));
    }
  }
}

int Layers::multiply(const std::string& where, int a, const Tensor& weights) {
  const int from = close(where, a);
  const int last = static_cast<int>(layers_.size());
  if (from != last) {
    throw Error(
        fmt::format("{}: multiplies {}, though layer {} was read since; only chains of layers, "
                    "with residual additions of equally wide values, are read",
                    where, node_name(from), last));
  }
  const std::int64_t outputs = weights.shape[0];
  const std::int64_t inputs = weights.shape[1];
  if (outputs < 1 || inputs < 1) throw Error(fmt::format("{}: has no weights", where));
  if (last > 0 && layers_.back().outputs != inputs) {
    throw Error(
        fmt::format("{}: takes {} values, but the layer before it gives {}; export the network "
                    "again",
                    where, inputs, layers_.back().outputs));
  }
  use(where, weights);
  layer_ = Layer{.inputs = inputs, .outputs = outputs, .bias = false};
  bias_.clear();
  weights_.insert(weights_.end(), weights.values.begin(), weights.values.end());
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

int Layers::close(const std::string& where, int id) {
  if (const auto node = node_of(id)) return *node;
  if (product_ < 0) {
    throw Error(
        fmt::format("{}: takes a value computed from a layer's output, or from the network's "
                    "input, that is used "
                    "elsewhere too; only chains of layers, with residual additions of equally wide "
                    "values, are read",
                    where));
  }
  if (!find_skip_and_activation(id)) {
    throw Error(fmt::format(
        "{}: what follows the matrix product of layer {} is no activation that is known; known are "
        "relu, leaky-relu, elu, gelu, silu, softplus, sigmoid, tanh and sin, with a residual "
        "addition "
        "before or after",
        where, layers_.size() + 1));
  }
  weights_.insert(weights_.end(), bias_.begin(), bias_.end());
  layers_.push_back(layer_);
  product_ = -1;
  const int node = static_cast<int>(layers_.size());
  nodes_[id] = node;
  return node;
}

}  // namespace convexscan::graph
