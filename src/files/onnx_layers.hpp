// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "convexscan/model.hpp"
#include "files/onnx_expression.hpp"
#include "files/onnx_tensor.hpp"

namespace convexscan::graph {

/// Turns expressions into layers, in the order of the graph. At most one layer is open: its matrix
/// product is known, and what follows is collected as expressions until the next product, or the
/// network's end, says that it is whole.
///
/// where is how messages start: file and node.
class Layers {
 public:
  Layers(std::string path, Expressions& expressions)
      : path_(std::move(path)), expressions_(expressions) {}

  /// Opens a layer z = W·a, W (outputs, inputs), after closing the one that a comes from.
  /// Throws Error when a is not the last layer's output, another layer is open on it, widths
  /// differ, or W was used before.
  int multiply(const std::string& where, int a, const Tensor& weights);

  /// Whether an expression is the open layer's product, still without a bias.
  bool takes_bias(int id) const { return id == product_ && !layer_.bias; }
  int add_bias(const std::string& where, const Tensor& bias);

  /// Outputs of the open layer.
  std::int64_t open_outputs() const { return layer_.outputs; }

  bool is_open() const { return product_ >= 0; }

  /// Closes the open layer with an expression as its output; the network's node that it is.
  /// Throws Error naming the graph's node that makes it no layer's output.
  int close(const std::string& where, int id);

  /// The node of the network that an expression is, if it is a finished one.
  std::optional<int> node_of(int id) const;

  const std::vector<Layer>& layers() const { return layers_; }
  std::vector<double>& weights() { return weights_; }

 private:
  void use(const std::string& where, const Tensor& tensor);
  bool find_skip_and_activation(int id);
  std::string value_name(int id) const;
  int odd_term(int id);
  [[noreturn]] void refuse(const std::string& where, int id);

  std::string path_;
  Expressions& expressions_;
  std::vector<Layer> layers_;
  std::vector<double> weights_;              // of the finished layers
  std::map<int, int> nodes_;                 // expression → node of the network
  std::map<std::string, std::string> used_;  // initializer → where
  int product_ = -1;                         // the open layer's W·a (+ b), or none
  Layer layer_;
  std::vector<double> matrix_;
  std::vector<double> bias_;
};

}  // namespace convexscan::graph
