// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "files/npy.hpp"

namespace convexscan::graph {

/// A constant of a graph. sources names the initializers it was made from, so that weights used
/// twice are found. What Shape gives holds 0 for the number of samples, which is not known.
struct Tensor : Array {
  std::set<std::string> sources;
  bool from_shape = false;
  bool whole = false;  ///< of an integer type, whose division drops the remainder

  std::int64_t count() const { return static_cast<std::int64_t>(values.size()); }
  bool is_scalar() const { return values.size() == 1; }
  bool counts_samples() const {
    return from_shape && std::ranges::find(values, 0.0) != values.end();
  }
};

/// The files beside a model that hold its larger tensors.
class ExternalFiles {
 public:
  explicit ExternalFiles(std::string model_path) : model_path_(std::move(model_path)) {}

  /// The bytes of a file in the model's folder. Throws Error for any place outside it.
  const std::string& bytes(const std::string& location);

  /// The files read.
  std::vector<std::string> paths() const;

  /// ",HASH" for each file read, in the order of their names.
  std::string hashes() const;

 private:
  std::string model_path_;
  std::map<std::string, std::string> read_;
};

/// The numbers of a tensor, whatever the field they lie in.
/// Throws Error when there are too few or too many, or when they are no numbers.
Tensor read_tensor(const std::string& path, const onnx::TensorProto& proto, ExternalFiles& files);

}  // namespace convexscan::graph
