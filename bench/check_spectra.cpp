// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "convexscan/error.hpp"
#include "cpu/blas.hpp"
#include "cpu/lapack.hpp"

namespace convexscan::bench {
namespace {

/// In words, how closely (distinct, n, n) vectors are eigenvectors of unit length and orthogonal: a
/// backward stable solver leaves a small multiple of n·ε, of ‖A‖_F in the residuals. LAPACK's own
/// tests let 30 pass.
std::string check_vectors(std::int64_t n, std::span<const double> matrices,
                          std::span<const double> values, std::span<const double> vectors) {
  const auto rows = static_cast<std::size_t>(n);
  const double tolerance = 30.0 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  if (vectors.size() != values.size() * rows) {
    throw Error(fmt::format("wrong eigenvectors: {} numbers for {} eigenvalues of {} x {}",
                            vectors.size(), values.size(), n, n));
  }
  double worst = 0.0;
  for (std::size_t k = 0; k < values.size() / rows; ++k) {
    const double* const v = vectors.data() + k * rows * rows;
    const std::span<const double> matrix = matrices.subspan(k * rows * rows, rows * rows);
    double square = 0.0;
    for (const double entry : matrix) square += entry * entry;
    std::vector<double> images(rows * rows, 0.0);  // row i is (A·vᵢ)ᵀ
    std::vector<double> products(rows * rows);
    cpu::add_matrix_product(n, n, n, v, n, matrix.data(), n, images.data(), n);
    cpu::outer_product(n, n, n, v, n, v, n, products.data(), n);
    for (std::size_t i = 0; i < rows; ++i) {
      double residual = 0.0;
      double aside = 0.0;
      for (std::size_t j = 0; j < rows; ++j) {
        const double off = images[i * rows + j] - values[k * rows + i] * v[i * rows + j];
        residual += off * off;
        const double turned = std::fabs(products[i * rows + j] - (i == j ? 1.0 : 0.0));
        aside = turned > aside ? turned : aside;  // NaN shows in the residual
      }
      const double relative = std::sqrt(residual / square);
      if (!(relative <= tolerance && aside <= tolerance)) {
        throw Error(fmt::format(
            "wrong eigenvector {} of matrix {}: residual {:.3g} of the norm, off orthogonal by "
            "{:.3g}",
            i, k, relative, aside));
      }
      worst = std::max({worst, relative, aside});
    }
  }
  return fmt::format(", vectors to {:.0e}", worst);
}

}  // namespace

std::string check_spectra(SpectrumPart part, std::int64_t n, std::span<const double> matrices,
                          std::span<const double> values, std::span<const double> vectors) {
  const auto size = static_cast<std::size_t>(n * n);
  const std::size_t each = part == SpectrumPart::smallest ? 1 : static_cast<std::size_t>(n);
  const auto rows = static_cast<double>(n);
  double worst = 0.0;
  for (std::size_t k = 0; k < values.size() / each; ++k) {
    const std::span<const double> matrix = matrices.subspan(k * size, size);
    const std::span<const double> spectrum = values.subspan(k * each, each);
    double trace = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      trace += matrix[i * static_cast<std::size_t>(n) + i];
    }
    for (const double entry : matrix) square += entry * entry;
    // A backward stable solver is off by a small multiple of n·ε·‖A‖ in each eigenvalue.
    const double tolerance = rows * std::numeric_limits<double>::epsilon() * std::sqrt(square);
    if (part == SpectrumPart::smallest) {
      for (const double shift : {-tolerance, tolerance}) {
        std::vector<double> shifted(matrix.begin(), matrix.end());
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
          shifted[i * static_cast<std::size_t>(n) + i] -= spectrum[0] + shift;
        }
        const bool positive = cpu::cholesky(shifted.data(), n) == 0;
        if (positive != (shift < 0.0)) {
          throw Error(fmt::format("wrong smallest eigenvalue of matrix {}: {:.17g} is too {}", k,
                                  spectrum[0], positive ? "small" : "large"));
        }
      }
      worst = std::max(worst, tolerance / std::sqrt(square));
      continue;
    }
    double sum = 0.0;
    double squares = 0.0;
    for (const double value : spectrum) {
      sum += value;
      squares += value * value;
    }
    const double norm = std::sqrt(square);
    const double off = std::max(std::fabs(sum - trace) / rows,
                                std::fabs(squares - square) / (2.0 * norm * std::sqrt(rows)));
    if (!(off <= tolerance)) {
      throw Error(
          fmt::format("wrong eigenvalues of matrix {}: sum {:.17g} for a trace of {:.17g}, "
                      "squares {:.17g} for {:.17g}",
                      k, sum, trace, squares, square));
    }
    worst = std::max(worst, off / norm);
  }
  return fmt::format(
      "{} to {:.0e} of the norm{}",
      part == SpectrumPart::smallest ? "factorisations on both sides" : "trace and norm", worst,
      part == SpectrumPart::vectors ? check_vectors(n, matrices, values, vectors) : "");
}

}  // namespace convexscan::bench
