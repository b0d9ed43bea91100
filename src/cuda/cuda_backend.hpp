// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan::cuda {

/// Why a CUDA device cannot be used, of those there are; empty when it can.
std::string why_unavailable(int index = 0);

/// The objective must outlive the backend; index counts devices from 0.
std::unique_ptr<Backend> make_backend(int index, const Objective& objective, Precision precision);

/// One line a device: "cuda:0: NVIDIA H200, 141 GB, driver for CUDA 13.0".
std::vector<std::string> device_descriptions();

}  // namespace convexscan::cuda
