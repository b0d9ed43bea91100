// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan {

inline double loss_at(const Objective& objective, const std::vector<double>& theta) {
  std::vector<double> gradient(theta.size());
  return make_backend("cpu", objective, Precision::float64)->gradient(theta, gradient);
}

}  // namespace convexscan
