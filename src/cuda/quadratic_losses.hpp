// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "cuda/network_data.hpp"
#include "shared/quadratic_loss.hpp"

namespace convexscan::cuda {

/// The squared errors, against the data's targets, of so many slices with the outputs z in device
/// memory, see kernels/quadratic_sums.hpp.
template <class Real>
std::vector<shared::QuadraticLoss> quadratic_losses(const NetworkData<Real>& data, int axes,
                                                    kernels::Affine<Real> z,
                                                    std::int64_t slice_stride, std::int64_t slices,
                                                    cudaStream_t stream);

}  // namespace convexscan::cuda
