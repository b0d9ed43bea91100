// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// The bytes of a result in each exported format; see convexscan/export.hpp.
std::string npz_of(const GridResult& result);
std::string csv_of(const GridResult& result);
std::string vtk_of(const GridResult& result);
std::string loss_landscape_of(const GridResult& result);

}  // namespace convexscan
