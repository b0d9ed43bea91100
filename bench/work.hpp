// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "problem.hpp"
#include "workload.hpp"

/// How much work a workload is, so that its time can be held against a ceiling. With N samples, P
/// parameters, layers l = 1 … L of widths n₀ … n_L, and for each point of the slice:
///
///   loss        first layer   4·N·n₁ FLOP: its pre-activations are affine in the coordinates
///               others        2·N·n_{l−1}·n_l FLOP, one product of matrices
///               activations   N·(n₁ + … + n_{L−1}), and N·n_L exponentials for cross-entropy,
///                             counted as activations too; relu costs nothing, and on a CPU the
///                             first layer's tanh may cost less than a ceiling's (NearbyTanh)
///   λ_min       dense         N·P² FLOP to assemble the Hessian (each pair of parameters once, a
///                             multiplication and an addition for each sample) and P³/3 for one
///                             Cholesky factorisation (Golub & Van Loan, 4th ed., §4.2), the least
///                             that proves λ_min: for all eigenvalues more is done than is counted
///               matrix-free   12·N·P·k FLOP for k Hessian-vector products (Pearlmutter 1994: the
///                             forward and the backward pass, and both differentiated) and 6·N·P;
///                             k is as many as are allowed, and fewer may do
///   trace       N·P² FLOP: the dense Hessian is assembled, and nothing else
///   verdict     3 times the loss's: one second derivative along a direction (a Taylor series of
///               three terms) is the least that settles a point
///   segments    as the loss, and 4·N·n₀·n₁ FLOP for each segment
///   spectra     4/3·P³ FLOP for each matrix, to reduce it to tridiagonal form (Golub & Van Loan,
///               4th ed., §8.3); 3 times that with vectors
///
/// Bytes are the least that must cross device memory: what differs from point to point and what is
/// answered, 8 bytes each, and the Hessian written and read once where it is dense. Data and
/// weights are read once, which is not counted. The convexity gap of a surface has no FLOP worth
/// the name: its bytes are heights in, gaps out.
namespace convexscan::bench {

struct Work {
  double flop = 0.0;
  double activations = 0.0;
  double bytes = 0.0;
};

Work work_of_loss(const NetworkTask& task, Precision precision);  ///< of one point
Work work_of_scan(const Workload& workload, const Problem& problem);
Work work_of_envelope(const Workload& workload);
Work work_of_spectra(const Workload& workload);

}  // namespace convexscan::bench
