// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"

/// Exact Hessian-vector products of the averaged loss, forward over reverse (Pearlmutter 1994):
///   ż_l = W_l ȧ_{l−1} + V_l a_{l−1},        ȧ_l = σ'(z_l) ⊙ ż_l
///   ġ_l = σ'(z_l) ⊙ ȧdj_l + σ''(z_l) ⊙ adj_l ⊙ ż_l,   ȧdj_{l−1} = W_lᵀ ġ_l + V_lᵀ g_l
///   (Hv)_l = Σ_samples ġ_l a_{l−1}ᵀ + g_l ȧ_{l−1}ᵀ
/// About 12·N·P operations for a vector; never more than a few vectors of P numbers.
namespace convexscan::cpu {

class HessianVector {
 public:
  HessianVector(const Objective& objective, const NetworkData<double>& data, const Slice& slice);

  std::int64_t size() const { return static_cast<std::int64_t>(objective_.subset.size()); }

  /// Moves to a point of the slice. What does not depend on the vectors is computed here, once,
  /// when it fits into primal_bytes; otherwise again for each batch of vectors.
  void set_point(const double* coordinates);

  /// products (count, size) = H·vectors (count, size), both in the subset, penalty included.
  void apply(const double* vectors, std::int64_t count, double* products);

  static constexpr std::int64_t primal_bytes = std::int64_t{256} << 20;

 private:
  void primal(std::int64_t block, double* memory);
  void tangents(std::int64_t block, const double* memory, const double* vector, double* product);

  double* row(double* memory, int kind, int node) const {
    return memory + kind * rows_ + offsets_[static_cast<std::size_t>(node)];
  }
  const double* row(const double* memory, int kind, int node) const {
    return memory + kind * rows_ + offsets_[static_cast<std::size_t>(node)];
  }
  const double* value(const double* memory, std::int64_t block, int node) const;
  std::int64_t value_stride(int node) const;

  const Objective& objective_;
  const NetworkData<double>& data_;
  const Slice slice_;
  const NetworkSlice<double> network_;
  std::vector<double> coordinates_;
  std::vector<double> penalty_;  ///< second derivatives (parameters), or empty
  std::vector<std::int64_t> offsets_;
  std::int64_t rows_ = 0;  ///< doubles of one kind of row, for all nodes
  std::int64_t blocks_ = 0;
  bool stored_ = false;
  Aligned<double> theta_;
  Aligned<double> primal_;  ///< of every block, or of one
  Aligned<double> tangent_;
  Aligned<double> scratch_;
  Aligned<double> direction_;
  Aligned<double> product_;
  Aligned<double> partial_;
};

}  // namespace convexscan::cpu
