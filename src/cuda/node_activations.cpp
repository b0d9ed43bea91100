// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/node_activations.hpp"

#include <algorithm>

#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

std::vector<double> node_activations(const NetworkData<double>& data, const DeviceContext& context,
                                     const std::vector<double>& theta, int node) {
  NetworkSlice<double> slice(data, context);
  slice.set({theta, {}});
  const PassInput<double> input{data, slice, context};
  GroupWeights<double> weights(data, slice, context, 1);
  NetworkNodes<double> nodes(data, 1, 1);
  const kernels::Coordinates nowhere;
  weights.make(nowhere, 1);
  const std::int64_t width = data.task.model.width(node);
  std::vector<double> values(static_cast<std::size_t>(data.samples * width));
  std::vector<double> columns;
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t count = data.chunk_columns(chunk);
    for (int l = 0; l < node; ++l) {
      forward_layer(input, weights, nowhere, 1, 1, start, count, l, nodes);
    }
    columns.resize(static_cast<std::size_t>(width * count));
    nodes.buffer(node).download(columns, context.queue());
    for (std::int64_t s = start; s < std::min(start + count, data.samples); ++s) {
      for (std::int64_t i = 0; i < width; ++i) {
        values[static_cast<std::size_t>(s * width + i)] =
            columns[static_cast<std::size_t>(i * count + s - start)];
      }
    }
  }
  return values;
}

}  // namespace convexscan::cuda
