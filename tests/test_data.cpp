// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "test_data.hpp"

#include <cstdlib>

namespace convexscan {

std::string test_data(std::string_view name) {
  const char* elsewhere = std::getenv("CONVEXSCAN_TEST_DATA");
  return std::string(elsewhere != nullptr ? elsewhere : CONVEXSCAN_TEST_DATA) + "/" +
         std::string(name);
}

}  // namespace convexscan
