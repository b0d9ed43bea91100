// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpu/lanczos.hpp"
#include "cpu/point_curvature.hpp"

/// What Lanczos on Hessian-vector products says of a point, whichever device made the products.
namespace convexscan::cpu {

/// Throws UsageError for a quantity that needs the whole matrix.
void require_matrix_free(const Objective& objective, const QuantitySet& quantities);

/// How far Lanczos goes for an objective's points.
LanczosLimits matrix_free_limits(const Objective& objective, std::int64_t most_steps);

/// How far it goes where the verdict is all that is asked for: until a Ritz value is below the
/// number, or the smallest end, and not the largest too, is known as well as where values are.
LanczosLimits matrix_free_sign_limits(const Objective& objective, std::int64_t most_steps,
                                      std::optional<double> below);

/// How far for the vectors at the origin then, which no value rests on.
LanczosLimits origin_limits(const Objective& objective, std::int64_t most_steps);

/// Below what a computed Ritz value promises a proof by certified directional curvature, given
/// product_error: twice the error of the products that it was made of.
double promising_ritz_value(double product_error);

/// Where it starts at the slice's origin, and, from the extreme vectors (size) that it finds there,
/// at every point; not from a neighbour, so that a point's bits do not depend on the points
/// computed with it. Empty vectors leave the start as it is.
std::vector<double> first_start(std::int64_t size);
void start_from(const std::vector<double>& smallest, const std::vector<double>& largest,
                std::vector<double>& start);

/// The value is the Rayleigh quotient of the smallest Ritz vector by certified directional
/// curvature: λ_min is at most value + rounding, which proves non-convexity; nothing proves
/// convexity. The error adds the residual: an eigenvalue lies within it. Leaves a cleared curvature
/// as it is where Lanczos found nothing, and its vector to the caller. product_error bounds
/// ‖computed Hv − Hv‖ over unit vectors: see lanczos_error.
void matrix_free_curvature(const RitzPairs& ritz, std::int64_t n, const ValueWithError& rayleigh,
                           double product_error, PointCurvature& curvature);

/// By what part of the spectrum's spread λ_min may be smaller than the smallest Ritz value after at
/// least so many steps from start_from's vector, but for a chance of one in a million (Kuczyński
/// and Woźniakowski 1992); more than 1 where nothing is known.
double likely_part(std::int64_t n, std::int64_t steps);

/// The same for people.
std::string likely_statement(std::int64_t n, std::int64_t steps);

/// The same of a map of verdicts, of the points that it leaves undecided.
std::string likely_where_undecided(std::int64_t n, std::int64_t steps);

/// What rounding adds to a Ritz pair's residual: with A·Q = Q·T + β·q·eᵀ + F after k steps in n
/// dimensions, ‖F s‖ ≤ ‖F‖_F for a unit vector s, and a column of F is the error of a product and
/// of its orthogonalisation against k vectors, twice.
double lanczos_error(const RitzPairs& ritz, std::int64_t n, double product_error);

}  // namespace convexscan::cpu
