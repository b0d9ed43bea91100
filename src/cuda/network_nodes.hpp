// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "cuda/network_slice.hpp"
#include "kernels/batch.hpp"

namespace convexscan::cuda {

/// One matrix (width, components · columns) per point of a group for every node but the input.
template <class Real>
class NetworkNodes {
 public:
  NetworkNodes(const NetworkData<Real>& data, std::int64_t group, int components);

  static std::int64_t bytes_per_point(const NetworkData<Real>& data, int components);

  /// Of a node ≥ 1, for a chunk with so many columns.
  kernels::Batch<Real> at(int node, std::int64_t columns);

  DeviceBuffer<Real>& buffer(int node) { return buffers_[static_cast<std::size_t>(node - 1)]; }

 private:
  std::vector<std::int64_t> widths_;
  int components_;
  std::vector<DeviceBuffer<Real>> buffers_;
};

/// The parameters behind the first layer for every point of a group: θ from offset begin on.
template <class Real>
class GroupWeights {
 public:
  GroupWeights(const NetworkData<Real>& data, const NetworkSlice<Real>& slice,
               const DeviceContext& context, std::int64_t group);

  void make(kernels::Coordinates coordinates, std::int64_t points);

  /// The parameter at an offset of the whole vector, of the group's first point.
  const Real* at(std::int64_t offset) const { return weights_.data() + (offset - begin_); }

  std::int64_t stride() const { return count_; }  ///< from point to point

 private:
  const NetworkSlice<Real>& slice_;
  const DeviceContext& context_;
  std::int64_t begin_;
  std::int64_t count_;
  DeviceBuffer<Real> weights_;
};

/// A run of columns of every point's matrix.
template <class Real>
struct Columns {
  kernels::Batch<Real> batch;
  std::int64_t from = 0;
  std::int64_t count = 0;
};

/// z = W·a + beta·z for every point of a group; W (outputs, inputs) row-major, weight_stride from
/// point to point (0: one W for all). The whole group always takes part, so that the library sees
/// the same shapes, and gives the same bits, however many of the points are asked for.
template <class Real>
void multiply_layer(const Blas& blas, const LayerPlan<Real>& layer, const Real* weights,
                    std::int64_t weight_stride, Columns<const Real> a, Columns<Real> z, Real beta,
                    std::int64_t group);

/// to += Wᵀ·g, the adjoints of what the layer's input is made of.
template <class Real>
void multiply_transposed(const Blas& blas, const LayerPlan<Real>& layer, const Real* weights,
                         std::int64_t weight_stride, Columns<const Real> g, Columns<Real> to,
                         std::int64_t group);

/// out = g·aᵀ + beta·out, the shape of W, summed over the columns; out_stride from point to point.
template <class Real>
void multiply_outer(const Blas& blas, const LayerPlan<Real>& layer, Columns<const Real> g,
                    Columns<const Real> a, Real beta, Real* out, std::int64_t out_stride,
                    std::int64_t group);

template <class Real>
kernels::Batch<const Real> read_only(kernels::Batch<Real> batch) {
  return {batch.data, batch.point_stride, batch.row_stride};
}

/// Points of one group: bounded by the memory that is free and, so that bits do not change with it,
/// by constants that small problems meet first.
std::int64_t points_per_group(std::int64_t bytes_per_point);

}  // namespace convexscan::cuda
