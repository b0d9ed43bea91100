// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/curvature.hpp"

#include <array>

#include "named.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 4> eigensolver_names{"auto", "cusolver", "cascade",
                                                            "lanczos"};
constexpr std::array<std::string_view, settled_by_count> stage_names{
    "nothing", "plane", "eigenvector", "diagonal", "lanczos", "cholesky", "dense", "kink"};

}  // namespace

Eigensolver parse_eigensolver(std::string_view text) {
  return static_cast<Eigensolver>(index_of_name("eigensolver", text, eigensolver_names));
}

std::string_view name(Eigensolver eigensolver) {
  return eigensolver_names[static_cast<std::size_t>(eigensolver)];
}

std::string EigensolverChoice::described() const {
  return eigensolver == Eigensolver::cusolver ? dense_solver : std::string(name(eigensolver));
}

std::string_view name(SettledBy stage) { return stage_names[static_cast<std::size_t>(stage)]; }

Verdict verdict_of(double min_eigenvalue, double bound) {
  if (min_eigenvalue > bound) return Verdict::locally_convex;
  if (min_eigenvalue < -bound) return Verdict::not_convex;
  return Verdict::undecided;
}

}  // namespace convexscan
