// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "convexscan/onnx.hpp"
#include "temporary_folder.hpp"

namespace convexscan {

/// Builds ONNX graphs, odd ones above all, and has them read.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::vector<std::int64_t> input_shape = {-1, 2}) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(20);
    input("x", input_shape);
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  void input(const std::string& name, const std::vector<std::int64_t>& shape) {
    declare(*graph().add_input(), name, shape, onnx::TensorProto::FLOAT);
  }

  void output(const std::string& name, int type = onnx::TensorProto::FLOAT) {
    declare(*graph().add_output(), name, {-1, 1}, type);
  }

  onnx::TensorProto& weights(const std::string& name, const std::vector<std::int64_t>& shape,
                             const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : shape) tensor.add_dims(size);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
  }

  void sizes(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
  }

  /// A node named after its output.
  onnx::NodeProto& node(const std::string& op, std::initializer_list<std::string> inputs,
                        const std::string& made) {
    onnx::NodeProto& added = *graph().add_node();
    added.set_op_type(op);
    added.set_name("n_" + made);
    for (const std::string& name : inputs) added.add_input(name);
    added.add_output(made);
    return added;
  }

  static void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }

  static void set(onnx::NodeProto& node, const std::string& name, float value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  }

  static void set(onnx::NodeProto& node, const std::string& name, const std::string& value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  }

  const TemporaryFolder& folder() const { return folder_; }

  LoadedModel load() const {
    return load_onnx(folder_.write("net.onnx", model_.SerializeAsString()));
  }
  std::string error() const {
    return error_of([&] { load(); });
  }

 private:
  static void declare(onnx::ValueInfoProto& value, const std::string& name,
                      const std::vector<std::int64_t>& shape, int type) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const std::int64_t size : shape) {
      auto& dimension = *tensor.mutable_shape()->add_dim();
      if (size >= 0) {
        dimension.set_dim_value(size);
      } else {
        dimension.set_dim_param("n");
      }
    }
  }

  onnx::ModelProto model_;
  TemporaryFolder folder_;
};

}  // namespace convexscan
