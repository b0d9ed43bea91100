// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_expression.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <set>
#include <utility>

namespace convexscan::graph {
namespace {

/// Beyond it exp may overflow where the function that is written with it does not.
constexpr double tail = 30.0;

/// Arguments at which two functions are compared: both sides of zero, the bend, the tails, and both
/// sides of and between the constants, at which branches may part.
std::vector<double> probes(std::set<double> constants) {
  std::vector<double> z{-tail, -1e-3, 0.0, 1e-3, tail};
  for (int i = -48; i <= 48; ++i) z.push_back(0.25 * i + 0.0625);
  for (const double far : {60.0, 250.0, 1e3, 1e4, 1e6}) z.insert(z.end(), {-far, far});
  double before = 0.0;
  constants.insert(0.0);
  for (const double c : constants) {
    z.insert(z.end(), {0.5 * (before + c), c - 1e-3, c, c + 1e-3, 2.0 * c});
    before = c;
  }
  return z;
}

double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

/// Constants in the file are float32: they are right to 6e-8.
constexpr double agreement = 1e-6;

/// The operations as ONNX defines them. Not the project's own formulas: what a file says is read
/// here independently of how it is later computed.
double evaluate(const Expression& e, double a, double b, double c) {
  switch (e.op) {
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::mul:
      return a * b;
    case Op::div:
      return a / b;
    case Op::pow:
      return std::pow(a, b);
    case Op::greater:
      return a > b ? 1.0 : 0.0;
    case Op::less:
      return a < b ? 1.0 : 0.0;
    case Op::where:
      return a != 0.0 ? b : c;
    case Op::neg:
      return -a;
    case Op::erf:
      return std::erf(a);
    case Op::exp:
      return std::exp(a);
    case Op::log:
      return std::log(a);
    case Op::sqrt:
      return std::sqrt(a);
    case Op::relu:
      return std::max(a, 0.0);
    case Op::leaky_relu:
      return a < 0.0 ? e.value * a : a;
    case Op::elu:
      return a < 0.0 ? e.value * std::expm1(a) : a;
    case Op::gelu:
      return 0.5 * a * (1.0 + std::erf(a / std::numbers::sqrt2));
    case Op::gelu_tanh:
      return 0.5 * a *
             (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (a + 0.044715 * a * a * a)));
    case Op::sigmoid:
      return sigmoid(a);
    case Op::silu:
      return a * sigmoid(a);
    case Op::softplus:
      return std::max(a, 0.0) + std::log1p(std::exp(-std::abs(a)));
    case Op::tanh:
      return std::tanh(a);
    case Op::sin:
      return std::sin(a);
    default:
      return std::nan("");
  }
}

bool acts_on_single_values(Op op) {
  return op != Op::node && op != Op::affine && op != Op::scalar && op != Op::softmax &&
         op != Op::log_softmax && op != Op::two_columns;
}

constexpr std::array<std::pair<Op, Activation>, 8> plain_activations{{
    {Op::relu, Activation::relu},
    {Op::gelu, Activation::gelu},
    {Op::gelu_tanh, Activation::gelu_tanh},
    {Op::silu, Activation::silu},
    {Op::softplus, Activation::softplus},
    {Op::sigmoid, Activation::sigmoid},
    {Op::tanh, Activation::tanh},
    {Op::sin, Activation::sin},
}};

bool agree(const std::vector<double>& z, const std::vector<double>& found, Op op) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double expected = evaluate({.op = op}, z[i], 0.0, 0.0);
    if (std::abs(z[i]) > tail && !std::isfinite(found[i])) continue;
    if (!(std::abs(found[i] - expected) <= agreement * (1.0 + std::abs(z[i])))) return false;
  }
  return true;
}

}  // namespace

int Expressions::add(Expression expression) {
  const bool symmetric = expression.op == Op::add || expression.op == Op::mul;
  if (symmetric && expression.first > expression.second) {
    std::swap(expression.first, expression.second);
  }
  const auto [place, fresh] = number_.try_emplace(
      {expression.op, expression.first, expression.second, expression.third,
       std::bit_cast<std::uint64_t>(expression.value)},  // NaN has no place in an order
      count());
  if (fresh) all_.push_back(expression);
  return place->second;
}

const Maker* Expressions::maker(int id) const {
  const auto found = makers_.find(id);
  return found == makers_.end() ? nullptr : &found->second;
}

std::optional<ActivationAndSlope> Expressions::activation_of(int id, int base) const {
  if (id == base) return ActivationAndSlope{};
  const Expression& last = (*this)[id];
  if (last.first == base && last.op == Op::leaky_relu)
    return {{Activation::leaky_relu, last.value}};
  if (last.first == base && last.op == Op::elu) return {{Activation::elu, last.value}};

  // Tabulate every expression up to id that depends on base alone; empty where it does not.
  std::set<double> constants;
  for (int i = 0; i <= id; ++i) {
    const Expression& e = (*this)[i];
    if (e.op == Op::scalar && std::abs(e.value) <= 1e6) constants.insert(e.value);
  }
  const std::vector<double> z = probes(std::move(constants));
  std::vector<std::vector<double>> table(static_cast<std::size_t>(id) + 1);
  for (int i = 0; i <= id; ++i) {
    const Expression& e = (*this)[i];
    std::vector<double>& values = table[static_cast<std::size_t>(i)];
    if (i == base) {
      values = z;
    } else if (e.op == Op::scalar) {
      values.assign(z.size(), e.value);
    } else if (acts_on_single_values(e.op)) {
      const auto operand = [&](int number) -> const std::vector<double>& {
        return table[static_cast<std::size_t>(number >= 0 ? number : e.first)];
      };
      const std::vector<double>& a = operand(e.first);
      const std::vector<double>& b = operand(e.second);
      const std::vector<double>& c = operand(e.third);
      if (a.empty() || b.empty() || c.empty()) continue;
      for (std::size_t k = 0; k < z.size(); ++k) values.push_back(evaluate(e, a[k], b[k], c[k]));
    }
  }
  const std::vector<double>& found = table.back();
  if (found.empty()) return std::nullopt;
  for (const auto& [op, activation] : plain_activations) {
    if (agree(z, found, op)) return ActivationAndSlope{activation, 0.0};
  }
  return std::nullopt;
}

}  // namespace convexscan::graph
