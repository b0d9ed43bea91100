// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/onnx.hpp"
#include "files/onnx_layers.hpp"
#include "files/onnx_node.hpp"
#include "files/onnx_views.hpp"

namespace convexscan::graph {

/// Follows a graph node by node: constants are folded, the rest becomes expressions and layers.
class GraphReader {
 public:
  GraphReader(std::string path, const onnx::GraphProto& graph);

  /// Reads the network that ends at one of the graph's outputs.
  void read();

  Model model() const;
  std::vector<double>& weights() { return layers_.weights(); }
  const std::vector<std::string>& notices() const { return notices_; }
  LoadedModel::Dropped dropped() const { return dropped_; }
  const ExternalFiles& files() const { return files_; }

 private:
  /// A constant, or an expression in the network's input with its shape.
  struct Value {
    std::shared_ptr<const Tensor> constant;
    int expression = -1;
    View view;
  };
  using Handler = void (GraphReader::*)(const Node&);
  static Handler handler(std::string_view op);

  // Finding the way.
  void set_input();
  void choose_output();
  std::vector<int> nodes_needed() const;
  void follow(const Node& node);
  void finish();

  // A node's inputs and outputs.
  const Value* find(const Node& node, int input);
  const Value& value(const Node& node, int input);
  const Tensor* constant(const Node& node, int input);
  bool fold_constants(const Node& node);
  void set(const Node& node, Value value, int output = 0);
  int operand(const Node& node, int input);
  Value expression(const Node& node, Expression e, const View& view);

  // Operators.
  void product(const Node& node);
  void gemm(const Node& node);
  void addition(const Node& node);
  void single(const Node& node);
  void pair(const Node& node);
  void selection(const Node& node);
  void pass(const Node& node);
  void cast(const Node& node);
  void view_change(const Node& node);
  void input_shape(const Node& node);
  void softmax(const Node& node);
  void concatenation(const Node& node);
  void linear_classifier(const Node& node);
  void linear_regressor(const Node& node);
  void normalizer(const Node& node);
  int linear(const Node& node, const Tensor& weights, const Tensor& bias);
  int drop_final(int id);

  std::string path_;
  const onnx::GraphProto& graph_;
  ExternalFiles files_;
  std::map<std::string, const onnx::TensorProto*> initializers_;
  std::map<std::string, Value> values_;
  std::string output_;
  std::int64_t batch_size_ = -1;
  Expressions expressions_;
  Layers layers_{path_, expressions_};
  std::vector<std::string> notices_;
  LoadedModel::Dropped dropped_ = LoadedModel::Dropped::nothing;
};

}  // namespace convexscan::graph
