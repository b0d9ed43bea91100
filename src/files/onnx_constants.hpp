// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <span>

#include "files/onnx_node.hpp"
#include "files/onnx_tensor.hpp"

namespace convexscan::graph {

/// What a node makes of constants alone; nothing when its operator is not one that is folded.
/// Inputs that a node leaves out are null.
std::optional<Tensor> fold(const Node& node, std::span<const Tensor* const> inputs,
                           ExternalFiles& files);

/// The axes of Squeeze and Unsqueeze: an attribute in older files, an input in newer ones; each
/// counted from the front of rank dimensions.
std::vector<std::int64_t> axes_of(const Node& node, const Tensor* input, std::int64_t rank);

/// The values as whole numbers.
std::vector<std::int64_t> whole_values(const Node& node, const Tensor& tensor);

/// The transpose of a matrix.
Tensor transposed(const Tensor& matrix);

}  // namespace convexscan::graph
