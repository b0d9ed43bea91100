// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/objective.hpp"
#include "cuda/device_buffer.hpp"
#include "kernels/losses.hpp"
#include "shared/layer_plan.hpp"

namespace convexscan::cuda {

/// Samples that go through the network at once: activations are held for so many. A constant, since
/// products over samples are summed chunk by chunk and their bits may not depend on the machine.
inline constexpr std::int64_t sample_chunk = 2048;

using shared::LayerPlan;

/// A task's data on the device: (features, samples), samples padded with zeros to whole loss tiles.
template <class Real>
struct NetworkData {
  NetworkData(const NetworkTask& task, cudaStream_t stream);

  /// What loss kernels compare with; valid while this lives.
  kernels::Targets<Real> loss_targets() const;

  /// What a sum of losses, or of right answers, over samples is divided by.
  double loss_divisor() const;
  double accuracy_divisor() const;

  std::int64_t deep_begin() const {  ///< offset of the first parameter after the first layer's
    return layers.size() > 1 ? layers[1].weight : parameters;
  }
  std::int64_t chunks() const { return (stride + sample_chunk - 1) / sample_chunk; }
  std::int64_t chunk_columns(std::int64_t chunk) const;

  const NetworkTask& task;
  std::vector<LayerPlan<Real>> layers;
  std::int64_t parameters;
  std::int64_t samples;
  std::int64_t stride;         ///< samples, rounded up to whole loss tiles
  DeviceBuffer<Real> inputs;   ///< (features, stride)
  DeviceBuffer<Real> targets;  ///< (outputs, stride), or empty
  DeviceBuffer<std::int32_t> labels;
};

}  // namespace convexscan::cuda
