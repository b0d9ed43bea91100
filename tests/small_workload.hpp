// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "benchmark.hpp"
#include "convexscan/error.hpp"

/// What tests of the benchmarks run.
namespace convexscan::bench {

/// The one small workload of a row.
inline Workload small(const std::string& row) {
  const std::vector<Workload> all = workloads(Json::parse("[" + row + "]"));
  EXPECT_EQ(all.size(), 1U);
  return all.front();
}

inline constexpr const char* losses = R"({"name": "a", "mlp": "2-3-1", "samples": 20, "side": 4})";
inline constexpr const char* curvature = R"({"name": "b", "mlp": "2-3-1", "samples": 20, "side": 3,
                                      "quantities": "min_eigenvalue,negative_count,verdict"})";
inline constexpr const char* lines =
    R"({"name": "c", "kind": "segments", "mlp": "2-3-1", "samples": 20,
                                  "segments": 4, "places": 9})";

inline std::unique_ptr<Backend> honest(const Objective& objective, Precision precision) {
  return make_backend("cpu", objective, precision);
}

/// The message of the Error that a check throws.
template <class F>
std::string complaint(F&& check) {
  try {
    check();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace convexscan::bench
