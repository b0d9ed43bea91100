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

/// How curvature is checked against differences of gradients.
enum class CurvatureCheck {
  whole,              ///< of all of the gradient, as a matrix given to LAPACK
  along_eigenvector,  ///< along the eigenvector of λ_min that the library finds
  between,            ///< by some twenty steps of Lanczos, which hold λ_min between two numbers
};

/// The first of them up to 400 parameters; above, the second, and the last where that is too much
/// work.
CurvatureCheck curvature_check(const Problem& problem);

/// λ_min with its error, which may not be so large as to allow anything; counts; verdicts, of which
/// those far from zero must be decided: all of them with a matrix, without one those of negative
/// curvature. A trace against all the diagonal.
std::string check_curvature(const Problem& problem, const ValueTable& values, CurvatureCheck check);

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
/// Cholesky, which must go through for A − (λ − τ)I and break down for A − (λ + τ)I. Eigenvectors
/// (distinct, n, n), where they are the part: ‖Av − λv‖ and their products with each other.
std::string check_spectra(SpectrumPart part, std::int64_t n, std::span<const double> matrices,
                          std::span<const double> values, std::span<const double> vectors = {});

}  // namespace convexscan::bench
