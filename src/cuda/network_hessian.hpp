// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cpu/bounded_value.hpp"
#include "cpu/hessian_layout.hpp"
#include "cuda/network_slice.hpp"
#include "kernels/hessian_products.hpp"

/// Exact Hessians of the averaged loss of a network for a group of points at once, assembled as
/// products with K = samples whose left factor is made where it is used.
namespace convexscan::cuda {

/// Samples whose factors are held at once, and tangents of a layer that are: constants, since both
/// show in the last bits.
inline constexpr std::int64_t hessian_samples = 256;
inline constexpr std::int64_t most_tangents = 32;

/// Vectors in parameter space whose curvature is looked at; in device memory.
struct Directions {
  const double* vector = nullptr;
  const double* magnitude = nullptr;  ///< size of what the vector was rounded from
  std::int64_t stride = 0;            ///< from point to point; 0: one for all
  int roundings = 2;                  ///< of a product with an entry, besides its sum's
};

class NetworkHessian {
 public:
  /// All must outlive the matrices.
  NetworkHessian(const Objective& objective, const NetworkData<double>& data,
                 const DeviceContext& context, const Slice& slice);

  std::int64_t size() const { return layout_.size(); }
  const cpu::HessianLayout& layout() const { return layout_; }

  /// Device memory for each point of a group, and what is asked for a group of so many.
  std::int64_t bytes_per_point() const;
  void reserve(std::int64_t group);

  /// The matrices at the points (at most a group): they stay here until the next call. Returns for
  /// each point a bound on ‖computed − exact‖ in the Frobenius norm, the penalty's curvature left
  /// out.
  std::vector<double> assemble(std::span<const double> coordinates, std::int64_t points);

  /// Rows and columns [begin, end) of the assembled matrices, penalty included, as
  /// kernels::extract_hessians gives them, for all points.
  void extract(std::int64_t begin, std::int64_t end, double* matrices, double* norms = nullptr,
               double* traces = nullptr, double* least = nullptr);

  /// The same for some of the points, whole matrices.
  void extract(std::span<const std::int32_t> which, double* matrices);

  /// Bound on the error of the penalty's second derivatives at each point of the last assemble.
  const std::vector<double>& penalty_errors() const { return penalty_errors_; }

  /// vᵀ∇²f v of the averaged loss, the penalty left out, at points (at most a group) for several
  /// directions: (directions, points).
  std::vector<cpu::BoundedValue> curvature(std::span<const double> coordinates, std::int64_t points,
                                           std::span<const Directions> directions);

 private:
  struct Chunk {
    int layer;
    std::int64_t first;
    std::int64_t tangents;
    std::int64_t rows_begin;  ///< in rows_
    std::int64_t rows;
    std::int64_t error;  ///< where its errors start
  };

  void plan_rows();
  void plan_chunk(int l, std::int64_t first, std::vector<kernels::ProductRow>& rows);
  void set_points(std::span<const double> coordinates, std::int64_t points);
  void penalise(std::span<const double> coordinates, std::int64_t points);
  kernels::ExtractTask extraction(std::int64_t begin, std::int64_t end, double* matrices);
  double combined(std::span<const double> block_errors) const;
  kernels::FactorTask factors(std::int64_t block);

  std::int64_t blocks() const { return (data_.samples + hessian_samples - 1) / hessian_samples; }

  const Objective& objective_;
  const NetworkData<double>& data_;
  const DeviceContext& context_;
  const Slice slice_;
  const cpu::HessianLayout layout_;
  NetworkSlice<double> network_;
  NetworkTask absolute_task_;  ///< with |inputs|
  NetworkData<double> absolute_data_;
  NetworkSlice<double> absolute_;
  std::vector<kernels::FactorLayer> host_layers_;
  std::vector<std::int64_t> host_nodes_;
  std::int64_t rows_per_kind_ = 0;
  std::int64_t tangent_rows_ = 0;
  std::int64_t error_count_ = 0;
  std::vector<Chunk> chunks_;
  DeviceBuffer<kernels::FactorLayer> layers_;
  DeviceBuffer<std::int64_t> nodes_;
  DeviceBuffer<kernels::FactorColumns> columns_;
  DeviceBuffer<kernels::ProductRow> rows_;
  DeviceBuffer<std::int32_t> kept_;
  DeviceBuffer<std::int32_t> which_;

  std::int64_t points_ = 0;
  DeviceBuffer<double> coordinates_;
  DeviceBuffer<double> magnitude_coordinates_;
  DeviceBuffer<double> theta_;
  DeviceBuffer<double> magnitude_;
  DeviceBuffer<double> factors_;
  DeviceBuffer<double> tangents_;
  DeviceBuffer<double> sample_errors_;
  DeviceBuffer<double> errors_;
  DeviceBuffer<double> assembled_;
  DeviceBuffer<double> diagonal_;
  DeviceBuffer<double> forms_;    ///< (directions, 2, points)
  DeviceBuffer<double> partial_;  ///< (points, 3, columns)
  std::vector<double> penalty_errors_;
};

}  // namespace convexscan::cuda
