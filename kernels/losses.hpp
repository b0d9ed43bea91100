// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/loss.hpp"
#include "convexscan/objective.hpp"
#include "kernels/batch.hpp"

/// Losses and right answers, summed over samples in two stages: over the samples of a tile by a
/// fixed tree, then over the tiles of a point in order. No sum depends on how many points there
/// are.
namespace convexscan::kernels {

/// Samples of one partial sum.
inline constexpr std::int64_t loss_tile = 64;

/// What the network's outputs are compared with; all in device memory.
template <class Real>
struct Targets {
  Loss loss = Loss::mse;
  Accuracy accuracy = Accuracy::none;
  std::int64_t outputs = 0;
  std::int64_t output = 0;  ///< the one that Loss::output takes
  std::int64_t samples = 0;
  std::int64_t stride = 0;               ///< from one output's targets to the next one's
  const Real* targets = nullptr;         ///< (outputs, stride), or null
  const std::int32_t* labels = nullptr;  ///< (samples), or null
};

/// Sums of the tiles of every point: (points, tiles) each, in device memory.
struct LossPartials {
  double* loss = nullptr;
  double* correct = nullptr;  ///< null when nothing is to be counted
  std::int64_t tiles = 0;     ///< of all the samples
};

/// Sums over the samples [start, start + columns) that z (outputs rows) holds the outputs of; start
/// is a multiple of loss_tile.
template <class Real>
void loss_partials(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                   std::int64_t columns, std::int64_t points, LossPartials partials,
                   cudaStream_t stream);

/// total (points) = 1/divisor · the sum of partial (points, count) in a fixed order, rounded once.
void sum_partials(const double* partial, std::int64_t count, std::int64_t points, double divisor,
                  double* total, cudaStream_t stream);

/// Second derivatives along the axes of the summed losses: partial (3, points, tiles) gets xx, xy,
/// yy. z holds Taylor series, see kernels/jets.hpp.
template <class Real>
void curvature_partials(const Targets<Real>& targets, Batch<const Real> z, int axes,
                        std::int64_t start, std::int64_t columns, std::int64_t points,
                        std::int64_t tiles, double* partial, cudaStream_t stream);

/// loss_partials, and ∂ℓ/∂z of every sample into adjoint; zeros beyond the last sample.
template <class Real>
void loss_adjoints(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                   std::int64_t columns, std::int64_t points, LossPartials partials,
                   Batch<Real> adjoint, cudaStream_t stream);

}  // namespace convexscan::kernels
