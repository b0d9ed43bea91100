// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "surfaces.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "convexscan/directions.hpp"
#include "named.hpp"

namespace convexscan::bench {
namespace {

double relu(double z) { return z > 0.0 ? z : 0.0; }

/// (1 − x)² + 100(y − x²)² on ±range.
double rosenbrock(double range, double x, double y) {
  const double u = range * x, v = range * y;
  return (1.0 - u) * (1.0 - u) + 100.0 * (v - u * u) * (v - u * u);
}

/// Squared error of a sum of slopes that begin along 30 lines.
double slopes(double x, double y) {
  double sum = 0.0;
  for (int k = 0; k < 30; ++k) {
    const double z = relu(std::cos(1.7 * k) * x + std::sin(1.7 * k) * y - 0.02 * k) -
                     0.5 * relu(x - 0.01 * k) - 0.1;
    sum += z * z;
  }
  return sum;
}

struct Family {
  std::string_view name;
  double (*height)(double x, double y);
};

constexpr std::array families{
    Family{"waves",
           [](double x, double y) {
             return x * x + 0.5 * y * y +
                    0.05 * std::sin(7.0 * x + 2.0 * y) * std::cos(5.0 * y - x);
           }},
    Family{"bowl", [](double x, double y) { return x * x + y * y; }},
    Family{"thin-bowl",
           [](double x, double y) {
             const double u = 0.6 * x + 0.8 * y, v = 0.8 * x - 0.6 * y;
             return u * u + 1e-6 * v * v;
           }},
    Family{"ridge", [](double x, double y) { return (x + 300.0 * y) * (x + 300.0 * y); }},
    Family{"rosenbrock-2", [](double x, double y) { return rosenbrock(2.0, x, y); }},
    Family{"rosenbrock-1000", [](double x, double y) { return rosenbrock(1000.0, x, y); }},
    Family{"x2y2", [](double x, double y) { return x * x * y * y; }},
    Family{"cone", [](double x, double y) { return std::sqrt(x * x + y * y); }},
    Family{"slopes", slopes},
    Family{"flat", [](double, double) { return 1.0; }},
    Family{"cliff", [](double x, double) { return x > 0.1 ? 1e12 : x; }},
    Family{"holes",
           [](double x, double y) {
             return std::sin(13.0 * x) * std::sin(17.0 * y) > 0.3
                        ? std::numeric_limits<double>::quiet_NaN()
                        : x * x + 3.0 * y * y;
           }},
    Family{"noise", nullptr},
};

constexpr auto names = [] {
  std::array<std::string_view, families.size()> all;
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = families[k].name;
  return all;
}();

}  // namespace

std::vector<double> surface(const std::string& name, std::int64_t side) {
  const Family& family = families[index_of_name("surface", name, names)];
  if (family.height == nullptr) return normal_numbers(side * side, 1.0, 1);
  std::vector<double> heights;
  heights.reserve(static_cast<std::size_t>(side * side));
  const double step = 2.0 / static_cast<double>(side - 1);
  for (std::int64_t j = 0; j < side; ++j) {
    for (std::int64_t i = 0; i < side; ++i) {
      heights.push_back(
          family.height(step * static_cast<double>(i) - 1.0, step * static_cast<double>(j) - 1.0));
    }
  }
  return heights;
}

}  // namespace convexscan::bench
