// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/objective.hpp"
#include "convexscan/result_file.hpp"

namespace convexscan::commands {

/// What kinks do to the convexity of a scanned plane, on stdout: in how many cells a slope drops,
/// or, where eigenvalues were computed without it, that they say nothing about kinks. Nothing where
/// the scanned parameters meet none.
void print_kinks(const Objective& objective, const GridResult& result);

}  // namespace convexscan::commands
