// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// The operators that scikit-learn's linear models are exported as: one layer each.

#include <fmt/format.h>

#include <algorithm>

#include "files/onnx_graph.hpp"

namespace convexscan::graph {
namespace {

struct LinearModel {
  Tensor weights;  // (outputs, inputs)
  Tensor bias;     // (outputs,), or nothing
};

LinearModel linear_model(const Node& node, std::int64_t outputs) {
  LinearModel linear;
  linear.weights.values = node.reals("coefficients");
  linear.bias.values = node.reals("intercepts");
  const std::int64_t count = linear.weights.count();
  if (outputs < 1 || count == 0 || count % outputs != 0 ||
      (!linear.bias.values.empty() && linear.bias.count() != outputs)) {
    node.fail(
        fmt::format("{} coefficients and {} intercepts do not make {} outputs; export it again",
                    count, linear.bias.count(), outputs));
  }
  linear.weights.shape = {outputs, count / outputs};
  linear.bias.shape = {linear.bias.count()};
  return linear;
}

/// Two classes are written as the negative of the second row, and the second row.
bool keep_second_of_mirrored_rows(LinearModel& linear) {
  auto& w = linear.weights.values;
  auto& b = linear.bias.values;
  if (linear.weights.shape[0] != 2 || b.size() != 2 || b[0] != -b[1]) return false;
  const auto inputs = static_cast<std::size_t>(linear.weights.shape[1]);
  for (std::size_t i = 0; i < inputs; ++i) {
    if (w[i] != -w[inputs + i]) return false;
  }
  w.erase(w.begin(), w.begin() + linear.weights.shape[1]);
  b.erase(b.begin());
  linear.weights.shape[0] = linear.bias.shape[0] = 1;
  return true;
}

}  // namespace

void GraphReader::linear_classifier(const Node& node) {
  const std::string transform = node.text("post_transform", "NONE");
  std::int64_t outputs = static_cast<std::int64_t>(node.reals("intercepts").size());
  if (outputs == 0) outputs = static_cast<std::int64_t>(node.wholes("classlabels_ints").size());
  if (value(node, 0).expression < 0) node.fail("of a constant is not read");
  LinearModel model_read = linear_model(node, outputs);
  constexpr int scores = 1;  // output 0 is the label
  if (transform == "LOGISTIC" && keep_second_of_mirrored_rows(model_read)) {
    const int z = linear(node, model_read.weights, model_read.bias);
    const int p = expression(node, {.op = Op::sigmoid, .first = z}, {batch, 1}).expression;
    set(node, expression(node, {.op = Op::two_columns, .first = p}, {batch, 2}), scores);
    return;
  }
  const int z = linear(node, model_read.weights, model_read.bias);
  const View view{batch, outputs};
  if (transform == "NONE") {
    set(node, Value{nullptr, z, view}, scores);
  } else if (transform == "SOFTMAX") {
    set(node, expression(node, {.op = Op::softmax, .first = z}, view), scores);
  } else if (transform == "LOGISTIC") {
    set(node, expression(node, {.op = Op::sigmoid, .first = z}, view), scores);
  } else {
    node.fail(
        fmt::format("post_transform {} is not read; NONE, SOFTMAX and LOGISTIC are", transform));
  }
}

void GraphReader::linear_regressor(const Node& node) {
  if (value(node, 0).expression < 0) node.fail("of a constant is not read");
  if (node.text("post_transform", "NONE") != "NONE") node.fail("only post_transform NONE is read");
  const std::int64_t outputs = node.whole("targets", 1);
  LinearModel model_read = linear_model(node, outputs);
  const int z = linear(node, model_read.weights, model_read.bias);
  set(node, Value{nullptr, z, {batch, outputs}});
}

/// Makes probabilities that already add to one add to one.
void GraphReader::normalizer(const Node& node) {
  const Value& a = value(node, 0);
  const Op op = a.expression >= 0 ? expressions_[a.expression].op : Op::scalar;
  if (node.text("norm", "MAX") != "L1" || (op != Op::softmax && op != Op::two_columns)) {
    node.fail(
        "divides outputs by their sum, which is not read; train with a multinomial (softmax) "
        "model");
  }
  set(node, Value(a));
}

}  // namespace convexscan::graph
