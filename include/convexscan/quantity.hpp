// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convexscan {

/// What can be computed at a point; the names are those of `--quantities` and of the result file.
enum class Quantity : std::int32_t {
  loss,
  accuracy,
  gradient_norm,
  plane_hessian,
  min_eigenvalue,
  min_eigenvalue_error,
  max_eigenvalue,
  negative_count,
  trace,
  layer_min_eigenvalue,
  required_l2,
  verdict,
  near_zero_count,
  positive_count,
  settled_by,
  eigenvalue_error,
  kink_mass,
  max_eigenvalue_error,
  trace_error,
  required_l2_error,
  layer_min_eigenvalue_error,
  min_eigenvector,
  min_eigenvector_error,
};

struct QuantityInfo {
  Quantity quantity;
  std::string_view name;
  std::string_view long_name;
  std::string_view units;  ///< "1" where the number has none
};

/// Every quantity there is, in enum order.
std::span<const QuantityInfo> quantity_table();
const QuantityInfo& info(Quantity quantity);

using QuantitySet = std::set<Quantity>;

/// Reads "loss,accuracy,…". Throws UsageError with the near miss.
QuantitySet parse_quantities(std::string_view text);

/// Values of one quantity: (points, components), row-major.
struct Values {
  std::int64_t components = 1;
  std::vector<double> data;
};

/// Several quantities at the same points.
using ValueTable = std::map<Quantity, Values>;

}  // namespace convexscan
