// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <vector>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// One number per point under one name.
struct NamedMap {
  std::string name;
  std::vector<double> data;  ///< (y, x)
};

/// Every quantity, its components apart ("plane_hessian_xx", "layer_min_eigenvalue_1"), but not
/// vectors, then the derived maps. Throws Error when one does not have the grid's size.
std::vector<NamedMap> named_maps(const GridResult& result);

}  // namespace convexscan
