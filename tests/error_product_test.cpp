// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/error_product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "curvature_problems.hpp"
#include "random_networks.hpp"

namespace convexscan::cpu {
namespace {

using namespace testing_objectives;

constexpr std::int64_t n = 2 * column_multiple;

/// Sizes of the parameters of a network, of which the tests want those of the second layer, 7 × 5.
struct Sizes {
  Objective objective;
  NetworkData<double> data;
  Aligned<double> parameters;
  WeightLengths lengths;

  Sizes(Random& random, double scale)
      : objective(network(random, mlp("3-5-7", Activation::tanh, 0.0, true, false), Loss::mse, 2)),
        data(*objective.network()),
        parameters(static_cast<std::size_t>(data.layers[1].weight + 35 + 7)),
        lengths(data) {
    for (double& size : parameters) size = scale * std::fabs(normal(random, 1).front());
    parameters[static_cast<std::size_t>(data.layers[1].weight)] = 0.0;
    lengths.take(data, parameters.data());
  }
  const double* weights() const { return parameters.data() + data.layers[1].weight; }
};

Aligned<double> random_sources(Random& random, std::int64_t rows, double scale) {
  Aligned<double> sources(static_cast<std::size_t>(rows * n));
  for (double& source : sources) source = scale * std::fabs(normal(random, 1).front());
  return sources;
}

/// error + sizes·sources, by the lengths of the rows or, without them, entry by entry.
Aligned<double> product(const Weights<double>& sizes, const double* lengths, std::int64_t rows,
                        std::int64_t depth, const Aligned<double>& sources) {
  Aligned<double> norms(n);
  Aligned<double> error(static_cast<std::size_t>(rows * n), 1e-300);
  add_error_product(sizes, lengths, rows, depth, sources.data(), n, norms.data(), error.data());
  return error;
}

/// Sums of some ten terms, and their roots, are rounded by less than 20·2⁻⁵³.
void expect_at_least(const Aligned<double>& larger, const Aligned<double>& smaller) {
  for (std::size_t i = 0; i < larger.size(); ++i) {
    EXPECT_GE(larger[i] * (1.0 + 20.0 * 0x1p-53), smaller[i]) << i;
  }
}

TEST(ErrorProduct, ByNormsIsAtLeastThatOfTheEntries) {
  Random random(31);
  // Squares that are normal, that underflow, and that are infinite.
  for (const double scale : {1.0, 1e-160, 1e-220, 1e200}) {
    const Sizes sizes(random, scale);
    for (const double of_sources : {1e-16, 1e-160, 1e-300}) {
      const auto inwards = random_sources(random, 5, of_sources);
      const Weights<double> w{sizes.weights(), 5, 1};
      expect_at_least(product(w, sizes.lengths.rows(1), 7, 5, inwards),
                      product(w, nullptr, 7, 5, inwards));
      const auto outwards = random_sources(random, 7, of_sources);
      const Weights<double> transposed{sizes.weights(), 1, 5};
      expect_at_least(product(transposed, sizes.lengths.columns(1), 5, 7, outwards),
                      product(transposed, nullptr, 5, 7, outwards));
    }
  }
}

/// Cauchy and Schwarz's inequality is an equation where the sources are a multiple of the row, or
/// of the column.
TEST(ErrorProduct, ByNormsIsThatOfTheEntriesWhereTheyAreParallel) {
  Random random(32);
  const Sizes sizes(random, 1.0);
  Aligned<double> sources(static_cast<std::size_t>(5 * n));
  for (std::size_t i = 0; i < sources.size(); ++i) sources[i] = 3.0 * sizes.weights()[i / n];
  const Weights<double> first_row{sizes.weights(), 5, 1};
  const auto larger = product(first_row, sizes.lengths.rows(1), 1, 5, sources);
  const auto exact = product(first_row, nullptr, 1, 5, sources);
  for (std::size_t s = 0; s < exact.size(); ++s) {
    EXPECT_NEAR(larger[s], exact[s], 20.0 * 0x1p-53 * exact[s]);
  }
  Aligned<double> outwards(static_cast<std::size_t>(7 * n));
  for (std::size_t i = 0; i < outwards.size(); ++i) {
    outwards[i] = 3.0 * sizes.weights()[5 * (i / n) + 1];
  }
  const Weights<double> second_column{sizes.weights() + 1, 1, 5};
  const auto along = product(second_column, sizes.lengths.columns(1) + 1, 1, 7, outwards);
  const auto entries = product(second_column, nullptr, 1, 7, outwards);
  for (std::size_t s = 0; s < entries.size(); ++s) {
    EXPECT_NEAR(along[s], entries[s], 20.0 * 0x1p-53 * entries[s]);
  }
}

TEST(ErrorProduct, ByNormsIsNoNumberWhereASourceIsNone) {
  Random random(33);
  const Sizes sizes(random, 1.0);
  auto sources = random_sources(random, 5, 1.0);
  sources[2 * n + 1] = std::numeric_limits<double>::quiet_NaN();
  const auto error = product({sizes.weights(), 5, 1}, sizes.lengths.rows(1), 7, 5, sources);
  for (std::size_t r = 0; r < 7; ++r) {
    EXPECT_TRUE(std::isnan(error[r * n + 1]));
    EXPECT_TRUE(std::isfinite(error[r * n + 2]));
  }
}

}  // namespace
}  // namespace convexscan::cpu
