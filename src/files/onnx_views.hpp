// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "files/onnx_node.hpp"
#include "files/onnx_tensor.hpp"

namespace convexscan::graph {

/// The shape of a value that depends on the input: the batch first, then sizes; unknown ones are
/// -1.
using View = std::vector<std::int64_t>;

/// Stands for the batch. In Reshape a zero keeps a dimension, so that shapes a graph computes from
/// its input's come out right.
constexpr std::int64_t batch = 0;

/// A value that layers can take: one row a sample.
bool is_rows(const View& view);

/// The views after Flatten, Reshape, Squeeze and Unsqueeze. Throw Error where samples would be
/// mixed. batch_size is the fixed one of the export, or -1.
View flattened(const Node& node, const View& view);
View reshaped(const Node& node, const View& view, const std::vector<std::int64_t>& shape,
              std::int64_t batch_size);
View squeezed(const Node& node, const View& view, const Tensor* axes);
View unsqueezed(const Node& node, const View& view, const Tensor* axes);

}  // namespace convexscan::graph
