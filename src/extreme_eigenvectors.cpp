// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "convexscan/backend.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "cpu/dense_eigenvalues.hpp"
#include "cpu/hessian.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/landscape_hessian.hpp"
#include "cpu/lapack.hpp"
#include "cpu/point_curvature.hpp"

namespace convexscan {
namespace {

/// Where all eigenvalues are the same, a solver may give one vector for both ends; any pair that is
/// orthogonal is right there.
void make_orthogonal(const std::vector<double>& smallest, std::vector<double>& largest) {
  if (smallest.size() < 2) return;
  constexpr double orthogonal = 1e-8;  // of eigenvectors, up to rounding
  const auto product = [&] {
    return std::inner_product(smallest.begin(), smallest.end(), largest.begin(), 0.0);
  };
  if (std::fabs(product()) <= orthogonal) return;
  const auto remove_smallest = [&] {
    const double along = product();
    for (std::size_t i = 0; i < largest.size(); ++i) largest[i] -= along * smallest[i];
  };
  remove_smallest();
  const auto length = [&] {
    return std::sqrt(std::inner_product(largest.begin(), largest.end(), largest.begin(), 0.0));
  };
  if (length() < 0.5) {
    const auto least = std::ranges::min_element(
        smallest, {}, [](double component) { return std::fabs(component); });
    std::ranges::fill(largest, 0.0);
    largest[static_cast<std::size_t>(least - smallest.begin())] = 1.0;
    remove_smallest();
  }
  const double size = length();
  for (double& component : largest) component /= size;
}

/// θ-long, zero outside the subset.
std::vector<double> spread(const Objective& objective, const std::vector<double>& vector) {
  std::vector<double> direction(static_cast<std::size_t>(objective.parameter_count()), 0.0);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    direction[static_cast<std::size_t>(objective.subset[i])] = vector[i];
  }
  return direction;
}

ExtremeEigenvectors dense_ends(const Objective& objective, std::vector<double> matrix,
                               double bound) {
  const auto n = static_cast<std::int64_t>(objective.subset.size());
  matrix.resize(static_cast<std::size_t>(n * n));
  const double scale = cpu::safe_scale(matrix.data(), n);
  for (double& entry : matrix) entry *= scale;
  const double norm = cpu::frobenius_norm(matrix.data(), n);
  if (!std::isfinite(norm)) throw Error("the Hessian at the slice's origin is not finite");
  ExtremeEigenvectors ends;
  ends.error = bound + cpu::solver_error(norm, n) / scale;
  std::vector<double> scratch;
  const auto vector_of = [&](std::int64_t k, double& value) {
    std::vector<double> vector(static_cast<std::size_t>(n));
    scratch = matrix;
    if (!cpu::eigenpair(scratch.data(), n, k, value, vector)) {
      throw Error("the eigenvectors of the Hessian at the slice's origin did not converge");
    }
    value /= scale;
    return vector;
  };
  const std::vector<double> smallest = vector_of(0, ends.smallest);
  std::vector<double> largest = vector_of(n - 1, ends.largest);
  make_orthogonal(smallest, largest);
  ends.smallest_direction = spread(objective, smallest);
  ends.largest_direction = spread(objective, largest);
  return ends;
}

}  // namespace

ExtremeEigenvectors extreme_eigenvectors(const Objective& objective,
                                         std::span<const double> theta) {
  const Slice slice{{theta.begin(), theta.end()}, {}};
  const auto n = static_cast<std::int64_t>(objective.subset.size());
  if (objective.landscape() != nullptr) {
    std::vector<double> matrix;
    const double bound = cpu::landscape_hessian(objective, slice, nullptr, matrix);
    return dense_ends(objective, std::move(matrix), bound);
  }
  const cpu::NetworkData<double> data(*objective.network());
  if (n <= EvaluationOptions{}.dense_limit) {
    const cpu::NetworkSlice<double> network(data, slice);
    const cpu::NetworkHessian hessian(objective, network, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    const double bound = hessian.assemble(nullptr, workspace, matrix.data());
    return dense_ends(objective, std::move(matrix), bound);
  }
  cpu::HessianVector product(objective, data, slice);
  product.set_point(nullptr);
  cpu::RitzPairs ritz = cpu::lanczos([&](const double* x, double* y) { product.apply(x, 1, y); },
                                     cpu::scattered(n, 1), {.steps = 100, .tolerance = 1e-7});
  if (ritz.smallest_vector.empty()) {
    throw Error("the Hessian at the slice's origin is not finite");
  }
  make_orthogonal(ritz.smallest_vector, ritz.largest_vector);
  return {ritz.smallest, ritz.largest, std::max(ritz.smallest_residual, ritz.largest_residual),
          spread(objective, ritz.smallest_vector), spread(objective, ritz.largest_vector)};
}

}  // namespace convexscan
