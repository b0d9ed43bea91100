// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cpu/hessian_layout.hpp"
#include "cuda/factor_rows.hpp"
#include "kernels/hessian_products.hpp"

namespace convexscan::cuda {

/// Which products over samples make the Hessian's blocks: chunk by chunk of the neurons of a lower
/// layer l, with all layers m ≥ l above them.
class HessianPlan {
 public:
  HessianPlan(const FactorRows& factors, const NetworkData<double>& data,
              std::span<const std::int64_t> subset);

  struct Chunk {
    int layer;
    std::int64_t first;  ///< neuron whose tangent is the first
    std::int64_t tangents;
    std::int64_t rows_begin;  ///< in rows()
    std::int64_t rows;
    std::int64_t error;  ///< where its errors start, one for each layer m
  };

  const cpu::HessianLayout& layout() const { return layout_; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  const std::vector<kernels::ProductRow>& rows() const { return rows_; }
  std::int64_t error_count() const { return error_count_; }

  /// The columns of ā of every layer that are in the matrix.
  std::vector<kernels::FactorColumns> columns() const;

  /// The products of a chunk, but for the memory they lie in.
  kernels::ProductTask products(const Chunk& chunk) const;

  /// Bound on the Frobenius norm of the whole matrix's error from those of the summed blocks.
  double combined(std::span<const double> block_errors) const;

 private:
  void add_chunk(int l, std::int64_t first);

  const FactorRows& factors_;
  const bool coupled_outputs_;  ///< whether ∂²ℓ/∂z² of the outputs has entries off its diagonal
  const cpu::HessianLayout layout_;
  std::vector<Chunk> chunks_;
  std::vector<kernels::ProductRow> rows_;
  std::int64_t error_count_ = 0;
};

}  // namespace convexscan::cuda
