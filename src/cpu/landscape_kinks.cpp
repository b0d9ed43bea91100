// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/landscape_kinks.hpp"

#include <cmath>
#include <vector>

#include "shared/landscapes.hpp"

namespace convexscan::cpu {
namespace {

using shared::BoundedValue;

/// A number that remembers a maximum of two numbers that may be equal.
struct Tied {
  BoundedValue number;
  bool tied = false;

  Tied() = default;
  Tied(double exact) : number(exact) {}  // NOLINT: constants mix with numbers in formulas
  Tied(BoundedValue n, bool t) : number(n), tied(t) {}
};

double computed(const Tied& a) { return a.number.value; }

Tied operator+(const Tied& a, const Tied& b) { return {a.number + b.number, a.tied || b.tied}; }
Tied operator-(const Tied& a, const Tied& b) { return {a.number - b.number, a.tied || b.tied}; }
Tied operator*(const Tied& a, const Tied& b) { return {a.number * b.number, a.tied || b.tied}; }
Tied exp(const Tied& a) { return {exp(a.number), a.tied}; }
Tied log(const Tied& a) { return {log(a.number), a.tied}; }
Tied sin(const Tied& a) { return {sin(a.number), a.tied}; }
Tied sqrt(const Tied& a) { return {sqrt(a.number), a.tied}; }

Tied max(const Tied& a, const Tied& b) {
  const BoundedValue apart = a.number - b.number;
  const bool equal = std::fabs(apart.value) <= apart.error;
  return {max(a.number, b.number), equal || a.tied || b.tied};
}

}  // namespace

bool is_on_kink(const Landscape& landscape, std::span<const BoundedValue> theta) {
  std::vector<Tied> p;
  for (const BoundedValue& t : theta) p.emplace_back(t, false);
  return shared::landscape_value(landscape.id, p.data()).tied;
}

}  // namespace convexscan::cpu
