// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>

/// How tests steer the emulated eigensolver.
namespace convexscan::cuda_on_cpu {

/// Makes the n-th matrix from now on not converge, once; 0 lets all converge.
void fail_convergence(std::int64_t n);

/// Bytes of workspace that the solver asks for, for each matrix of a batch.
inline constexpr std::size_t usual_workspace = 64;

}  // namespace convexscan::cuda_on_cpu
