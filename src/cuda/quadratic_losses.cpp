// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/quadratic_losses.hpp"

#include "kernels/quadratic_sums.hpp"

namespace convexscan::cuda {

template <class Real>
std::vector<shared::QuadraticLoss> quadratic_losses(const NetworkData<Real>& data, int axes,
                                                    kernels::Affine<Real> z,
                                                    std::int64_t slice_stride, std::int64_t slices,
                                                    cudaStream_t stream) {
  DeviceBuffer<double> sums(slices * kernels::quadratic_sum_count);
  kernels::quadratic_sums(data.loss_targets(), z, data.stride, slice_stride, slices, sums.data(),
                          stream);
  std::vector<double> found(static_cast<std::size_t>(sums.size()));
  sums.download(found, stream);
  std::vector<shared::QuadraticLoss> losses(static_cast<std::size_t>(slices));
  auto next = found.begin();
  for (shared::QuadraticLoss& loss : losses) {
    loss.axes = axes;
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k <= j; ++k) loss.products[j][k] = loss.products[k][j] = *next++;
    }
  }
  return losses;
}

template std::vector<shared::QuadraticLoss> quadratic_losses(const NetworkData<double>&, int,
                                                             kernels::Affine<double>, std::int64_t,
                                                             std::int64_t, cudaStream_t);
template std::vector<shared::QuadraticLoss> quadratic_losses(const NetworkData<float>&, int,
                                                             kernels::Affine<float>, std::int64_t,
                                                             std::int64_t, cudaStream_t);

}  // namespace convexscan::cuda
