// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/onnx.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <limits>

#include "convexscan/error.hpp"
#include "files/file_bytes.hpp"
#include "files/file_error.hpp"
#include "files/onnx_graph.hpp"
#include "files/printable.hpp"

namespace convexscan {
namespace {

onnx::ModelProto parse(const std::string& path, const std::string& bytes) {
  onnx::ModelProto model;
  // What is wrong is said once, by the error.
  const google::protobuf::LogSilencer quiet;
  const bool fits = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!fits || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw file_error("{}: is no whole ONNX file; export or copy it again", path);
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    throw file_error("{}: holds no ONNX graph; export or copy it again", path);
  }
  return model;
}

}  // namespace

LoadedModel load_onnx(const std::string& path) {
  const std::string bytes = read_file(path);
  const onnx::ModelProto proto = parse(path, bytes);
  graph::GraphReader reader(path, proto.graph());
  reader.read();
  LoadedModel loaded;
  loaded.model = reader.model();
  loaded.weights = std::move(reader.weights());
  if (static_cast<std::int64_t>(loaded.weights.size()) != loaded.model.parameter_count()) {
    throw file_error("{}: gives {} weights to layers of {}; please report this file", path,
                     loaded.weights.size(), loaded.model.parameter_count());
  }
  loaded.dropped = reader.dropped();
  for (const std::string& notice : reader.notices()) loaded.notices.push_back(printable(notice));
  loaded.external_files = reader.files().paths();
  loaded.hash = sha256(bytes) + reader.files().hashes();
  return loaded;
}

}  // namespace convexscan
