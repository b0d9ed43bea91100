// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "cpu/point_curvature.hpp"

namespace convexscan::cpu {
namespace {

using enum Quantity;

std::int64_t components_of(Quantity quantity, const Objective& objective, std::int64_t layers) {
  if (quantity == layer_min_eigenvalue || quantity == layer_min_eigenvalue_error) return layers;
  return quantity == min_eigenvector ? objective.parameter_count() : 1;
}

/// The vector in all parameters, of unit length; of its two signs the one that makes the largest
/// entry, the first of those as large, positive.
void put_vector(const Objective& objective, const std::vector<double>& vector, double* to) {
  std::fill_n(to, objective.parameter_count(), vector.empty() ? PointCurvature::nan : 0.0);
  double square = 0.0;
  double largest = 0.0;
  for (const double x : vector) {
    square += x * x;
    if (std::fabs(x) > std::fabs(largest)) largest = x;
  }
  const double length = std::copysign(std::sqrt(square), largest);
  for (std::size_t k = 0; k < vector.size(); ++k) to[objective.subset[k]] = vector[k] / length;
}

}  // namespace

void make_columns(const Objective& objective, const QuantitySet& quantities, std::int64_t points,
                  std::int64_t layers, ValueTable& table) {
  for (const Quantity quantity : quantities) {
    if (!needs_curvature({quantity})) continue;
    Values& values = table[quantity];
    values.components = components_of(quantity, objective, layers);
    values.data.resize(static_cast<std::size_t>(points * values.components));
  }
}

void store(const Objective& objective, const PointCurvature& curvature, std::int64_t point,
           ValueTable& table) {
  const auto row = [&](Quantity quantity) -> double* {
    const auto column = table.find(quantity);
    if (column == table.end()) return nullptr;
    return column->second.data.data() + point * column->second.components;
  };
  const auto put = [&](Quantity quantity, double value) {
    if (double* const to = row(quantity)) *to = value;
  };
  put(min_eigenvalue, curvature.min_eigenvalue);
  put(min_eigenvalue_error, curvature.error);
  put(eigenvalue_error, curvature.eigenvalue_error);
  put(max_eigenvalue, curvature.max_eigenvalue);
  put(max_eigenvalue_error, curvature.max_eigenvalue_error);
  put(negative_count, curvature.negative_count);
  put(near_zero_count, curvature.near_zero_count);
  put(positive_count, curvature.positive_count);
  put(trace, curvature.trace);
  put(trace_error, curvature.trace_error);
  put(required_l2, curvature.required_l2.value);
  put(required_l2_error, curvature.required_l2.error);
  put(verdict, static_cast<double>(curvature.verdict));
  put(settled_by, static_cast<double>(curvature.settled_by));
  put(min_eigenvector_error, curvature.vector_error);
  if (double* const to = row(layer_min_eigenvalue)) {
    std::ranges::copy(curvature.layer_min_eigenvalue, to);
  }
  if (double* const to = row(layer_min_eigenvalue_error)) {
    std::ranges::copy(curvature.layer_error, to);
  }
  if (double* const to = row(min_eigenvector)) put_vector(objective, curvature.vector, to);
}

}  // namespace convexscan::cpu
