// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "convexscan/backend.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "cpu/dense_eigenvalues.hpp"
#include "cpu/hessian.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/landscape_hessian.hpp"
#include "cpu/lapack.hpp"

namespace convexscan {
namespace {

/// θ-long, zero outside the subset.
std::vector<double> spread(const Objective& objective, const std::vector<double>& vector) {
  std::vector<double> direction(static_cast<std::size_t>(objective.parameter_count()), 0.0);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    direction[static_cast<std::size_t>(objective.subset[i])] = vector[i];
  }
  return direction;
}

ExtremeEigenvectors dense_ends(const Objective& objective, const std::vector<double>& matrix,
                               double bound) {
  const auto n = static_cast<std::int64_t>(objective.subset.size());
  const double norm = cpu::frobenius_norm(matrix.data(), n);
  ExtremeEigenvectors ends;
  std::vector<double> scratch(matrix.begin(), matrix.begin() + n * n);
  ends.error = bound + cpu::DenseEigenvalues(scratch.data(), n).error();
  if (!std::isfinite(norm)) throw Error("the Hessian at the slice's origin is not finite");
  std::vector<double> vector(static_cast<std::size_t>(n));
  for (const bool smallest : {true, false}) {
    scratch.assign(matrix.begin(), matrix.begin() + n * n);
    double value = 0.0;
    if (!cpu::eigenpair(scratch.data(), n, smallest ? 0 : n - 1, value, vector)) {
      throw Error("the eigenvectors of the Hessian at the slice's origin did not converge");
    }
    (smallest ? ends.smallest : ends.largest) = value;
    (smallest ? ends.smallest_direction : ends.largest_direction) = spread(objective, vector);
  }
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
    return dense_ends(objective, matrix, bound);
  }
  const cpu::NetworkData<double> data(*objective.network());
  if (n <= EvaluationOptions{}.dense_limit) {
    const cpu::NetworkSlice<double> network(data, slice);
    const cpu::NetworkHessian hessian(objective, network, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    const double bound = hessian.assemble(nullptr, workspace, matrix.data());
    return dense_ends(objective, matrix, bound);
  }
  cpu::HessianVector product(objective, data, slice);
  product.set_point(nullptr);
  const cpu::RitzPairs ritz =
      cpu::lanczos([&](const double* x, double* y) { product.apply(x, 1, y); },
                   cpu::scattered(n, 1), {.steps = 100, .tolerance = 1e-7});
  if (ritz.smallest_vector.empty()) {
    throw Error("the Hessian at the slice's origin is not finite");
  }
  return {ritz.smallest, ritz.largest, std::max(ritz.smallest_residual, ritz.largest_residual),
          spread(objective, ritz.smallest_vector), spread(objective, ritz.largest_vector)};
}

}  // namespace convexscan
