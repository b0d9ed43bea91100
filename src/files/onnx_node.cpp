// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_node.hpp"

#include <fmt/format.h>

#include "convexscan/error.hpp"
#include "files/file_error.hpp"

namespace convexscan::graph {

Node::Node(const std::string& path, const onnx::NodeProto& proto)
    : path_(&path), proto_(&proto), op_(proto.op_type()) {
  const std::string& domain = proto.domain();
  if (!domain.empty() && domain != "ai.onnx") op_ = fmt::format("{}::{}", domain, op_);
}

std::string Node::label() const {
  if (!proto_->name().empty()) return fmt::format("node \"{}\" ({})", proto_->name(), op_);
  const std::string output = proto_->output_size() > 0 ? proto_->output(0) : "";
  return fmt::format("the node that makes \"{}\" ({})", output, op_);
}

std::string Node::where() const { return fmt::format("{}: {}", *path_, label()); }

void Node::fail(std::string_view what) const { throw file_error("{}: {}", where(), what); }

const onnx::AttributeProto* Node::find(std::string_view name) const {
  for (const onnx::AttributeProto& attribute : proto_->attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const onnx::AttributeProto* Node::find(std::string_view name, int type) const {
  const onnx::AttributeProto* attribute = find(name);
  if (attribute != nullptr && attribute->type() != type) {
    fail(fmt::format("its attribute {} has the wrong type; export the network again", name));
  }
  return attribute;
}

double Node::real(std::string_view name, double fallback) const {
  const auto* attribute = find(name, onnx::AttributeProto::FLOAT);
  return attribute != nullptr ? static_cast<double>(attribute->f()) : fallback;
}

std::int64_t Node::whole(std::string_view name, std::int64_t fallback) const {
  const auto* attribute = find(name, onnx::AttributeProto::INT);
  return attribute != nullptr ? attribute->i() : fallback;
}

std::string Node::text(std::string_view name, std::string_view fallback) const {
  const auto* attribute = find(name, onnx::AttributeProto::STRING);
  return attribute != nullptr ? attribute->s() : std::string(fallback);
}

std::vector<std::int64_t> Node::wholes(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<double> Node::reals(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::FLOATS);
  if (attribute == nullptr) return {};
  return {attribute->floats().begin(), attribute->floats().end()};
}

const onnx::TensorProto* Node::tensor(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::TENSOR);
  return attribute != nullptr ? &attribute->t() : nullptr;
}

}  // namespace convexscan::graph
