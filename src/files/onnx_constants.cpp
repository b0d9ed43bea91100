// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_constants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convexscan::graph {
namespace {

using Inputs = std::span<const Tensor* const>;

const Tensor& input(const Node& node, Inputs inputs, std::size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) node.fail("lacks an input; export it again");
  return *inputs[i];
}

Tensor vector_of(std::vector<double> values) {
  Tensor tensor;
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.values = std::move(values);
  return tensor;
}

Tensor scalar(double value) {
  Tensor tensor;
  tensor.values = {value};
  return tensor;
}

Tensor of_whole_numbers(Tensor tensor) {
  tensor.whole = true;
  return tensor;
}

Tensor constant(const Node& node, ExternalFiles& files) {
  if (const onnx::TensorProto* proto = node.tensor("value")) {
    return read_tensor(node.path(), *proto, files);
  }
  if (node.has("value_float")) return scalar(node.real("value_float", 0.0));
  if (node.has("value_int")) {
    return of_whole_numbers(scalar(static_cast<double>(node.whole("value_int", 0))));
  }
  if (node.has("value_floats")) return vector_of(node.reals("value_floats"));
  if (node.has("value_ints")) {
    const std::vector<std::int64_t> whole = node.wholes("value_ints");
    std::vector<double> values;
    for (const std::int64_t value : whole) values.push_back(static_cast<double>(value));
    return of_whole_numbers(vector_of(std::move(values)));
  }
  node.fail("holds no number; export it again");
}

Tensor reshaped(const Node& node, const Tensor& data, std::vector<std::int64_t> shape) {
  std::int64_t known = 1;
  std::int64_t open = -1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0 && d < data.shape.size()) shape[d] = data.shape[d];
    if (shape[d] == -1 && open < 0) {
      open = static_cast<std::int64_t>(d);
    } else if (shape[d] < 1 || shape[d] > data.count()) {
      node.fail(fmt::format("cannot give a constant the shape {}", shape_text(shape)));
    } else {
      known *= shape[d];
    }
    if (known > data.count()) break;
  }
  if (open >= 0 && known > 0) shape[static_cast<std::size_t>(open)] = data.count() / known;
  Tensor result = data;
  result.shape = shape;
  if (value_count(node.path(), shape) != data.count()) {
    node.fail(fmt::format("cannot give a constant of shape {} the shape {}", shape_text(data.shape),
                          shape_text(shape)));
  }
  return result;
}

Tensor squeezed(const Node& node, const Tensor& data, const Tensor* axes_input) {
  const std::vector<std::int64_t> axes = axes_of(node, axes_input, data.rank());
  Tensor result = data;
  result.shape.clear();
  for (std::int64_t d = 0; d < data.rank(); ++d) {
    const std::int64_t size = data.shape[static_cast<std::size_t>(d)];
    const bool named = std::ranges::find(axes, d) != axes.end();
    if (named && size != 1) node.fail(fmt::format("dimension {} has size {}, not 1", d, size));
    if (!(axes.empty() ? size == 1 : named)) result.shape.push_back(size);
  }
  return result;
}

Tensor unsqueezed(const Node& node, const Tensor& data, const Tensor* axes_input) {
  const std::int64_t count = axes_input != nullptr
                                 ? axes_input->count()
                                 : static_cast<std::int64_t>(node.wholes("axes").size());
  std::vector<std::int64_t> axes = axes_of(node, axes_input, data.rank() + count);
  std::ranges::sort(axes);
  Tensor result = data;
  for (const std::int64_t axis : axes) {
    if (axis > result.rank()) node.fail("its axes do not fit; export it again");
    result.shape.insert(result.shape.begin() + axis, 1);
  }
  return result;
}

double arithmetic(std::string_view op, double a, double b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  return a / b;
}

/// Equal shapes, or one of them a single number of no more dimensions.
Tensor combined(const Node& node, const Tensor& a, const Tensor& b) {
  const bool fits = a.shape == b.shape || (a.is_scalar() && a.rank() <= b.rank()) ||
                    (b.is_scalar() && b.rank() <= a.rank());
  if (!fits) {
    node.fail(
        fmt::format("combines constants of shapes {} and {}; only equal shapes and single numbers "
                    "are folded",
                    shape_text(a.shape), shape_text(b.shape)));
  }
  Tensor result = a.is_scalar() && b.rank() >= a.rank() ? b : a;
  result.sources.insert(a.sources.begin(), a.sources.end());
  result.sources.insert(b.sources.begin(), b.sources.end());
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    double& value = result.values[i];
    value = arithmetic(node.op(), a.values[a.is_scalar() ? 0 : i], b.values[b.is_scalar() ? 0 : i]);
    if (result.whole) value = std::trunc(value);
  }
  return result;
}

/// Floats are cut to whole numbers; narrower floats keep their digits.
Tensor cast(const Node& node, Tensor tensor) {
  const std::int64_t type = node.whole("to", onnx::TensorProto::FLOAT);
  tensor.whole = type == onnx::TensorProto::INT32 || type == onnx::TensorProto::INT64;
  switch (type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
      break;
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::INT64:
      for (double& value : tensor.values) value = std::trunc(value);
      break;
    case onnx::TensorProto::BOOL:
      for (double& value : tensor.values) value = value != 0.0 ? 1.0 : 0.0;
      break;
    default:
      node.fail("makes other numbers of constants, which is not read; export it again");
  }
  return tensor;
}

Tensor concatenated(const Node& node, Inputs inputs) {
  Tensor result = vector_of({});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& part = input(node, inputs, i);
    if (part.rank() != 1) node.fail("joins constants that are no vectors, which is not read");
    result.whole = part.whole;  // all are of one type
    result.values.insert(result.values.end(), part.values.begin(), part.values.end());
  }
  result.shape = {result.count()};
  return result;
}

Tensor gathered(const Node& node, const Tensor& data, const Tensor& indices) {
  if (data.rank() != 1 || indices.rank() > 1 || node.whole("axis", 0) != 0) {
    node.fail("picks from a constant that is no vector, which is not read");
  }
  Tensor result = indices;
  result.whole = data.whole;
  result.values.clear();
  for (std::int64_t index : whole_values(node, indices)) {
    if (index < 0) index += data.count();
    if (index < 0 || index >= data.count()) node.fail("picks beyond the end; export it again");
    result.values.push_back(data.values[static_cast<std::size_t>(index)]);
  }
  return result;
}

}  // namespace

std::vector<std::int64_t> whole_values(const Node& node, const Tensor& tensor) {
  std::vector<std::int64_t> whole;
  for (const double value : tensor.values) {
    if (!(std::abs(value) < 1e15) || std::trunc(value) != value) {
      node.fail("needs whole numbers as shape or axes; export it again");
    }
    whole.push_back(static_cast<std::int64_t>(value));
  }
  return whole;
}

std::vector<std::int64_t> axes_of(const Node& node, const Tensor* input, std::int64_t rank) {
  std::vector<std::int64_t> axes =
      input != nullptr ? whole_values(node, *input) : node.wholes("axes");
  for (std::int64_t& axis : axes) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) node.fail("its axes do not fit; export it again");
  }
  return axes;
}

Tensor transposed(const Tensor& matrix) {
  Tensor result = matrix;
  const auto rows = static_cast<std::size_t>(matrix.shape[0]);
  const auto columns = static_cast<std::size_t>(matrix.shape[1]);
  result.shape = {matrix.shape[1], matrix.shape[0]};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      result.values[c * rows + r] = matrix.values[r * columns + c];
    }
  }
  return result;
}

std::optional<Tensor> fold(const Node& node, Inputs inputs, ExternalFiles& files) {
  const std::string& op = node.op();
  const bool moves = op == "Identity" || op == "Cast" || op == "Reshape" || op == "Squeeze" ||
                     op == "Unsqueeze" || op == "Gather";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool kept = op == "Concat" || (moves && i == 0);
    if (inputs[i] != nullptr && inputs[i]->counts_samples() && !kept) {
      node.fail("computes with the number of samples; only shapes may depend on it");
    }
  }
  const Tensor* second = inputs.size() > 1 ? inputs[1] : nullptr;
  if (op == "Constant") return constant(node, files);
  if (op == "Identity" || op == "Dropout") return input(node, inputs, 0);
  if (op == "Cast") return cast(node, input(node, inputs, 0));
  if (op == "Neg") {
    Tensor result = input(node, inputs, 0);
    for (double& value : result.values) value = -value;
    return result;
  }
  if (op == "Transpose") {
    const Tensor& data = input(node, inputs, 0);
    if (data.rank() > 2) node.fail("transposes a constant with more than two dimensions");
    const std::vector<std::int64_t> order = node.wholes("perm");
    const bool turned =
        data.rank() == 2 && (order.empty() || order == std::vector<std::int64_t>{1, 0});
    return turned ? transposed(data) : data;
  }
  if (op == "Reshape") {
    return reshaped(node, input(node, inputs, 0), whole_values(node, input(node, inputs, 1)));
  }
  if (op == "Squeeze") return squeezed(node, input(node, inputs, 0), second);
  if (op == "Unsqueeze") return unsqueezed(node, input(node, inputs, 0), second);
  if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") {
    return combined(node, input(node, inputs, 0), input(node, inputs, 1));
  }
  if (op == "Concat") return concatenated(node, inputs);
  if (op == "Gather") return gathered(node, input(node, inputs, 0), input(node, inputs, 1));
  return std::nullopt;
}

}  // namespace convexscan::graph
