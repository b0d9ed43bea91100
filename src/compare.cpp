// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

using enum Quantity;

double largest_magnitude(const ValueTable& table, Quantity quantity) {
  const auto found = table.find(quantity);
  double largest = 0.0;
  if (found == table.end()) return largest;
  for (const double value : found->second.data) {
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  }
  return largest;
}

bool follows_from_eigenvalues(Quantity quantity) {
  return quantity == min_eigenvalue || quantity == max_eigenvalue ||
         quantity == layer_min_eigenvalue || quantity == required_l2;
}

/// The magnitude that a quantity's relative tolerance is taken of.
double scale_of(const ValueTable& first, const ValueTable& second, Quantity quantity) {
  const auto magnitude = [&](Quantity of) {
    return std::max(largest_magnitude(first, of), largest_magnitude(second, of));
  };
  if (!follows_from_eigenvalues(quantity)) return magnitude(quantity);
  double scale = 0.0;
  for (const Quantity of : {min_eigenvalue, max_eigenvalue, layer_min_eigenvalue, required_l2}) {
    scale = std::max(scale, magnitude(of));
  }
  return scale;
}

/// The error bounds of both tables at a point, added; 0 where the quantity has none.
double bounds_at(const ValueTable& first, const ValueTable& second, Quantity quantity,
                 std::size_t point) {
  if (quantity != min_eigenvalue && quantity != required_l2) return 0.0;
  double sum = 0.0;
  for (const ValueTable* table : {&first, &second}) {
    const auto found = table->find(min_eigenvalue_error);
    if (found == table->end() || point >= found->second.data.size()) return 0.0;
    if (std::isfinite(found->second.data[point])) sum += found->second.data[point];
  }
  return sum;
}

/// |a − b|, with NaN and infinities at no distance from themselves and infinitely far from the
/// rest.
double error_between(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0.0;
  const double difference = std::fabs(a - b);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

bool agree(Quantity quantity, double a, double b, double error, double allowed) {
  if (quantity == verdict) return a == b || a == 0.0 || b == 0.0;
  if (quantity == min_eigenvalue_error && std::isfinite(a) && std::isfinite(b)) return true;
  if (!std::isfinite(error)) return false;
  return error <= allowed;
}

Difference difference_of(const ValueTable& first, const ValueTable& second, Quantity quantity,
                         const Tolerance& tolerance) {
  const Values& a = first.at(quantity);
  const Values& b = second.at(quantity);
  const double scale = scale_of(first, second, quantity);
  Difference difference;
  difference.quantity = quantity;
  difference.values = static_cast<std::int64_t>(a.data.size());
  difference.allowed = tolerance.absolute + tolerance.relative * scale;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const double error = error_between(a.data[i], b.data[i]);
    if (std::isfinite(a.data[i]) && std::isfinite(b.data[i])) ++difference.comparable;
    const double bounds =
        bounds_at(first, second, quantity, i / static_cast<std::size_t>(a.components));
    if (!agree(quantity, a.data[i], b.data[i], error, difference.allowed + bounds)) {
      ++difference.outside;
    }
    if (error > difference.max_absolute) {
      difference.max_absolute = error;
      difference.worst = static_cast<std::int64_t>(i);
      difference.first = a.data[i];
      difference.second = b.data[i];
    }
  }
  if (difference.max_absolute > 0.0) difference.max_relative = difference.max_absolute / scale;
  return difference;
}

void require_same_shape(const ValueTable& first, const ValueTable& second) {
  for (const auto& [quantity, values] : first) {
    const auto other = second.find(quantity);
    if (other == second.end()) {
      throw Error(fmt::format("only the first scan has {}", info(quantity).name));
    }
    if (values.data.size() != other->second.data.size() ||
        values.components != other->second.components) {
      throw Error(fmt::format("the scans have {} and {} values of {}", values.data.size(),
                              other->second.data.size(), info(quantity).name));
    }
  }
  for (const auto& [quantity, values] : second) {
    if (!first.contains(quantity)) {
      throw Error(fmt::format("only the second scan has {}", info(quantity).name));
    }
  }
}

}  // namespace

Tolerances default_tolerances(Precision precision, std::int64_t samples, std::int64_t parameters) {
  const double epsilon = precision == Precision::float64
                             ? std::numeric_limits<double>::epsilon()
                             : static_cast<double>(std::numeric_limits<float>::epsilon());
  const double terms = static_cast<double>(std::max<std::int64_t>(1, samples + parameters));
  const double unit = epsilon * std::sqrt(terms);
  Tolerances tolerances{
      {loss, {16 * unit, 0.0}},
      {gradient_norm, {64 * unit, 0.0}},
      {negative_count, {0.01, 1.0}},
      {accuracy, {0.0, 2.0 / static_cast<double>(std::max<std::int64_t>(1, samples))}}};
  for (const Quantity second_derivative : {plane_hessian, min_eigenvalue, max_eigenvalue, trace,
                                           layer_min_eigenvalue, Quantity::required_l2}) {
    tolerances[second_derivative] = {256 * unit, 0.0};
  }
  return tolerances;
}

bool Comparison::within() const {
  return std::ranges::all_of(differences, [](const Difference& d) { return d.within(); });
}

Comparison compare(const ValueTable& first, const ValueTable& second,
                   const Tolerances& tolerances) {
  require_same_shape(first, second);
  Comparison comparison;
  for (const auto& [quantity, values] : first) {
    const auto tolerance = tolerances.find(quantity);
    comparison.differences.push_back(difference_of(
        first, second, quantity, tolerance == tolerances.end() ? Tolerance{} : tolerance->second));
  }
  return comparison;
}

std::vector<std::string> lines_of(const Comparison& comparison) {
  std::vector<std::string> lines{fmt::format("{:<22}{:>14}{:>12}{:>12}{:>12}  {}", "quantity",
                                             "both finite", "max error", "relative", "allowed",
                                             "result")};
  for (const Difference& d : comparison.differences) {
    std::string result = "agrees";
    if (!d.within()) {
      result =
          fmt::format("{} outside; worst at {}: {} and {}", d.outside, d.worst, d.first, d.second);
    }
    lines.push_back(fmt::format("{:<22}{:>14}{:>12.3g}{:>12.3g}{:>12.3g}  {}",
                                info(d.quantity).name,
                                fmt::format("{} of {}", d.comparable, d.values), d.max_absolute,
                                d.max_relative, d.allowed, result));
  }
  return lines;
}

}  // namespace convexscan
