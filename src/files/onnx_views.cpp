// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_views.hpp"

#include <algorithm>
#include <optional>

#include "files/onnx_constants.hpp"

namespace convexscan::graph {
namespace {

[[noreturn]] void mixes_samples(const Node& node) {
  node.fail("would mix samples; reshape each sample by itself, as Flatten does");
}

/// The product of what follows the batch, or -1 when it is not known.
std::int64_t values_per_sample(const View& view) {
  std::int64_t product = 1;
  for (std::size_t d = 1; d < view.size(); ++d) {
    if (view[d] < 0 || product > (std::int64_t{1} << 40)) return -1;
    product *= view[d];
  }
  return product;
}

}  // namespace

bool is_rows(const View& view) { return view.size() == 2 && view[0] == batch; }

View flattened(const Node& node, const View& view) {
  const std::int64_t axis = node.whole("axis", 1);
  const auto rank = static_cast<std::int64_t>(view.size());
  if ((axis < 0 ? axis + rank : axis) != 1) mixes_samples(node);
  return {batch, values_per_sample(view)};
}

View reshaped(const Node& node, const View& view, const std::vector<std::int64_t>& shape,
              std::int64_t batch_size) {
  if (shape.empty()) mixes_samples(node);
  const bool keeps_batch = shape[0] == batch || shape[0] == -1 || shape[0] == batch_size;
  if (!keeps_batch) mixes_samples(node);
  View result{batch};
  std::optional<std::size_t> open;
  for (std::size_t d = 1; d < shape.size(); ++d) {
    const std::int64_t size = shape[d] == 0 && d < view.size() ? view[d] : shape[d];
    if (size < 1 && open) mixes_samples(node);
    if (size < 1) open = d;
    result.push_back(size < 1 ? 1 : size);
  }
  const std::int64_t wanted = values_per_sample(view);
  const std::int64_t known = values_per_sample(result);
  if (open) {
    if (shape[0] == -1 && shape[*open] == -1) mixes_samples(node);
    result[*open] = wanted < 0 || known < 1 ? -1 : wanted / known;
  }
  if (wanted >= 0 && values_per_sample(result) != wanted) mixes_samples(node);
  return result;
}

View squeezed(const Node& node, const View& view, const Tensor* axes_input) {
  const std::vector<std::int64_t> axes =
      axes_of(node, axes_input, static_cast<std::int64_t>(view.size()));
  View result{batch};
  for (std::size_t d = 0; d < view.size(); ++d) {
    const bool named = std::ranges::find(axes, static_cast<std::int64_t>(d)) != axes.end();
    if (named && (d == 0 || view[d] > 1)) mixes_samples(node);
    if (d > 0 && !(axes.empty() ? view[d] == 1 : named)) result.push_back(view[d]);
  }
  return result;
}

View unsqueezed(const Node& node, const View& view, const Tensor* axes_input) {
  const std::size_t count =
      axes_input != nullptr ? axes_input->values.size() : node.wholes("axes").size();
  std::vector<std::int64_t> axes =
      axes_of(node, axes_input, static_cast<std::int64_t>(view.size() + count));
  std::ranges::sort(axes);
  View result = view;
  for (const std::int64_t axis : axes) {
    if (axis == 0 || axis > static_cast<std::int64_t>(result.size())) mixes_samples(node);
    result.insert(result.begin() + axis, 1);
  }
  return result;
}

}  // namespace convexscan::graph
