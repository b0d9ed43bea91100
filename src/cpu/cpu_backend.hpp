// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"

namespace convexscan::cpu {

/// The objective must outlive the backend.
std::unique_ptr<Backend> make_backend(const Objective& objective, Precision precision);

/// "cpu: …, 2 threads".
std::string device_description();

}  // namespace convexscan::cpu
