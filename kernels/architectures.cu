// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/architectures.hpp"

#include <algorithm>

namespace convexscan::kernels {

int least_capability() { return std::min({__CUDA_ARCH_LIST__}) / 10; }

}  // namespace convexscan::kernels
