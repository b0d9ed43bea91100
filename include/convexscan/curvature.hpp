// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/objective.hpp"

namespace convexscan {

/// `--eigensolver`: how the smallest eigenvalue or its sign is found.
enum class Eigensolver : std::int32_t {
  automatic,  ///< cascade where λ_min or its sign is all that is asked, dense where it fits, else
              ///< lanczos
  cusolver,   ///< a dense solver on the assembled Hessian: cuSOLVER on CUDA, LAPACK on the CPU
  cascade,    ///< the cheapest proof first; λ_min alone by Lanczos on the assembled Hessian and
              ///< proved by a Cholesky factorisation; whatever that leaves open by the dense solver
  lanczos,    ///< matrix-free: exact Hessian-vector products, never a P × P matrix
};

/// Throws UsageError with the near miss.
Eigensolver parse_eigensolver(std::string_view text);
std::string_view name(Eigensolver eigensolver);

/// The eigensolver that a scan uses, and why it is that one.
struct EigensolverChoice {
  Eigensolver eigensolver = Eigensolver::automatic;
  std::string reason;  ///< "auto: …" or "asked for"; empty where nothing needs the Hessian
  std::string dense_solver = "lapack";  ///< what solves a dense matrix there: "lapack", "cusolver",
                                        ///< or "packed", our own on one multiprocessor

  /// Of the eigensolver for people and the result file, the dense one by what it is.
  std::string described() const;
};

/// Values of Quantity::verdict.
enum class Verdict : std::int32_t { undecided = 0, locally_convex = 1, not_convex = 2 };

/// locally convex iff λ_min > bound, not convex iff λ_min < −bound; undecided otherwise, and when
/// either is NaN.
Verdict verdict_of(double min_eigenvalue, double bound);

/// Values of Quantity::settled_by: the stage whose proof the verdict of a point rests on.
enum class SettledBy : std::int32_t {
  nothing = 0,      ///< there is no proof, or no number
  plane = 1,        ///< negative curvature in the plane of the scan
  eigenvector = 2,  ///< negative curvature along the slice's origin's eigenvector
  diagonal = 3,     ///< a negative entry on the diagonal
  lanczos = 4,      ///< a Ritz value, on the matrix or matrix-free
  cholesky = 5,     ///< a factorisation that went through, or broke down
  dense = 6,        ///< the eigenvalue itself
  kink = 7,         ///< left undecided by a kink, where there is no second derivative
};
inline constexpr int settled_by_count = 8;
std::string_view name(SettledBy stage);

struct RequiredL2 {
  double value = 0.0;
  double error = 0.0;  ///< bound on |value − exact|; infinite where nothing bounds it
};

/// The smallest λ for which H + 2λ·diag(weights) is positive semidefinite, so that λ·Σ wᵢθᵢ² is
/// what must be added to an objective with Hessian H; 0 where λ_min ≥ −bound, NaN where rounding,
/// magnified by weights that differ by many decades, leaves it open. hessian (size, size) is
/// row-major and read below the diagonal; bound is on the norm of its error. Coordinates with
/// weight 0 are taken out by the Schur complement: +∞ unless their block is positive definite
/// beyond the bound.
RequiredL2 required_l2(std::span<const double> hessian, std::int64_t size,
                       std::span<const double> weights, double bound);

/// The same for equal weights, from λ_min and a bound on its error: ½·max(0, −λ_min).
RequiredL2 required_l2(double min_eigenvalue, double error);

/// The ends of the Hessian's spectrum at a point, in the objective's subset.
struct ExtremeEigenvectors {
  double smallest = 0.0;
  double largest = 0.0;
  double error = 0.0;  ///< bound on the error of both, or a residual
  std::vector<double>
      smallest_direction;  ///< (parameters), of unit length, zero outside the subset
  std::vector<double> largest_direction;
};

/// For `--directions eigen`: the plane of most negative and most positive curvature at theta.
ExtremeEigenvectors extreme_eigenvectors(const Objective& objective, std::span<const double> theta);

}  // namespace convexscan
