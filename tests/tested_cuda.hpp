// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <string>

#include "convexscan/backend.hpp"

namespace convexscan {

/// The CUDA backend that a test program has: "cuda", on this machine's GPU, or "emulated", the same
/// sources on the processor.
std::string tested_cuda_name();

/// Empty when it can run.
std::string why_no_tested_cuda();

std::unique_ptr<Backend> make_tested_cuda(const Objective& objective, Precision precision);

}  // namespace convexscan
