// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
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

/// Skips its tests, with the reason, where the backend cannot run, unless it must.
class TestedCuda : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
};

/// A point's bits must not depend on the points that are computed with it.
void expect_same_bits_for_tiles(const Objective& objective, Precision precision, const Slice& slice,
                                const Points& points, const QuantitySet& quantities,
                                const EvaluationOptions& options,
                                std::initializer_list<std::int64_t> tiles);

}  // namespace convexscan
