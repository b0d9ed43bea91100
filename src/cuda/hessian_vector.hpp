// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <vector>

#include "cuda/device_penalty.hpp"
#include "cuda/network_passes.hpp"
#include "kernels/hessian_vector.hpp"

namespace convexscan::cuda {

/// Exact Hessian-vector products for a group of points and several vectors at once, forward over
/// reverse (Pearlmutter 1994); the formulas are those of src/cpu/hessian_vector.hpp. What does not
/// depend on the vectors is computed once for a point where its memory allows it.
class HessianVector {
 public:
  /// objective and the parts of input must outlive it. At most group points and so many vectors.
  HessianVector(const Objective& objective, const PassInput<double>& input, const Slice& slice,
                std::int64_t group, std::int64_t vectors);

  static std::int64_t bytes_per_point(const Objective& objective, const NetworkData<double>& data,
                                      std::int64_t vectors);

  std::int64_t size() const { return penalty_.subset_size(); }

  /// Vectors in device memory: those of a point vector_stride apart, those of points point_stride.
  struct Layout {
    std::int64_t point_stride;
    std::int64_t vector_stride;
  };

  /// Moves to points (at most a group); the coordinates must stay where they are.
  void set_points(kernels::Coordinates coordinates, std::int64_t points);

  /// products = H·vectors for count vectors of every point, both in the subset (size), penalty
  /// included.
  void apply(const double* vectors, Layout from, std::int64_t count, double* products, Layout to);

 private:
  /// What products with any vector need of one chunk of the samples.
  struct Primal {
    Primal(const NetworkData<double>& data, std::int64_t group);
    NetworkNodes<double> values;
    NetworkNodes<double> slopes;
    NetworkNodes<double> bends;     ///< σ'' ⊙ adjoint
    NetworkNodes<double> adjoints;  ///< ∂ℓ/∂z
    DeviceBuffer<double> seconds;   ///< of the loss (group, outputs, columns)
  };

  kernels::Batch<double> seconds(Primal& primal, std::int64_t columns) const;
  static bool stores(const NetworkData<double>& data);
  void make_primal(Primal& primal, std::int64_t chunk);
  void forward_tangents(Primal& primal, std::int64_t chunk, std::int64_t count);
  void backward_tangents(Primal& primal, std::int64_t chunk, std::int64_t count);
  void differentiate_weights(Primal& primal, int layer, std::int64_t chunk, std::int64_t count);
  kernels::TangentStep step(Primal& primal, int layer, std::int64_t columns, std::int64_t count);

  const Objective& objective_;
  PassInput<double> input_;
  std::int64_t group_;
  bool stored_;
  const DevicePenalty penalty_;
  GroupWeights<double> weights_;
  std::vector<std::unique_ptr<Primal>> primal_;  ///< of every chunk, or of one
  NetworkNodes<double> a_dot_;
  NetworkNodes<double> z_dot_;
  NetworkNodes<double> g_dot_;
  DeviceBuffer<double> directions_;  ///< (group, vectors, parameters)
  DeviceBuffer<double> part_;        ///< (group, vectors, parameters): one chunk's share
  DeviceBuffer<double> sums_;        ///< (group, vectors, parameters)
  DeviceBuffer<double> partial_;     ///< (group, tiles): losses, which nobody reads
  DeviceBuffer<double> second_;      ///< (group, size): of the penalty
  kernels::Coordinates coordinates_;
  std::int64_t points_ = 0;
};

}  // namespace convexscan::cuda
