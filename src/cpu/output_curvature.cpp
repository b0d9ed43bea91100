// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/output_curvature.hpp"

#include <algorithm>

#include "cpu/gradient.hpp"
#include "cpu/loss_loops.hpp"
#include "cpu/targets.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t stride = gradient_block;

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void differentiate_outputs(const NetworkData<double>& data,
                                                     const double* z, std::int64_t start,
                                                     std::int64_t columns, double* scratch,
                                                     double* adjoint, double* second) {
  const std::int64_t outputs = data.layers.back().outputs;
  const std::int64_t valid = std::min(columns, data.samples - start);
  for (std::int64_t s = 0; s < columns; s += tile_samples) {
    differentiate_losses(data, z + s, stride, start + s, scratch, adjoint + s);
    if (data.task.loss == Loss::cross_entropy) {
      double* const largest = scratch;
      double* const total = scratch + tile_samples;
      softmax_parts(z + s, stride, outputs, largest, total);
      for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t i = 0; i < tile_samples; ++i) {
          second[o * stride + s + i] =
              elementary::exp(z[o * stride + s + i] - largest[i]) / total[i];
        }
      }
    }
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    if (data.task.loss == Loss::output) std::fill_n(second + o * stride, columns, 0.0);
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() {
      const double* y = data.targets.data() + o * data.stride + start;
      for (std::int64_t s = 0; s < columns; ++s) {
        second[o * stride + s] = shared::pointwise_loss<kind>(z[o * stride + s], y[s]).second;
      }
    });
    std::fill(adjoint + o * stride + valid, adjoint + o * stride + columns, 0.0);
    std::fill(second + o * stride + valid, second + o * stride + columns, 0.0);
  }
}

void loss_product(const NetworkData<double>& data, const double* second, std::int64_t columns,
                  const double* in, double* scratch, double* out) {
  const std::int64_t outputs = data.layers.back().outputs;
  std::fill_n(scratch, columns, 0.0);
  if (data.task.loss == Loss::cross_entropy) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      for (std::int64_t s = 0; s < columns; ++s) {
        scratch[s] += second[o * stride + s] * in[o * stride + s];
      }
    }
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t s = 0; s < columns; ++s) {
      out[o * stride + s] = second[o * stride + s] * (in[o * stride + s] - scratch[s]);
    }
  }
}

}  // namespace convexscan::cpu
