// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

namespace convexscan {

/// The path of a file that comes with the tests: in the checkout or, where the tests run from an
/// archive, in the folder that CONVEXSCAN_TEST_DATA says.
std::string test_data(std::string_view name);

}  // namespace convexscan
