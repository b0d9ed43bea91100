// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace convexscan::graph {

/// A node of an ONNX graph with its attributes, and with a name for messages.
class Node {
 public:
  Node(const std::string& path, const onnx::NodeProto& proto);

  /// "Gemm"; with its domain where that is not ONNX's own: "ai.onnx.ml::ZipMap".
  const std::string& op() const { return op_; }
  const onnx::NodeProto& proto() const { return *proto_; }
  const std::string& path() const { return *path_; }

  /// "node "/fc1/Gemm" (Gemm)".
  std::string label() const;

  /// "PATH: node …", how messages about it start.
  std::string where() const;

  /// Throws Error "PATH: node …: what".
  [[noreturn]] void fail(std::string_view what) const;

  /// Attributes; the fallback where there is none, and Error where it has another type.
  bool has(std::string_view name) const { return find(name) != nullptr; }
  double real(std::string_view name, double fallback) const;
  std::int64_t whole(std::string_view name, std::int64_t fallback) const;
  std::string text(std::string_view name, std::string_view fallback) const;
  std::vector<std::int64_t> wholes(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;
  const onnx::TensorProto* tensor(std::string_view name) const;

 private:
  const onnx::AttributeProto* find(std::string_view name) const;
  const onnx::AttributeProto* find(std::string_view name, int type) const;

  const std::string* path_;
  const onnx::NodeProto* proto_;
  std::string op_;
};

}  // namespace convexscan::graph
