// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "convexscan/error.hpp"
#include "files/file_error.hpp"
#include "files/onnx_constants.hpp"

namespace convexscan::graph {
namespace {

std::string names(const std::vector<const onnx::ValueInfoProto*>& values) {
  std::vector<std::string> text;
  for (const onnx::ValueInfoProto* value : values) text.push_back(value->name());
  return fmt::format("{}", fmt::join(text, ", "));
}

/// scikit-learn's exporter gives labels beside probabilities; labels are whole numbers or words.
bool is_label(const onnx::ValueInfoProto& value) {
  if (!value.type().has_tensor_type()) return false;
  switch (value.type().tensor_type().elem_type()) {
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::INT64:
    case onnx::TensorProto::STRING:
    case onnx::TensorProto::BOOL:
      return true;
    default:
      return false;
  }
}

}  // namespace

GraphReader::GraphReader(std::string path, const onnx::GraphProto& graph)
    : path_(std::move(path)), graph_(graph), files_(path_) {
  for (const onnx::TensorProto& tensor : graph_.initializer())
    initializers_[tensor.name()] = &tensor;
}

void GraphReader::read() {
  set_input();
  choose_output();
  for (const int index : nodes_needed()) follow(Node(path_, graph_.node(index)));
  finish();
}

Model GraphReader::model() const {
  try {
    return Model(layers_.layers());
  } catch (const Error& error) {
    throw file_error("{}: {}", path_, error.what());
  }
}

void GraphReader::set_input() {
  std::vector<const onnx::ValueInfoProto*> inputs;
  for (const onnx::ValueInfoProto& input : graph_.input()) {
    // Older files list their weights among the inputs.
    if (!initializers_.contains(input.name())) inputs.push_back(&input);
  }
  if (inputs.size() != 1) {
    throw file_error("{}: has {} inputs ({}); export a network with one", path_, inputs.size(),
                     names(inputs));
  }
  const onnx::ValueInfoProto& input = *inputs.front();
  Value value{nullptr, expressions_.add({.op = Op::node, .first = 0}), {batch, -1}};
  if (input.type().tensor_type().has_shape()) {
    value.view.clear();
    for (const auto& dimension : input.type().tensor_type().shape().dim()) {
      value.view.push_back(
          dimension.has_dim_value() && dimension.dim_value() > 0 ? dimension.dim_value() : -1);
    }
    if (value.view.size() < 2) {
      throw file_error(
          "{}: its input \"{}\" is not (samples, features); export the network with "
          "a batch dimension",
          path_, input.name());
    }
    batch_size_ = value.view[0];
    value.view[0] = batch;
    const bool open =
        std::ranges::find(value.view.begin() + 1, value.view.end(), -1) != value.view.end();
    if (open && value.view.size() > 2) {
      throw file_error(
          "{}: its input \"{}\" has a size that is left open beside the batch; "
          "export the network with fixed sizes",
          path_, input.name());
    }
  }
  values_[input.name()] = value;
}

void GraphReader::choose_output() {
  std::vector<const onnx::ValueInfoProto*> outputs;
  for (const onnx::ValueInfoProto& output : graph_.output()) {
    if (graph_.output_size() == 1 || !is_label(output)) outputs.push_back(&output);
  }
  if (outputs.size() != 1) {
    throw file_error("{}: has {} outputs that could be the network's ({}); export it with one",
                     path_, outputs.size(), names(outputs));
  }
  output_ = outputs.front()->name();
}

/// In the graph's order, which ONNX has so that a node comes after what it uses.
std::vector<int> GraphReader::nodes_needed() const {
  std::map<std::string, int> maker;
  for (int i = 0; i < graph_.node_size(); ++i) {
    for (const std::string& made : graph_.node(i).output()) {
      if (!made.empty() && !maker.try_emplace(made, i).second) {
        throw file_error("{}: makes \"{}\" twice; the file is damaged, export it again", path_,
                         made);
      }
    }
  }
  std::set<int> needed;
  std::vector<std::string> open{output_};
  while (!open.empty()) {
    const auto found = maker.find(open.back());
    open.pop_back();
    if (found == maker.end() || !needed.insert(found->second).second) continue;
    for (const std::string& used : graph_.node(found->second).input()) open.push_back(used);
  }
  return {needed.begin(), needed.end()};
}

const GraphReader::Value* GraphReader::find(const Node& node, int input) {
  if (input >= node.proto().input_size() || node.proto().input(input).empty()) return nullptr;
  const std::string& name = node.proto().input(input);
  if (const auto found = values_.find(name); found != values_.end()) return &found->second;
  const auto initializer = initializers_.find(name);
  if (initializer == initializers_.end()) {
    node.fail(fmt::format("uses \"{}\", which nothing before it makes; export it again", name));
  }
  auto tensor = std::make_shared<Tensor>(read_tensor(path_, *initializer->second, files_));
  tensor->sources = {name};
  return &(values_[name] = Value{std::move(tensor), -1, {}});
}

const GraphReader::Value& GraphReader::value(const Node& node, int input) {
  const Value* found = find(node, input);
  if (found == nullptr) node.fail("lacks an input; export it again");
  return *found;
}

const Tensor* GraphReader::constant(const Node& node, int input) {
  const Value* found = find(node, input);
  return found != nullptr ? found->constant.get() : nullptr;
}

void GraphReader::set(const Node& node, Value value, int output) {
  if (output >= node.proto().output_size()) node.fail("lacks an output; export it again");
  if (value.expression >= 0) expressions_.set_maker(value.expression, {node.label(), node.op()});
  values_[node.proto().output(output)] = std::move(value);
}

bool GraphReader::fold_constants(const Node& node) {
  std::vector<const Tensor*> inputs;
  for (int i = 0; i < node.proto().input_size(); ++i) {
    const Value* found = find(node, i);
    if (found != nullptr && found->constant == nullptr) return false;
    inputs.push_back(found != nullptr ? found->constant.get() : nullptr);
  }
  std::optional<Tensor> folded = fold(node, inputs, files_);
  if (!folded) return false;
  folded->from_shape = std::ranges::any_of(
      inputs, [](const Tensor* tensor) { return tensor != nullptr && tensor->from_shape; });
  // PyTorch lets weights of equal value share one initializer, each by an Identity of its own.
  const bool own_name = node.op() == "Identity" || node.op() == "Constant";
  if (own_name && node.proto().output_size() > 0) folded->sources = {node.proto().output(0)};
  set(node, Value{std::make_shared<Tensor>(std::move(*folded)), -1, {}});
  return true;
}

void GraphReader::follow(const Node& node) {
  if (const Handler handle = handler(node.op())) {
    if (!fold_constants(node)) (this->*handle)(node);
    return;
  }
  if (fold_constants(node)) return;
  node.fail(
      "this operator is not read; convexscan reads multilayer perceptrons of Gemm, MatMul and Add, "
      "activations Relu, LeakyRelu, Elu, Gelu, Sigmoid, Tanh, Softplus, Sin and x*Sigmoid(x), "
      "residual "
      "Add, and Flatten or Reshape of the input");
}

/// A final normalization is part of the loss; what it was made from, with a notice.
int GraphReader::drop_final(int id) {
  const auto notice = [&](int dropped, std::string_view loss, std::string_view what) {
    notices_.push_back(fmt::format("{}: {} is left out, as --loss {} contains it", path_,
                                   what.empty() ? expressions_.maker(dropped)->label : what, loss));
  };
  const Expression e = expressions_[id];
  if (layers_.node_of(id)) return id;
  if (e.op == Op::log && expressions_[e.first].op == Op::softmax) return drop_final(e.first);
  if (e.op == Op::softmax || e.op == Op::log_softmax) {
    notice(id, "cross-entropy", "");
    dropped_ = LoadedModel::Dropped::softmax;
    return e.first;
  }
  if (e.op == Op::sigmoid) {
    notice(id, "binary-cross-entropy", "");
    dropped_ = LoadedModel::Dropped::sigmoid;
    return e.first;
  }
  if (e.op == Op::two_columns && expressions_[e.first].op == Op::sigmoid) {
    dropped_ = LoadedModel::Dropped::sigmoid;
    notice(id, "binary-cross-entropy",
           fmt::format("{}, which makes two columns 1-p and p of one Sigmoid,",
                       expressions_.maker(id)->label));
    return expressions_[e.first].first;
  }
  return id;
}

void GraphReader::finish() {
  const auto found = values_.find(output_);
  const std::string where = fmt::format("{}: output \"{}\"", path_, output_);
  if (found == values_.end() || found->second.expression < 0) {
    throw file_error("{} does not depend on the network's input; export it again", where);
  }
  const View& view = found->second.view;
  const bool single_column = view.size() == 1;
  if (!is_rows(view) && !single_column) {
    throw file_error("{} is not (samples, outputs); end the network with one row a sample", where);
  }
  const int node = layers_.close(where, drop_final(found->second.expression));
  if (layers_.layers().empty()) {
    throw file_error("{}: has no weights; give a network with at least one layer", path_);
  }
  if (layers_.is_open() || node != static_cast<int>(layers_.layers().size())) {
    throw file_error("{} is not that of the last layer; export the network again", where);
  }
}

}  // namespace convexscan::graph
