// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/cuda_backend.hpp"
#include "tested_cuda.hpp"

namespace convexscan {

std::string tested_cuda_name() { return "emulated"; }

std::string why_no_tested_cuda() { return cuda::why_unavailable(); }

std::unique_ptr<Backend> make_tested_cuda(const Objective& objective, Precision precision) {
  return cuda::make_backend(0, objective, precision);
}

}  // namespace convexscan
