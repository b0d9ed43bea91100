// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "convexscan/objective.hpp"
#include "naive_dropout.hpp"
#include "shared/jets.hpp"

/// The objective written once more, plainly and in long double: a formula on second-order Taylor
/// series, with activations from the mathematics library. Slow, and 2000 times as precise.
namespace convexscan::reference {

using Real = long double;
using Jet = shared::Jet<Real>;

inline Jet activation(Activation kind, Real slope, const Jet& z) {
  using enum Activation;
  const Real x = z.v;
  const Real one = 1;
  const auto sigma = [](Real t) { return 1 / (1 + std::exp(-t)); };
  switch (kind) {
    case identity:
      return z;
    case relu:
      return chain(z, x > 0 ? x : Real(0), Real(x > 0 ? 1 : 0), Real(0));
    case leaky_relu:
      return chain(z, x > 0 ? x : slope * x, x > 0 ? one : slope, Real(0));
    case elu:
      return chain(z, x > 0 ? x : slope * std::expm1(x), x > 0 ? one : slope * std::exp(x),
                   x > 0 ? Real(0) : slope * std::exp(x));
    case gelu: {
      const Real phi = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(Real(-1)));
      const Real cumulative = std::erfc(-x / std::sqrt(Real(2))) / 2;
      return chain(z, x * cumulative, cumulative + x * phi, phi * (2 - x * x));
    }
    case gelu_tanh: {
      const Real c = std::sqrt(2 / std::acos(Real(-1)));
      const Real t = std::tanh(c * (x + Real(0.044715L) * x * x * x));
      const Real du = c * (1 + 3 * Real(0.044715L) * x * x);
      const Real ddu = c * 6 * Real(0.044715L) * x;
      const Real dt = 1 - t * t;
      return chain(z, x * (1 + t) / 2, (1 + t) / 2 + x * dt * du / 2,
                   dt * du + x * (dt * ddu - 2 * t * dt * du * du) / 2);
    }
    case silu: {
      const Real s = sigma(x);
      const Real ds = s * (1 - s);
      return chain(z, x * s, s + x * ds, ds * (2 + x * (1 - 2 * s)));
    }
    case softplus: {
      const Real s = sigma(x);
      return chain(z, std::log1p(std::exp(x)), s, s * (1 - s));
    }
    case sigmoid: {
      const Real s = sigma(x);
      return chain(z, s, s * (1 - s), s * (1 - s) * (1 - 2 * s));
    }
    case tanh: {
      const Real t = std::tanh(x);
      return chain(z, t, 1 - t * t, -2 * t * (1 - t * t));
    }
    case sin:
      return chain(z, std::sin(x), std::cos(x), -std::sin(x));
  }
  return z;
}

inline Jet square(const Jet& a) { return a * a; }

/// The mean loss, penalty left out, with its derivatives in two directions.
inline Jet mean_loss(const NetworkTask& task, const std::vector<Jet>& theta) {
  const Model& model = task.model;
  const auto outputs = static_cast<std::size_t>(model.outputs());
  const auto inputs = static_cast<std::size_t>(model.inputs());
  Jet total(0);
  for (std::size_t s = 0; s < static_cast<std::size_t>(task.samples); ++s) {
    std::vector<std::vector<Jet>> nodes(1);
    for (std::size_t i = 0; i < inputs; ++i)
      nodes[0].emplace_back(Real(task.inputs[s * inputs + i]));
    for (int l = 0; l < model.depth(); ++l) {
      const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
      std::vector<Jet> a;
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        const auto unit = static_cast<std::size_t>(o);
        Jet z(0);
        for (std::int64_t i = 0; i < layer.inputs; ++i) {
          z = z + theta[static_cast<std::size_t>(model.weight_offset(l) + o * layer.inputs + i)] *
                      nodes.back()[static_cast<std::size_t>(i)];
        }
        if (layer.bias) z = z + theta[static_cast<std::size_t>(model.bias_offset(l) + o)];
        if (layer.skip_before != Layer::no_skip) {
          z = z + nodes[static_cast<std::size_t>(layer.skip_before)][unit];
        }
        Jet value = activation(layer.activation, Real(layer.slope), z) *
                    Jet(naive::mask<Real>(model, l, o, static_cast<std::int64_t>(s)));
        if (layer.skip_after != Layer::no_skip) {
          value = value + nodes[static_cast<std::size_t>(layer.skip_after)][unit];
        }
        a.push_back(value);
      }
      nodes.push_back(std::move(a));
    }
    const std::vector<Jet>& z = nodes.back();
    Jet sample(0);
    const Real width = static_cast<Real>(outputs);
    if (task.loss == Loss::output) {
      sample = z[static_cast<std::size_t>(task.output)];
    } else if (task.loss == Loss::cross_entropy) {
      Real largest = z[0].v;
      for (const Jet& a : z) largest = std::max(largest, a.v);
      Jet sum(0);
      for (const Jet& a : z) sum = sum + shared::exp(a - Jet(largest));
      sample = shared::log(sum) + Jet(largest) - z[static_cast<std::size_t>(task.labels[s])];
    } else {
      for (std::size_t o = 0; o < outputs; ++o) {
        const Real y = task.targets[s * outputs + o];
        const Jet d = z[o] - Jet(y);
        if (task.loss == Loss::mse) {
          sample = sample + square(d) * Jet(1 / width);
        } else if (task.loss == Loss::huber) {
          const Jet distance = d.v < 0 ? Jet(0) - d : d;
          sample =
              sample + (distance.v <= 1 ? square(d) * Jet(Real(0.5)) : distance - Jet(Real(0.5))) *
                           Jet(1 / width);
        } else {
          const Real p = 1 / (1 + std::exp(-z[o].v));
          const Jet softplus =
              chain(z[o], std::log1p(std::exp(-std::fabs(z[o].v))) + std::max(z[o].v, Real(0)), p,
                    p * (1 - p));
          sample = sample + (softplus - z[o] * Jet(y)) * Jet(1 / width);
        }
      }
    }
    total = total + sample;
  }
  return total * Jet(1 / static_cast<Real>(task.samples));
}

/// The Hessian of the mean loss in the subset, (size, size), both triangles.
inline std::vector<Real> hessian(const NetworkTask& task, const std::vector<Real>& theta,
                                 const std::vector<std::int64_t>& subset) {
  const std::size_t size = subset.size();
  std::vector<Real> matrix(size * size);
  std::vector<Jet> point(theta.begin(), theta.end());
  for (std::size_t r = 0; r < size; ++r) {
    Jet& row = point[static_cast<std::size_t>(subset[r])];
    row.x = 1;
    for (std::size_t c = 0; c <= r; ++c) {
      Jet& column = point[static_cast<std::size_t>(subset[c])];
      column.y = 1;
      matrix[r * size + c] = matrix[c * size + r] = mean_loss(task, point).xy;
      column.y = 0;
    }
    row.x = 0;
  }
  return matrix;
}

/// Eigenvalues of a symmetric matrix (size, size), ascending, by Jacobi's rotations.
inline std::vector<Real> eigenvalues(std::vector<Real> a, std::size_t size) {
  for (int sweep = 0; sweep < 40; ++sweep) {
    Real off = 0;
    Real all = 0;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        all += a[i * size + j] * a[i * size + j];
        if (i != j) off += a[i * size + j] * a[i * size + j];
      }
    }
    if (off <= 1e-40L * all) break;
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        if (a[p * size + q] == 0) continue;
        const Real tau = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q]);
        const Real t = (tau < 0 ? -1 : 1) / (std::fabs(tau) + std::sqrt(1 + tau * tau));
        const Real c = 1 / std::sqrt(1 + t * t);
        const Real s = t * c;
        for (std::size_t k = 0; k < size; ++k) {
          const Real x = a[k * size + p];
          const Real y = a[k * size + q];
          a[k * size + p] = c * x - s * y;
          a[k * size + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < size; ++k) {
          const Real x = a[p * size + k];
          const Real y = a[q * size + k];
          a[p * size + k] = c * x - s * y;
          a[q * size + k] = s * x + c * y;
        }
      }
    }
  }
  std::vector<Real> values;
  for (std::size_t i = 0; i < size; ++i) values.push_back(a[i * size + i]);
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace convexscan::reference
