// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/lanczos.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/isolation_rules.hpp"
#include "shared/lanczos_rules.hpp"

namespace convexscan::cpu {
namespace {

double norm(const double* x, std::int64_t n) { return cblas_dnrm2(static_cast<blasint>(n), x, 1); }

/// w −= Q(Qᵀw) for the rows of Q (count, n), twice, which is enough (Kahan and Parlett).
void orthogonalise(const std::vector<double>& basis, std::int64_t count, std::int64_t n, double* w,
                   std::vector<double>& coefficients) {
  const auto rows = static_cast<blasint>(count);
  const auto columns = static_cast<blasint>(n);
  for (int pass = 0; pass < 2; ++pass) {
    cblas_dgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1.0, basis.data(), columns, w, 1, 0.0,
                coefficients.data(), 1);
    cblas_dgemv(CblasRowMajor, CblasTrans, rows, columns, -1.0, basis.data(), columns,
                coefficients.data(), 1, 1.0, w, 1);
  }
}

/// Whether the smallest Ritz pair's residual is less than that part of its distance from the
/// second. rest is the entry that would come next beside the diagonal.
bool smallest_stands_out(const Tridiagonal& reduced, double rest, double part,
                         std::vector<double>& vector) {
  if (reduced.size() < 2) return false;
  // Most often a few steps of bisection are enough to say that they are too close.
  const auto [low, high] = reduced.range();
  const double resolution = 1e-4 * (high - low);
  const double second = reduced.eigenvalue(1, resolution) - resolution;
  if (!(second > reduced.eigenvalue(0, resolution) + resolution)) return false;
  const double smallest = reduced.eigenvalue(0);
  reduced.eigenvector(smallest, vector);
  return !vector.empty() &&
         shared::is_isolated(smallest, rest * std::fabs(vector.back()), second, part);
}

/// A power of two that brings a length near 1 where its square is no normal number, else 1.
double safe_factor(double length) {
  const bool extreme = length > 0x1p480 || (length < 0x1p-480 && length > 0.0);
  if (!extreme || !std::isfinite(length)) return 1.0;
  return std::ldexp(1.0, std::min(-std::ilogb(length), 1000));
}

}  // namespace

std::vector<double> scattered(std::int64_t n, std::uint64_t seed) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::uint64_t state = seed;
  for (double& value : values) {  // splitmix64 (Steele, Lea and Flood 2014)
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    value = static_cast<double>(z >> 11) * 0x1p-52 - 1.0;
  }
  return values;
}

const RitzPairs& Lanczos::operator()(const SymmetricOperator& product,
                                     const std::vector<double>& start,
                                     const LanczosLimits& limits) {
  const auto n = static_cast<std::int64_t>(start.size());
  const std::int64_t most = std::min(limits.steps, n);
  basis_.resize(static_cast<std::size_t>(most * n));
  w_.resize(start.size());
  coefficients_.resize(static_cast<std::size_t>(most));
  reduced_.diagonal.clear();
  reduced_.off_diagonal.clear();
  RitzPairs& pairs = pairs_;
  pairs.smallest = pairs.largest = std::numeric_limits<double>::quiet_NaN();
  pairs.smallest_residual = pairs.second = pairs.largest_residual = 0.0;
  pairs.steps = 0;
  pairs.smallest_vector.clear();
  pairs.largest_vector.clear();

  const double length = norm(start.data(), n);
  if (!(length > 0.0) || !std::isfinite(length)) return pairs;
  std::transform(start.begin(), start.end(), basis_.begin(), [&](double x) { return x / length; });
  double factor = 1.0;
  for (std::int64_t k = 0; k < most; ++k) {
    // w = A q_k − β_{k−1} q_{k−1} − α_k q_k, orthogonal to all before
    const double* q = basis_.data() + k * n;
    product(q, w_.data());
    if (k == 0) factor = safe_factor(norm(w_.data(), n));
    if (factor != 1.0) cblas_dscal(static_cast<blasint>(n), factor, w_.data(), 1);
    reduced_.diagonal.push_back(cblas_ddot(static_cast<blasint>(n), q, 1, w_.data(), 1));
    if (!std::isfinite(reduced_.diagonal.back())) return pairs;
    orthogonalise(basis_, k + 1, n, w_.data(), coefficients_);
    const double rest = norm(w_.data(), n);
    const double scale =
        *std::ranges::max_element(reduced_.diagonal, {}, [](double x) { return std::fabs(x); });
    const bool exhausted = shared::is_exhausted(rest, std::fabs(scale), k, n);
    const bool found = limits.below && reduced_.count_below(*limits.below * factor) > 0;
    const bool last = exhausted || found || k + 1 == most;
    const bool look = shared::looks_at_ritz_values(k);
    const bool isolated = limits.isolation > 0.0 && look &&
                          smallest_stands_out(reduced_, rest, limits.isolation, smallest_);
    if (last || isolated || (look && limits.tolerance > 0.0)) {
      pairs.steps = k + 1;
      pairs.smallest = reduced_.eigenvalue(0);
      pairs.second = reduced_.eigenvalue(std::min<std::int64_t>(k, 1));
      pairs.largest = reduced_.eigenvalue(k);
      reduced_.eigenvector(pairs.smallest, smallest_);
      reduced_.eigenvector(pairs.largest, largest_);
      if (smallest_.empty() || largest_.empty()) {
        pairs.smallest = pairs.largest = std::numeric_limits<double>::quiet_NaN();
        return pairs;
      }
      pairs.smallest_residual = rest * std::fabs(smallest_.back());
      pairs.largest_residual = rest * std::fabs(largest_.back());
      const bool converged =
          shared::has_converged(pairs.smallest, pairs.smallest_residual, pairs.largest,
                                limits.both_ends ? pairs.largest_residual : 0.0, limits.tolerance);
      if (last || converged || isolated) break;
    }
    reduced_.off_diagonal.push_back(rest);
    double* next = basis_.data() + (k + 1) * n;
    for (std::int64_t i = 0; i < n; ++i) next[i] = w_[static_cast<std::size_t>(i)] / rest;
  }

  for (double* value : {&pairs.smallest, &pairs.second, &pairs.largest, &pairs.smallest_residual,
                        &pairs.largest_residual}) {
    *value /= factor;
  }

  set_vector(smallest_, pairs.smallest_vector);
  set_vector(largest_, pairs.largest_vector);
  return pairs;
}

void Lanczos::reserve(std::int64_t n, std::int64_t steps) {
  const auto size = static_cast<std::size_t>(n);
  const auto most = static_cast<std::size_t>(std::min(steps, n));
  basis_.reserve(most * size);
  for (std::vector<double>* numbers : {&w_, &pairs_.smallest_vector, &pairs_.largest_vector}) {
    numbers->reserve(size);
  }
  for (std::vector<double>* numbers :
       {&coefficients_, &reduced_.diagonal, &reduced_.off_diagonal}) {
    numbers->reserve(most);
  }
  for (std::vector<double>* numbers : {&smallest_, &largest_}) numbers->reserve(3 * most);
}

/// x = Qᵀ s
void Lanczos::set_vector(const std::vector<double>& reduced, std::vector<double>& vector) const {
  vector.resize(w_.size());
  const auto n = static_cast<blasint>(vector.size());
  cblas_dgemv(CblasRowMajor, CblasTrans, static_cast<blasint>(reduced.size()), n, 1.0,
              basis_.data(), n, reduced.data(), 1, 0.0, vector.data(), 1);
  const double size = norm(vector.data(), n);
  for (double& value : vector) value /= size;
}

RitzPairs lanczos(const SymmetricOperator& product, const std::vector<double>& start,
                  const LanczosLimits& limits) {
  return Lanczos()(product, start, limits);
}

}  // namespace convexscan::cpu
