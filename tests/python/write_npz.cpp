// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// Writes arrays that test_inputs.py reads with numpy: convexscan-write-npz FILE WEIGHTS

#include <vector>

#include "convexscan/weights.hpp"
#include "files/npz.hpp"

int main(int count, char** arguments) {
  using namespace convexscan;
  if (count != 3) return 2;
  const std::vector<double> values{0, 1, 2, 3, 4, 0.1};
  const std::vector<NamedArray> arrays{{"matrix", {2, 3}, values},
                                       {"cube", {1, 3, 2}, values},
                                       {"number", {}, std::span(values).last(1)},
                                       {"nothing", {0, 4}, {}}};
  write_npz(arguments[1], true, arrays);
  save_weights(arguments[2], values, true, {{"loss", {0.25}}});
}
