// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "tested_cuda.hpp"

namespace convexscan {

std::string tested_cuda_name() { return "cuda"; }

std::string why_no_tested_cuda() { return why_unavailable("cuda"); }

std::unique_ptr<Backend> make_tested_cuda(const Objective& objective, Precision precision) {
  return make_backend("cuda", objective, precision);
}

}  // namespace convexscan
