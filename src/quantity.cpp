// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/quantity.hpp"

#include <array>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan {

std::span<const QuantityInfo> quantity_table() {
  using enum Quantity;
  static constexpr std::array<QuantityInfo, 23> table{{
      {loss, "loss", "objective, any penalty included", "1"},
      {accuracy, "accuracy", "fraction classified correctly", "1"},
      {gradient_norm, "gradient_norm", "norm of the gradient in the scanned parameters", "1"},
      {plane_hessian, "plane_hessian", "second derivatives along the axes: xx, xy, yy", "1"},
      {min_eigenvalue, "min_eigenvalue", "smallest eigenvalue of the Hessian", "1"},
      {min_eigenvalue_error, "min_eigenvalue_error", "bound on the error of min_eigenvalue", "1"},
      {max_eigenvalue, "max_eigenvalue", "largest eigenvalue of the Hessian", "1"},
      {negative_count, "negative_count", "number of eigenvalues below -eigenvalue_error", "1"},
      {trace, "trace", "trace of the Hessian", "1"},
      {layer_min_eigenvalue, "layer_min_eigenvalue",
       "smallest eigenvalue of each layer's diagonal block of the Hessian", "1"},
      {required_l2, "required_l2",
       "smallest lambda for which adding lambda * sum w_i theta_i^2 makes the Hessian positive "
       "semidefinite; w_i = 1, or the weights of the objective's quadratic penalty, scaled so that "
       "the largest of all parameters is 1",
       "1"},
      {verdict, "verdict",
       "local convexity: the sign of min_eigenvalue where rounding leaves it certain", "1"},
      {near_zero_count, "near_zero_count", "number of eigenvalues within eigenvalue_error of zero",
       "1"},
      {positive_count, "positive_count", "number of eigenvalues above eigenvalue_error", "1"},
      {settled_by, "settled_by", "what the verdict rests on", "1"},
      {eigenvalue_error, "eigenvalue_error", "bound on the error of every eigenvalue", "1"},
      {kink_mass, "kink_mass",
       "by how much slopes along x and y drop at kinks between the point and the next ones", "1"},
      {max_eigenvalue_error, "max_eigenvalue_error", "bound on the error of max_eigenvalue", "1"},
      {trace_error, "trace_error", "bound on the error of trace", "1"},
      {required_l2_error, "required_l2_error", "bound on the error of required_l2", "1"},
      {layer_min_eigenvalue_error, "layer_min_eigenvalue_error",
       "bound on the error of each layer's smallest eigenvalue", "1"},
      {min_eigenvector, "min_eigenvector",
       "eigenvector of min_eigenvalue, of unit length, its largest entry positive, 0 where a "
       "parameter is not scanned",
       "1"},
      {min_eigenvector_error, "min_eigenvector_error",
       "bound on the length of Hv - min_eigenvalue v for v = min_eigenvector", "1"},
  }};
  return table;
}

const QuantityInfo& info(Quantity quantity) {
  return quantity_table()[static_cast<std::size_t>(quantity)];
}

QuantitySet parse_quantities(std::string_view text) {
  std::vector<std::string_view> names;
  for (const QuantityInfo& row : quantity_table()) names.push_back(row.name);
  QuantitySet set;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    set.insert(static_cast<Quantity>(index_of_name("quantity", rest.substr(0, comma), names)));
    if (comma == std::string_view::npos) return set;
    rest = rest.substr(comma + 1);
  }
}

}  // namespace convexscan
