// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "cpu/lanczos.hpp"
#include "cuda/device_buffer.hpp"
#include "kernels/lanczos.hpp"

namespace convexscan::cuda {

/// Lanczos with full reorthogonalisation for a group of symmetric operators at once, all from one
/// start vector: what src/cpu/lanczos.hpp does for one, by the same rules. An operator that has
/// converged waits for the others of its group.
class BatchedLanczos {
 public:
  BatchedLanczos(std::int64_t size, std::int64_t group, const cpu::LanczosLimits& limits,
                 cudaStream_t stream);

  static std::int64_t bytes_per_point(std::int64_t size, std::int64_t steps);

  /// products (points, size) = the operators' products with one vector each, vector_stride apart;
  /// in device memory.
  using Operators =
      std::function<void(const double* vectors, std::int64_t vector_stride, double* products)>;

  /// Ritz pairs without their vectors for so many operators (at most a group); NaN where a product
  /// was not finite. start (size) needs no normalisation.
  /// below (points), if given, is each one's own instead of the limits'.
  std::vector<cpu::RitzPairs> run(const Operators& product, std::span<const double> start,
                                  std::int64_t points, std::span<const double> below = {});

  /// The smallest (end 0) or largest (end 1) Ritz vectors of the last run, of unit length:
  /// (points, size) in device memory, overwritten by the next call.
  const DeviceBuffer<double>& vectors(int end);

 private:
  /// What is known of one operator on the host.
  struct Progress {
    double largest_alpha = 0.0;
    bool goes_on = true;
    bool exhausted = false;
  };
  void upload_goes_on(std::span<const Progress> progress);
  void look(std::int64_t k, std::span<const Progress> progress, std::vector<cpu::RitzPairs>& pairs);

  const std::int64_t size_;
  const cpu::LanczosLimits limits_;
  const std::int64_t steps_;
  const cudaStream_t stream_;
  std::int64_t points_ = 0;
  DeviceBuffer<double> basis_;
  DeviceBuffer<double> rest_;
  DeviceBuffer<double> alpha_;
  DeviceBuffer<double> beta_;
  DeviceBuffer<double> coefficients_;
  DeviceBuffer<double> start_;
  DeviceBuffer<double> last_;            ///< (2, points): α and β of a step
  DeviceBuffer<int> goes_on_;            ///< (points)
  DeviceBuffer<int> counts_;             ///< (points): steps that the Ritz values are of
  DeviceBuffer<double> scratch_;         ///< (points, 2, 2·steps)
  DeviceBuffer<double> ritz_;            ///< (points, 2, steps): Ritz vectors in terms of the basis
  DeviceBuffer<kernels::RitzEnd> ends_;  ///< (points, 2)
  kernels::Krylov krylov_;
};

}  // namespace convexscan::cuda
