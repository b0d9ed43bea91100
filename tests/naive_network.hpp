// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <boost/multiprecision/float128.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "naive_dropout.hpp"

/// An independent witness: the objective written out one sample and one neuron at a time, straight
/// from the definitions of torch.nn, in long double or in quadruple precision (Quad). It shares no
/// formula with the program.
namespace convexscan::naive {

using Quad = boost::multiprecision::float128;

inline long double error_function(long double x) { return std::erf(x); }
inline Quad error_function(const Quad& x) { return Quad(erfq(x.backend().value())); }

template <class Real>
Real activation(Activation kind, Real z, Real slope) {
  using std::acos, std::exp, std::log, std::sin, std::sqrt, std::tanh;
  const Real pi = acos(Real(-1));
  switch (kind) {
    case Activation::identity:
      return z;
    case Activation::relu:
      return z > 0 ? z : Real(0);
    case Activation::leaky_relu:
      return z > 0 ? z : slope * z;
    case Activation::elu:
      return z > 0 ? z : slope * (exp(z) - 1);
    case Activation::gelu:
      return z * (1 + error_function(z / sqrt(Real(2)))) / 2;
    case Activation::gelu_tanh:
      return z / 2 * (1 + tanh(sqrt(2 / pi) * (z + Real(0.044715) * z * z * z)));
    case Activation::silu:
      return z / (1 + exp(-z));
    case Activation::softplus:
      return log(1 + exp(z));
    case Activation::sigmoid:
      return 1 / (1 + exp(-z));
    case Activation::tanh:
      return tanh(z);
    case Activation::sin:
      return sin(z);
  }
  return NAN;
}

template <class Real>
std::vector<Real> outputs(const Model& model, std::span<const Real> theta,
                          std::span<const double> input, std::int64_t sample) {
  std::vector<std::vector<Real>> nodes{{input.begin(), input.end()}};
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    std::vector<Real> out;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      Real z = layer.bias ? theta[static_cast<std::size_t>(model.bias_offset(l) + o)] : Real(0);
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        z += theta[static_cast<std::size_t>(model.weight_offset(l) + o * layer.inputs + i)] *
             nodes.back()[static_cast<std::size_t>(i)];
      }
      const auto skip = [&](int node) {
        return node == Layer::no_skip
                   ? Real(0)
                   : nodes[static_cast<std::size_t>(node)][static_cast<std::size_t>(o)];
      };
      z += skip(layer.skip_before);
      out.push_back(mask<Real>(model, l, o, sample) *
                        activation(layer.activation, z, static_cast<Real>(layer.slope)) +
                    skip(layer.skip_after));
    }
    nodes.push_back(out);
  }
  return nodes.back();
}

template <class Real>
Real sample_loss(const NetworkTask& task, std::span<const Real> z, std::int64_t sample) {
  using std::exp, std::fabs, std::log;
  const auto n = static_cast<Real>(z.size());
  Real loss = 0;
  switch (task.loss) {
    case Loss::output:
      return z[static_cast<std::size_t>(task.output)];
    case Loss::cross_entropy: {
      Real sum = 0;
      for (const Real& value : z) sum += exp(value);
      const auto label = static_cast<std::size_t>(task.labels[static_cast<std::size_t>(sample)]);
      return -log(exp(z[label]) / sum);
    }
    case Loss::mse:
    case Loss::huber:
    case Loss::binary_cross_entropy:
      break;
  }
  for (std::size_t o = 0; o < z.size(); ++o) {
    const Real y = task.targets[static_cast<std::size_t>(sample) * z.size() + o];
    const Real d = z[o] - y;
    if (task.loss == Loss::mse) {
      loss += d * d;
    } else if (task.loss == Loss::huber) {
      loss += fabs(d) <= 1 ? d * d / 2 : fabs(d) - Real(0.5);
    } else {
      const Real p = 1 / (1 + exp(-z[o]));
      loss -= y * log(p) + (1 - y) * log(1 - p);
    }
  }
  return loss / n;
}

template <class Real>
Real penalty(const Penalty& penalty, std::span<const Real> theta) {
  using std::fabs, std::pow;
  Real sum = 0;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const Real d = theta[i] - (penalty.centre.empty() ? 0.0 : penalty.centre[i]);
    for (const PenaltyTerm& term : penalty.terms) {
      const auto v = static_cast<Real>(term.value);
      switch (term.kind) {
        case PenaltyTerm::Kind::l2:
          sum += v * d * d;
          break;
        case PenaltyTerm::Kind::l2_graded:
          sum += pow(v, static_cast<Real>(i + 1)) * d * d;
          break;
        case PenaltyTerm::Kind::l1:
          sum += v * fabs(d);
          break;
        case PenaltyTerm::Kind::lp:
          sum += v * pow(fabs(d), static_cast<Real>(term.exponent));
          break;
      }
    }
  }
  return sum;
}

/// f(θ) for a network objective.
template <class Real>
Real value(const Objective& objective, std::span<const Real> theta) {
  const NetworkTask& task = *objective.network();
  const auto width = static_cast<std::size_t>(task.model.inputs());
  Real sum = 0;
  for (std::int64_t s = 0; s < task.samples; ++s) {
    const std::span<const double> input(task.inputs.data() + static_cast<std::size_t>(s) * width,
                                        width);
    sum += sample_loss<Real>(task, outputs<Real>(task.model, theta, input, s), s);
  }
  return sum / static_cast<Real>(task.samples) + penalty<Real>(objective.penalty, theta);
}

/// f at origin + Σ_j c_j·direction_j.
template <class Real>
Real value_at(const Objective& objective, const Slice& slice, std::span<const Real> coordinates) {
  std::vector<Real> theta(slice.origin.begin(), slice.origin.end());
  for (std::size_t j = 0; j < slice.directions.size(); ++j) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      theta[i] += coordinates[j] * static_cast<Real>(slice.directions[j][i]);
    }
  }
  return value<Real>(objective, theta);
}

/// Central differences of fourth order with step h: for a function with bounded derivatives the
/// error is a few h⁴, and ε·|f|/h (first) or ε·|f|/h² (second) of rounding, ε that of Real. Small
/// steps keep the stencil on one side of the kinks of relu, elu and huber.
template <class Real, class F>
Real first_difference(F&& f, Real h) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

template <class Real, class F>
Real second_difference(F&& f, Real h) {
  return (16 * (f(h) + f(-h)) - (f(2 * h) + f(-2 * h)) - 30 * f(0)) / (12 * h * h);
}

}  // namespace convexscan::naive
