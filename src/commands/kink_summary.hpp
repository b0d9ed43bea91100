// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/objective.hpp"
#include "convexscan/result_file.hpp"

namespace convexscan::commands {

/// What kinks do to the convexity of a scanned plane, on stdout: in how many cells a slope drops,
/// or, where eigenvalues of a network with kinks were computed without kink_mass, that they say
/// nothing about it. Nothing for smooth networks.
void print_kinks(const Objective& objective, const GridResult& result);

}  // namespace convexscan::commands
