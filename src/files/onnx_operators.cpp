// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// What each operator means for the network that is being read.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "files/onnx_constants.hpp"
#include "files/onnx_graph.hpp"

namespace convexscan::graph {
namespace {

const std::map<std::string_view, Op> single_operand{{"Neg", Op::neg},
                                                    {"Erf", Op::erf},
                                                    {"Exp", Op::exp},
                                                    {"Log", Op::log},
                                                    {"Sqrt", Op::sqrt},
                                                    {"Relu", Op::relu},
                                                    {"LeakyRelu", Op::leaky_relu},
                                                    {"Elu", Op::elu},
                                                    {"Gelu", Op::gelu},
                                                    {"Sigmoid", Op::sigmoid},
                                                    {"Softplus", Op::softplus},
                                                    {"Tanh", Op::tanh},
                                                    {"Sin", Op::sin},
                                                    {"Swish", Op::silu}};

const std::map<std::string_view, Op> two_operands{
    {"Add", Op::add}, {"Sub", Op::sub},   {"Mul", Op::mul},        {"Div", Op::div},
    {"Pow", Op::pow}, {"Less", Op::less}, {"Greater", Op::greater}};

/// A bias is a row: (outputs,), or with ones before.
bool is_row_of(const Tensor& tensor, std::int64_t outputs) {
  return tensor.count() == outputs && tensor.rank() <= 2 &&
         (tensor.rank() == 0 || tensor.shape.back() == outputs);
}

/// A bias; of one number, that for every output.
Tensor for_every_output(Tensor bias, std::int64_t outputs) {
  if (bias.is_scalar() && bias.rank() <= 2) {
    bias.shape = {outputs};
    bias.values.assign(static_cast<std::size_t>(outputs), bias.values[0]);
  }
  return bias;
}

}  // namespace

GraphReader::Handler GraphReader::handler(std::string_view op) {
  static const std::map<std::string_view, Handler> handlers = [] {
    std::map<std::string_view, Handler> table{
        {"MatMul", &GraphReader::product},
        {"Gemm", &GraphReader::gemm},
        {"Identity", &GraphReader::pass},
        {"Dropout", &GraphReader::pass},
        {"ai.onnx.ml::ZipMap", &GraphReader::pass},
        {"Cast", &GraphReader::cast},
        {"Flatten", &GraphReader::view_change},
        {"Reshape", &GraphReader::view_change},
        {"Squeeze", &GraphReader::view_change},
        {"Unsqueeze", &GraphReader::view_change},
        {"Shape", &GraphReader::input_shape},
        {"Softmax", &GraphReader::softmax},
        {"LogSoftmax", &GraphReader::softmax},
        {"Where", &GraphReader::selection},
        {"Concat", &GraphReader::concatenation},
        {"ai.onnx.ml::LinearClassifier", &GraphReader::linear_classifier},
        {"ai.onnx.ml::LinearRegressor", &GraphReader::linear_regressor},
        {"ai.onnx.ml::Normalizer", &GraphReader::normalizer}};
    for (const auto& [name, op_code] : single_operand) table[name] = &GraphReader::single;
    for (const auto& [name, op_code] : two_operands) table[name] = &GraphReader::pair;
    table["Add"] = &GraphReader::addition;
    return table;
  }();
  const auto found = handlers.find(op);
  return found == handlers.end() ? nullptr : found->second;
}

GraphReader::Value GraphReader::expression(const Node& node, Expression e, const View& view) {
  Value made{nullptr, expressions_.add(e), view};
  expressions_.set_maker(made.expression, {node.label(), node.op()});
  return made;
}

/// z = a·W, W constant.
void GraphReader::product(const Node& node) {
  const Value& a = value(node, 0);
  const Tensor* w = constant(node, 1);
  if (a.expression < 0 || w == nullptr) {
    node.fail("is not a value from the input times constant weights, which is what is read");
  }
  if (w->rank() != 2) {
    node.fail(
        fmt::format("its weights have shape {}, not (inputs, outputs)", shape_text(w->shape)));
  }
  Tensor weights = transposed(*w);
  weights.sources = w->sources;
  set(node, Value{nullptr, linear(node, weights, {}), {batch, w->shape[1]}});
}

/// alpha·a·W + beta·b; alpha and beta go into weights and biases.
void GraphReader::gemm(const Node& node) {
  const Value& a = value(node, 0);
  const Tensor* w = constant(node, 1);
  if (a.expression < 0 || w == nullptr) {
    node.fail("is not a value from the input times constant weights, which is what is read");
  }
  if (node.whole("transA", 0) != 0) node.fail("transposes the samples (transA), which is not read");
  if (w->rank() != 2) {
    node.fail(fmt::format("its weights have shape {}, not two dimensions", shape_text(w->shape)));
  }
  Tensor weights = node.whole("transB", 0) != 0 ? *w : transposed(*w);
  for (double& value : weights.values) value *= node.real("alpha", 1.0);
  Tensor bias;
  if (const Value* c = find(node, 2)) {
    if (c->constant == nullptr)
      node.fail("adds a value that is no constant; write it as MatMul and Add");
    bias = for_every_output(*c->constant, weights.shape[0]);
    if (bias.values.empty() || !is_row_of(bias, weights.shape[0])) {
      node.fail(fmt::format("its bias has shape {}, but {} outputs need ({},)",
                            shape_text(bias.shape), weights.shape[0], weights.shape[0]));
    }
    for (double& value : bias.values) value *= node.real("beta", 1.0);
  }
  const View view{batch, weights.shape[0]};
  set(node, Value{nullptr, linear(node, weights, bias), view});
}

/// Opens a layer on the node's first input.
int GraphReader::linear(const Node& node, const Tensor& weights, const Tensor& bias) {
  const Value& a = value(node, 0);
  if (!is_rows(a.view)) node.fail("takes more than one row a sample; flatten the input first");
  if (a.view[1] >= 0 && a.view[1] != weights.shape[1]) {
    node.fail(fmt::format("takes {} values, but its input has {}; export the network again",
                          weights.shape[1], a.view[1]));
  }
  const int made = layers_.multiply(node.where(), a.expression, weights);
  const int z = bias.values.empty() ? made : layers_.add_bias(node.where(), bias);
  expressions_.set_maker(z, {node.label(), node.op()});
  return z;
}

/// A bias, a residual connection, or part of an activation.
void GraphReader::addition(const Node& node) {
  for (const int side : {0, 1}) {
    const Tensor* bias = constant(node, 1 - side);
    if (bias == nullptr) continue;
    const Value& z = value(node, side);
    if (!layers_.takes_bias(z.expression)) continue;
    const Tensor row = for_every_output(*bias, layers_.open_outputs());
    if (!is_row_of(row, layers_.open_outputs())) continue;
    const View view = z.view;
    set(node, Value{nullptr, layers_.add_bias(node.where(), row), view});
    return;
  }
  pair(node);
}

int GraphReader::operand(const Node& node, int input) {
  const Value& from = value(node, input);
  if (from.constant == nullptr) return from.expression;
  if (!from.constant->is_scalar()) {
    node.fail(fmt::format(
        "combines a value with a constant of shape {}, which is no part of a multilayer "
        "perceptron; scale the data or the weights instead",
        shape_text(from.constant->shape)));
  }
  if (from.constant->counts_samples()) {
    node.fail("computes with the number of samples; only shapes may depend on it");
  }
  return expressions_.add({.op = Op::scalar, .value = from.constant->values[0]});
}

void GraphReader::single(const Node& node) {
  const Value& a = value(node, 0);
  if (a.expression < 0) node.fail("of a constant is not read; export the network again");
  Expression e{.op = single_operand.at(node.op()), .first = a.expression};
  if (e.op == Op::leaky_relu) e.value = node.real("alpha", static_cast<double>(0.01F));
  if (e.op == Op::elu) e.value = node.real("alpha", 1.0);
  if (!std::isfinite(e.value)) {
    node.fail(fmt::format("its alpha is {}; every value must be finite",
                          std::isnan(e.value) ? "NaN" : "infinity"));
  }
  if (e.op == Op::gelu) {
    const std::string kind = node.text("approximate", "none");
    if (kind != "none" && kind != "tanh")
      node.fail(fmt::format("approximate=\"{}\" is unknown", kind));
    if (kind == "tanh") e.op = Op::gelu_tanh;
  }
  if (e.op == Op::silu && node.real("alpha", 1.0) != 1.0) node.fail("only alpha = 1 is read");
  set(node, expression(node, e, a.view));
}

void GraphReader::pair(const Node& node) {
  const Value& a = value(node, 0);
  const Value& b = value(node, 1);
  const View view = a.constant != nullptr ? b.view : a.view;
  if (a.constant == nullptr && b.constant == nullptr && a.view != b.view) {
    node.fail("combines values of different shape; only equally wide ones are read");
  }
  if (a.constant != nullptr && b.constant != nullptr) node.fail("of constants is not read");
  const int first = operand(node, 0);
  const int second = operand(node, 1);
  set(node,
      expression(node, {.op = two_operands.at(node.op()), .first = first, .second = second}, view));
}

/// PyTorch's newer exporter writes Softplus with the branch at 20 that its own kernels have.
void GraphReader::selection(const Node& node) {
  View view;
  for (const int input : {0, 1, 2}) {
    const Value& from = value(node, input);
    if (from.constant != nullptr) continue;
    if (!view.empty() && view != from.view) {
      node.fail("combines values of different shape; only equally wide ones are read");
    }
    view = from.view;
  }
  if (view.empty()) node.fail("of constants is not read");
  const int condition = operand(node, 0);
  const int then = operand(node, 1);
  const int otherwise = operand(node, 2);
  set(node,
      expression(node, {.op = Op::where, .first = condition, .second = then, .third = otherwise},
                 view));
}

void GraphReader::pass(const Node& node) {
  const Tensor* training = node.op() == "Dropout" ? constant(node, 2) : nullptr;
  if (training != nullptr && training->is_scalar() && training->values[0] != 0.0) {
    node.fail("is in training mode; call eval() before the export");
  }
  set(node, value(node, 0));
}

void GraphReader::cast(const Node& node) {
  switch (node.whole("to", onnx::TensorProto::FLOAT)) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
      set(node, value(node, 0));
      return;
    default:
      node.fail("makes other numbers of floats, which is not read; choose the output before it");
  }
}

void GraphReader::view_change(const Node& node) {
  Value changed = value(node, 0);
  if (changed.expression < 0) node.fail("of a constant is not read in this form");
  const Tensor* second = constant(node, 1);
  const bool axes_vary = find(node, 1) != nullptr && second == nullptr;
  if (axes_vary) node.fail("its shape depends on the data; export with fixed sizes");
  if (node.op() == "Flatten") changed.view = flattened(node, changed.view);
  if (node.op() == "Squeeze") changed.view = squeezed(node, changed.view, second);
  if (node.op() == "Unsqueeze") changed.view = unsqueezed(node, changed.view, second);
  if (node.op() == "Reshape") {
    if (second == nullptr) node.fail("lacks a shape; export it again");
    const std::vector<std::int64_t> shape = whole_values(node, *second);
    const auto others = std::span(shape).subspan(std::min<std::size_t>(1, shape.size()));
    const bool keeps_other = std::ranges::find(others, 0) != others.end();
    if (second->counts_samples() && keeps_other) {
      node.fail("would mix samples; reshape each sample by itself, as Flatten does");
    }
    const bool final = node.proto().output_size() > 0 && node.proto().output(0) == output_;
    if (final && is_rows(changed.view) && shape == std::vector<std::int64_t>{-1, 1}) {
      // scikit-learn's exporter ends every regressor so, even one with several outputs.
      if (changed.view[1] != 1) {
        notices_.push_back(
            fmt::format("{}: {} is left out, as it would stack the {} outputs of a sample", path_,
                        node.label(), changed.view[1]));
      }
    } else {
      changed.view = reshaped(node, changed.view, shape, batch_size_);
    }
  }
  set(node, std::move(changed));
}

/// The sizes of a value, from start to end; the batch as the zero that Reshape keeps.
void GraphReader::input_shape(const Node& node) {
  const View& view = value(node, 0).view;
  if (value(node, 0).expression < 0) node.fail("of a constant is not read");
  if (std::ranges::find(view, -1) != view.end()) {
    node.fail("asks for a size that is left open; export the network with fixed sizes");
  }
  const auto rank = static_cast<std::int64_t>(view.size());
  const auto place = [&](std::string_view name, std::int64_t fallback) {
    const std::int64_t at = node.whole(name, fallback);
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = place("start", 0);
  const std::int64_t end = std::max(start, place("end", rank));
  auto sizes = std::make_shared<Tensor>();
  sizes->from_shape = true;
  sizes->whole = true;
  sizes->shape = {end - start};
  sizes->values.assign(view.begin() + start, view.begin() + end);
  set(node, Value{std::move(sizes), -1, {}});
}

void GraphReader::softmax(const Node& node) {
  const Value& a = value(node, 0);
  const std::int64_t axis = node.whole("axis", -1);
  if (a.expression < 0 || !is_rows(a.view) || (axis != 1 && axis != -1)) {
    node.fail("is not over the outputs of each sample, which is what is read");
  }
  const Op op = node.op() == "Softmax" ? Op::softmax : Op::log_softmax;
  set(node, expression(node, {.op = op, .first = a.expression}, a.view));
}

/// scikit-learn's two classes: 1 − p and p.
void GraphReader::concatenation(const Node& node) {
  const std::int64_t axis = node.whole("axis", 1);
  if (node.proto().input_size() == 2 && (axis == 1 || axis == -1)) {
    const Value& p = value(node, 1);
    const int other = value(node, 0).expression;
    const bool column = p.expression >= 0 && p.view == View{batch, 1};
    if (column && other >= 0 && expressions_[other].op == Op::sub) {
      const Expression& minuend = expressions_[expressions_[other].first];
      if (expressions_[other].second == p.expression && minuend.op == Op::scalar &&
          minuend.value == 1.0) {
        set(node, expression(node, {.op = Op::two_columns, .first = p.expression}, {batch, 2}));
        return;
      }
    }
  }
  node.fail("joins values side by side, which is not read; only chains of layers are");
}

}  // namespace convexscan::graph
