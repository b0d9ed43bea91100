// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "device_probe.hpp"

namespace convexscan::cuda {

std::unique_ptr<DeviceProbe> make_device_probe(int index);

}  // namespace convexscan::cuda
