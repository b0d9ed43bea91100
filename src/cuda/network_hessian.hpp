// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/hessian_plan.hpp"
#include "cuda/sample_factors.hpp"

/// Exact Hessians of the averaged loss of a network for a group of points at once, assembled as
/// products with K = samples whose left factor is made where it is used.
namespace convexscan::cuda {

class NetworkHessian {
 public:
  /// Both must outlive the matrices.
  NetworkHessian(const Objective& objective, SampleFactors& factors);

  std::int64_t size() const { return plan_.layout().size(); }
  const cpu::HessianLayout& layout() const { return plan_.layout(); }

  /// Device memory for each point of a group besides its factors, and what is asked for a group of
  /// so many.
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

  /// Contacts with kinks at each point of the last assemble: cpu::kink_contacts.
  const std::vector<double>& kinks() const { return kinks_; }

 private:
  void penalise(std::span<const double> coordinates, std::int64_t points);
  kernels::ExtractTask extraction(std::int64_t begin, std::int64_t end, double* matrices);

  const Objective& objective_;
  SampleFactors& factors_;
  const HessianPlan plan_;
  DeviceBuffer<kernels::FactorColumns> columns_;
  DeviceBuffer<kernels::ProductRow> rows_;
  DeviceBuffer<std::int32_t> kept_;
  DeviceBuffer<std::int32_t> which_;
  DeviceBuffer<double> errors_;
  DeviceBuffer<double> assembled_;
  DeviceBuffer<double> diagonal_;
  DeviceBuffer<double> contacts_;
  std::vector<double> penalty_errors_;
  std::vector<double> kinks_;
  const bool has_kinks_;
};

}  // namespace convexscan::cuda
