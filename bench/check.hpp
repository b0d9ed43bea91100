// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <string>

#include "convexscan/convexity.hpp"
#include "device_probe.hpp"
#include "problem.hpp"

/// Whether answers are right, before anybody is timed: on a few points, by ways that share no
/// formula with the one that gave them. Each says in a few words what was found to agree and how
/// closely, and throws Error with both numbers where something does not.
namespace convexscan::bench {

/// Losses against the definition, one sample and one neuron at a time in long double
/// (tests/naive_network.hpp), and what is said of curvature as below.
std::string check_scan(const Problem& problem, const ValueTable& values);

/// λ_min, counts and verdicts against differences of gradients: of all of the gradient, as a matrix
/// given to LAPACK, up to 400 parameters; above, along the eigenvector; where that is too much
/// work, λ_min ≤ dᵀHd/dᵀd for the directions d of the slice. A trace against all the diagonal.
std::string check_curvature(const Problem& problem, const ValueTable& values);

/// Losses (segments, places) on three segments against the definition, and their convexity gaps
/// against every chord there is.
std::string check_segments(const Problem& problem, const Segments& segments,
                           std::span<const double> losses, std::span<const double> gaps);

/// Heights (side, side): what is left when the gap is taken off must be convex along rows, columns
/// and diagonals and nowhere above the surface, NaN in the same places, and the witness must prove
/// the largest gap.
std::string check_envelope(std::int64_t side, std::span<const double> heights,
                           const SurfaceConvexity& found);

/// Eigenvalues of (distinct, n, n) matrices: Σλ = tr A and Σλ² = ‖A‖²_F; a smallest one λ against
/// Cholesky, which must go through for A − (λ − τ)I and break down for A − (λ + τ)I.
std::string check_spectra(SpectrumPart part, std::int64_t n, std::span<const double> matrices,
                          std::span<const double> values);

}  // namespace convexscan::bench
