// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/vector_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "cpu/sample_products.hpp"
#include "cpu/targets.hpp"
#include "shared/activations.hpp"

namespace convexscan::cpu {
namespace {

std::vector<int> widths() {
  std::vector<int> all;
  for (const int bytes : {16, 32, 64}) {
    if (bytes <= vector_bytes()) all.push_back(bytes);
  }
  return all;
}

template <class Real>
std::vector<Real> random_numbers(std::int64_t count, int seed) {
  std::mt19937 generator(static_cast<unsigned>(seed));
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<Real> numbers(static_cast<std::size_t>(count));
  for (Real& number : numbers) number = static_cast<Real>(uniform(generator));
  return numbers;
}

/// |computed − exact| ≤ γ_{depth+1} (|out| + |W||in|): Higham, Accuracy and Stability, eq. 3.7.
template <class Real>
void expect_product(std::int64_t rows, std::int64_t depth, bool transposed) {
  constexpr std::int64_t columns = 2 * column_multiple;
  const std::int64_t stride = columns + column_multiple;
  const auto w = random_numbers<Real>(rows * depth, 1);
  const auto in = random_numbers<Real>(depth * stride, 2);
  const auto start = random_numbers<Real>(rows * stride, 3);
  const Weights<Real> weights =
      transposed ? Weights<Real>{w.data(), 1, rows} : Weights<Real>{w.data(), depth, 1};
  const double u = std::numeric_limits<Real>::epsilon() / 2.0;
  for (const int bytes : widths()) {
    SCOPED_TRACE(testing::Message() << bytes << " bytes, " << rows << " × " << depth);
    std::vector<Real> out = start;
    layer_product_with<Real>(bytes)(weights, rows, depth, in.data(), stride, columns, out.data(),
                                    stride, {});
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t s = 0; s < stride; ++s) {
        const auto at = static_cast<std::size_t>(r * stride + s);
        long double exact = start[at];
        long double size = std::fabs(exact);
        for (std::int64_t k = 0; k < depth && s < columns; ++k) {
          const long double term =
              static_cast<long double>(
                  w[static_cast<std::size_t>(transposed ? k * rows + r : r * depth + k)]) *
              in[static_cast<std::size_t>(k * stride + s)];
          exact += term;
          size += std::fabs(term);
        }
        const auto gamma = static_cast<long double>(static_cast<double>(2 * depth) * u * 1.001);
        EXPECT_LE(std::fabs(out[at] - exact), gamma * size) << r << ' ' << s;
      }
    }
  }
}

TEST(VectorProduct, EveryWidthIsTheProduct) {
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17}) {
    for (const std::int64_t depth : {1, 2, 9}) {
      expect_product<double>(rows, depth, false);
      expect_product<float>(rows, depth, true);
    }
  }
}

TEST(VectorProduct, BiasAndReluInRegistersHaveTheBitsOfThoseInMemory) {
  constexpr std::int64_t depth = 5;
  constexpr std::int64_t columns = column_multiple;
  for (std::int64_t rows = 2; rows <= 17; ++rows) {
    auto w = random_numbers<double>(rows * depth, 8);
    w.back() = std::numeric_limits<double>::quiet_NaN();
    const auto in = random_numbers<double>(depth * columns, 9);
    const auto bias = random_numbers<double>(rows, 10);
    for (const int bytes : widths()) {
      const auto formed = [&](std::vector<double> out, Around<double> around) {
        layer_product_with<double>(bytes)({w.data(), depth, 1}, rows, depth, in.data(), columns,
                                          columns, out.data(), columns, around);
        return out;
      };
      std::vector<double> start;
      for (const double b : bias) start.insert(start.end(), columns, b);
      const std::vector<double> sums = formed(start, {});
      std::vector<double> expected = sums;
      for (double& z : expected) z = shared::activation<Activation::relu>(z, 0.0).value;
      const auto bits = [](const std::vector<double>& numbers) {
        std::vector<std::uint64_t> all;
        for (const double number : numbers) all.push_back(std::bit_cast<std::uint64_t>(number));
        return all;
      };
      // What is in memory before is not read where there is a bias.
      const std::vector<double> other(start.size(), -7.0);
      EXPECT_EQ(bits(formed(other, {.bias = bias.data(), .relu = false})), bits(sums));
      EXPECT_EQ(bits(formed(start, {.bias = nullptr, .relu = true})), bits(expected));
      EXPECT_EQ(bits(formed(other, {.bias = bias.data(), .relu = true})), bits(expected));
      EXPECT_TRUE(std::isnan(expected.back()));
      EXPECT_GT(std::ranges::count(expected, 0.0), 0);
    }
  }
}

TEST(VectorProduct, SumsOverSamplesAreTheSameForEveryWidthWithFusedOperations) {
  constexpr std::int64_t n = 64;
  for (std::int64_t rows = 1; rows <= 4; ++rows) {
    for (const std::int64_t columns : {1, 2, 3, 5, 6, 7, 13}) {
      const auto a = random_numbers<double>(rows * n, 4);
      const auto b = random_numbers<double>(columns * n, 5);
      std::vector<double> first;
      for (const int bytes : widths()) {
        std::vector<double> sums(static_cast<std::size_t>(rows * columns));
        sample_product_with(bytes)(rows, columns, a.data(), b.data(), n, n - lane_count,
                                   sums.data());
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t c = 0; c < columns; ++c) {
            long double exact = 0.0L;
            long double size = 0.0L;
            for (std::int64_t s = 0; s < n - lane_count; ++s) {
              const long double term =
                  static_cast<long double>(a[static_cast<std::size_t>(r * n + s)]) *
                  b[static_cast<std::size_t>(c * n + s)];
              exact += term;
              size += std::fabs(term);
            }
            // Eight terms in a lane, each a product and a sum, and three sums over lanes.
            EXPECT_LE(std::fabs(sums[static_cast<std::size_t>(r * columns + c)] - exact),
                      20.0L * 0x1p-53L * size);
          }
        }
        if (bytes == 32) first = sums;
        if (bytes == 64) {
          EXPECT_EQ(sums, first);
        }
      }
    }
  }
}

/// Vectors wider than the registers went through memory once, a hundred times slower than this.
TEST(VectorProduct, NoWidthIsSlowerThanALoop) {
  constexpr std::int64_t size = 64;
  const auto w = random_numbers<double>(size * size, 6);
  const auto in = random_numbers<double>(size * size, 7);
  std::vector<double> out(size * size);
  const auto seconds = [](const auto& work) {
    double best = 1e9;
    for (int round = 0; round < 7; ++round) {
      const auto start = std::chrono::steady_clock::now();
      work();
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  };
  const double loop = seconds([&] {
    for (std::size_t r = 0; r < size; ++r) {
      for (std::size_t s = 0; s < size; ++s) {
        double sum = out[r * size + s];
        for (std::size_t k = 0; k < size; ++k) sum += w[r * size + k] * in[k * size + s];
        out[r * size + s] = sum;
      }
    }
  });
  for (const int bytes : widths()) {
    EXPECT_LT(seconds([&] {
                layer_product_with<double>(bytes)({w.data(), size, 1}, size, size, in.data(), size,
                                                  size, out.data(), size, {});
              }),
              loop)
        << bytes;
  }
}

}  // namespace
}  // namespace convexscan::cpu
