// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

namespace convexscan::kernels {

/// The least compute capability that the kernels were compiled for, 90 for 9.0.
int least_capability();

}  // namespace convexscan::kernels
