// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/kink_contacts.hpp"
#include "cpu/penalty_curvature.hpp"
#include "shared/larger.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

NetworkHessian::NetworkHessian(const Objective& objective, const NetworkSlice<double>& network,
                               Slice slice)
    : objective_(objective),
      network_(network),
      slice_(std::move(slice)),
      magnitudes_(network),
      layout_(network.data.layers, objective.subset),
      underflow_(network.data.task, slice_),
      has_kinks_(has_kinks(network.data)) {}

NetworkHessian::Workspace::Workspace(const NetworkHessian& hessian)
    : factors(hessian.network_.data),
      theta(static_cast<std::size_t>(hessian.network_.parameters)),
      magnitude(theta.size()),
      products(hessian.layout_),
      errors(static_cast<std::size_t>(hessian.layout_.depth())),
      block_errors(errors.size() * errors.size()) {
  for (std::size_t block = 0; block < block_errors.size(); ++block) {
    const auto l = static_cast<int>(block % errors.size());
    const std::int64_t chunk = factors.chunk(l);
    block_errors[block].resize(
        static_cast<std::size_t>((hessian.layout_.layer(l).outputs + chunk - 1) / chunk));
  }
}

double NetworkHessian::assemble(const double* coordinates, Workspace& work, double* matrix) const {
  const NetworkData<double>& data = network_.data;
  const std::int64_t depth = layout_.depth();
  network_.weights_at(coordinates, 0, work.theta.data());
  magnitudes_.at(coordinates, work.magnitude.data());
  const HessianPoint point{network_, magnitudes_, coordinates, work.theta.data(),
                           work.magnitude.data()};
  const std::int64_t size = layout_.assembled();
  for (std::int64_t r = 0; r < size; ++r) std::fill_n(matrix + r * size, r + 1, 0.0);

  work.kinks = 0;
  // Errors add up over the samples within a block of the matrix, and by squares over its blocks.
  for (std::vector<double>& of_chunks : work.block_errors) std::ranges::fill(of_chunks, 0.0);
  const std::int64_t blocks = (data.samples + hessian_block - 1) / hessian_block;
  for (std::int64_t b = 0; b < blocks; ++b) {
    primal_factors(point, b, work.factors);
    if (has_kinks_) work.kinks += kink_contacts(point, layout_, b, work.factors);
    for (int l = 0; l < depth; ++l) {
      const LayerColumns& layer = layout_.layer(l);
      if (layer.empty()) continue;
      const std::int64_t chunk = work.factors.chunk(l);
      for (std::int64_t first = 0; first < layer.outputs; first += chunk) {
        const std::int64_t tangents = std::min(chunk, layer.outputs - first);
        tangent_factors(point, b, l, first, tangents, work.factors);
        add_products(point, layout_, b, l, first, tangents, work.factors, work.products, matrix,
                     work.errors.data());
        for (int m = l; m < depth; ++m) {
          auto& of_chunks = work.block_errors[static_cast<std::size_t>(m * depth + l)];
          of_chunks[static_cast<std::size_t>(first / chunk)] +=
              work.errors[static_cast<std::size_t>(m)];
        }
      }
    }
  }

  double largest = 0.0;
  for (const std::vector<double>& of_chunks : work.block_errors) {
    for (const double e : of_chunks) largest = shared::larger(largest, e);
  }
  // Squares of the largest may be too large for a number.
  const double unit = largest > 0x1p500 && std::isfinite(largest) ? 0x1p500 : 1.0;
  double square = 0.0;
  for (int m = 0; m < depth; ++m) {
    for (int l = 0; l <= m; ++l) {
      for (const double e : work.block_errors[static_cast<std::size_t>(m * depth + l)]) {
        square += (m == l ? 1.0 : 2.0) * (e / unit) * (e / unit);
      }
    }
  }
  const double scale = 1.0 / shared::loss_divisor(data.task);
  for (std::int64_t r = 0; r < size; ++r) {
    for (std::int64_t c = 0; c <= r; ++c) matrix[r * size + c] *= scale;
  }
  layout_.gather(matrix);
  // The few roundings of the scaling and of the bound itself are far below a hundredth of it.
  const double error = 1.01 * std::sqrt(square) * unit * scale + shared::underflow_allowance(size) +
                       underflow_.at(coordinates);
  // |tr Δ| ≤ √n·‖Δ‖_F
  work.trace_error = std::sqrt(static_cast<double>(layout_.size())) * error;
  return error + add_penalty(coordinates, matrix, work.trace_error);
}

double NetworkHessian::add_penalty(const double* coordinates, double* matrix, double& sum) const {
  const Penalty& penalty = objective_.penalty;
  if (penalty.empty()) return 0.0;
  double largest = 0.0;
  const std::int64_t size = layout_.size();
  for (std::int64_t r = 0; r < size; ++r) {
    const ValueWithError second = penalty_curvature(penalty, slice_, coordinates,
                                                    objective_.subset[static_cast<std::size_t>(r)]);
    double& entry = matrix[r * size + r];
    entry += second.value;
    const double error = second.error + shared::unit_roundoff * std::fabs(entry);
    largest = shared::larger(largest, error);
    sum += error;
  }
  return largest;
}

}  // namespace convexscan::cpu
