// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "network_rounding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cpu/point_curvature.hpp"
#include "cpu/vector_product.hpp"
#include "shared/dropout.hpp"
#include "shared/loss_divisor.hpp"

// How a network's bound comes about (Higham, Accuracy and Stability, §3.1 and §3.5; u is half the
// machine epsilon, γₙ = n·u/(1 − n·u)). Let M bound the weights' sizes on the slice, s the samples'
// activations' and e the activations' errors; both start at the input with s = |x|, e = 0 (u·|x|
// where the data are rounded to float). A weight is computed from origin, coordinates and
// directions with an error of at most p·u·M. A layer z = W·a + b of n inputs is then computed with
//     |ẑ − z| ≤ M·e + γ_{n+p+2}·(M·(s + e) + M_b),        |z| ≤ M·s + M_b,
// where p + 2 stands for the weights' errors and the bias and skips that are added last. (The first
// layer is a sum of products of the origin and of the directions with the data: the same bound, as
// M bounds the sum of those sizes, or spread·n for n where it bounds only 1/spread of that.) An
// activation of slope at most L, computed to k·u of its own size or argument, gives s ← min(L·s,
// largest value), e ← L·e + k·u·(…); a mask multiplies both, a skip adds both. A loss with slope at
// most L in z, in turn, gives L·e and the rounding of its own formula. The mean over samples rounds
// each sum of 64, a compensated sum of those, and a division: γ₇₀ of the mean size. Wherever
// products are made their underflow is added, which is less than the smallest normal number for as
// many as there can be. The tests compare the bound with the true error in 113 bits.
//
// tanh may come from nearby points (cpu/nearby_tanh.hpp): from a = tanh of one part of z, of at
// most twice its size, and from d = tanh of the other, |d| ≤ 1/3 and at most z's size. These parts
// are rounded by 8·u·(M·s + M_b) more. With a right to 4·u, d to 2.2·u and D = 1 + a·d ≥ 2/3,
//     |Δ((a + d)/D)| ≤ u·(4·|a|·(1 − d²)/D² + 2.2·|d|·(1 − a²)/D² + 6·|(a + d)/D|),
// whose fractions are at most 2 and 1.13: in all 25·u of z's size, or of 1 where that is less.
namespace convexscan {
namespace {

/// Samples that are bounded at once.
constexpr std::size_t block = 64;

constexpr double least_normal = std::numeric_limits<double>::min();

using Sizes = std::vector<double>;

struct Arithmetic {
  double unit;    ///< u of the loops over samples
  double path;    ///< p: roundings of a weight, in units of M
  double spread;  ///< n counts so many times
  bool rounds_data;
  double underflow;  ///< more than a sum of underflowing products loses

  double gamma(double n) const {
    const double nu = n * unit;
    return nu < 0.5 ? nu / (1.0 - nu) : std::numeric_limits<double>::infinity();
  }
};

Arithmetic arithmetic_of(Precision precision, double path, double spread) {
  const bool single = precision == Precision::float32;
  return {single ? std::numeric_limits<float>::epsilon() / 2.0
                 : std::numeric_limits<double>::epsilon() / 2.0,
          path, spread, single, single ? std::numeric_limits<float>::min() : least_normal};
}

struct ActivationBounds {
  double slope;     ///< Lipschitz constant
  double most;      ///< |σ| never exceeds it
  double offset;    ///< |σ(z)| ≤ slope·|z| + offset
  double rounding;  ///< in units of u·(|z|·slope + offset): the formula's own error
};

ActivationBounds bounds_of(const Layer& layer) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double alpha = std::fabs(layer.slope);
  switch (layer.activation) {
    case Activation::identity:
    case Activation::relu:
      return {1.0, infinity, 0.0, 0.0};
    case Activation::leaky_relu:
      return {std::max(1.0, alpha), infinity, 0.0, 2.0};
    case Activation::elu:
      return {std::max(1.0, alpha), infinity, 0.0, 8.0};
    case Activation::tanh:
      return {1.0, 1.0, 0.0, 25.0};
    case Activation::sin:
      return {1.0, 1.0, 0.0, 4.0};  // 2 ulp are 4 u
    case Activation::sigmoid:
      return {0.25, 1.0, 0.5, 8.0};
    case Activation::softplus:
      return {1.0, infinity, 0.70, 8.0};
    // z·g(z) with 0 ≤ g ≤ 1: a relative error of g, and of its argument times |z·g'| < 1.
    case Activation::silu:
    case Activation::gelu:
    case Activation::gelu_tanh:
      return {1.2, infinity, 0.0, 24.0};
  }
  return {infinity, infinity, infinity, infinity};
}

/// Sizes and errors of a node's activations, (width, block) each.
struct Node {
  Sizes size;
  Sizes error;

  explicit Node(std::int64_t width)
      : size(static_cast<std::size_t>(width) * block),
        error(static_cast<std::size_t>(width) * block) {}
};

/// s ← M·s + M_b and e ← M·e + γ·(M·(s + e) + M_b)
Node through_layer(const Layer& layer, const Arithmetic& arithmetic, const double* weights,
                   const double* bias, const Node& in) {
  const double others = layer.activation == Activation::tanh ? 12.0 : 4.0;
  const double gamma = arithmetic.gamma(arithmetic.spread * static_cast<double>(layer.inputs) +
                                        arithmetic.path + others);
  Node out(layer.outputs);
  constexpr auto columns = static_cast<std::int64_t>(block);
  const cpu::Weights<double> matrix{weights, layer.inputs, 1};
  cpu::layer_product<double>(matrix, layer.outputs, layer.inputs, in.size.data(), columns, columns,
                             out.size.data(), columns,
                             {.bias = bias, .relu = false, .from_zero = bias == nullptr});
  cpu::form_product<double>(matrix, layer.outputs, layer.inputs, in.error.data(), columns, columns,
                            out.error.data(), columns);
  for (std::size_t o = 0; o < out.size.size(); ++o) {
    out.error[o] += gamma * (out.size[o] + out.error[o]) + arithmetic.underflow;
  }
  return out;
}

void add_skip(const std::vector<Node>& nodes, int from, double unit, Node& to) {
  if (from == Layer::no_skip) return;
  const Node& skipped = nodes[static_cast<std::size_t>(from)];
  for (std::size_t o = 0; o < to.size.size(); ++o) {
    to.size[o] += skipped.size[o];
    to.error[o] += skipped.error[o] + unit * (to.size[o] + to.error[o] + skipped.error[o]);
  }
}

/// s ← m·s, e ← m·e and the roundings of m and of the product.
void drop_out(const Model& model, int l, const Arithmetic& arithmetic, std::int64_t first,
              Node& node) {
  const auto mask = shared::mask_of<double>(model, l);
  if (!mask.drops()) return;
  for (std::size_t o = 0; o < node.size.size() / block; ++o) {
    const auto row = mask.row(static_cast<std::int64_t>(o));
    for (std::size_t s = 0; s < block; ++s) {
      const double factor = row.at(first + static_cast<std::int64_t>(s));
      double& size = node.size[o * block + s];
      double& error = node.error[o * block + s];
      size *= factor;
      error = factor * error + shared::mask_roundings * arithmetic.unit * (size + factor * error) +
              arithmetic.underflow;
    }
  }
}

void activate(const Layer& layer, const Arithmetic& arithmetic, Node& node) {
  const ActivationBounds sigma = bounds_of(layer);
  for (std::size_t o = 0; o < node.size.size(); ++o) {
    const double reach =
        std::min(sigma.most, sigma.slope * (node.size[o] + node.error[o]) + sigma.offset);
    node.error[o] = std::min(sigma.slope * node.error[o] +
                                 sigma.rounding * arithmetic.unit * reach + arithmetic.underflow,
                             2.1 * sigma.most);
    node.size[o] = std::min(sigma.most, sigma.slope * node.size[o] + sigma.offset);
  }
}

struct SampleLoss {
  double size;
  double error;
};

/// One sample's loss, summed over outputs, as src/shared/losses.hpp computes it.
SampleLoss loss_of(const NetworkTask& task, const Arithmetic& arithmetic, std::int64_t sample,
                   const Node& z, std::size_t column) {
  const double u = arithmetic.unit;
  const auto outputs = static_cast<std::size_t>(task.model.outputs());
  const auto size_at = [&](std::size_t o) { return cpu::or_infinite(z.size[o * block + column]); };
  const auto error_at = [&](std::size_t o) {
    return cpu::or_infinite(z.error[o * block + column]);
  };
  SampleLoss loss{0.0, 0.0};
  if (task.loss == Loss::output) {
    const auto k = static_cast<std::size_t>(task.output);
    return {size_at(k), error_at(k)};
  }
  if (task.loss == Loss::cross_entropy) {
    // log Σ exp(z − m) + m − z_label: slopes p and p − e, so 2 in the largest error. An exponential
    // is right to 4u and its argument's error times p·|z − m| < 1/2; the sum of C of them, its
    // logarithm (at most log C), and two additions follow.
    double size = 0.0;
    double error = 0.0;
    for (std::size_t o = 0; o < outputs; ++o) {
      size = std::max(size, size_at(o) + error_at(o));
      error = std::max(error, error_at(o));
    }
    const auto classes = static_cast<double>(outputs);
    const double spread = std::log(classes) + 2.0 * size;
    return {spread,
            2.0 * error + u * (2.0 * classes + 10.0 + 4.0 * std::log(classes) + 4.0 * size)};
  }
  const double* y = task.targets.data() + sample * static_cast<std::int64_t>(outputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    const double target = std::fabs(y[o]);
    const double e = error_at(o) + (arithmetic.rounds_data ? u * target : 0.0);
    const double d = size_at(o) + target;
    if (task.loss == Loss::mse) {
      loss.size += d * d;
      loss.error += (2.0 * d + e) * e + 6.0 * u * (d + e) * (d + e);
    } else if (task.loss == Loss::huber) {
      loss.size += d;
      loss.error += e + 6.0 * u * (d + e);
    } else {
      // max(z, 0) − z·y + log1p(exp(−|z|)): slope at most 1 + |y| in z and |z| in y.
      const double size = size_at(o) + error_at(o);
      loss.size += size * (1.0 + target) + 0.7;
      loss.error += (1.0 + target) * error_at(o) +
                    (arithmetic.rounds_data ? u * target * size : 0.0) +
                    u * (6.0 * size * (1.0 + target) + 12.0);
    }
  }
  loss.error += arithmetic.gamma(static_cast<double>(outputs)) * (loss.size + loss.error) +
                static_cast<double>(outputs) * arithmetic.underflow;
  return loss;
}

}  // namespace

double network_rounding_bound(const NetworkTask& task, std::span<const double> weights,
                              Precision precision, double path, double spread) {
  const Arithmetic arithmetic = arithmetic_of(precision, path, spread);
  const Model& model = task.model;
  const double unit64 = std::numeric_limits<double>::epsilon() / 2.0;
  double size = 0.0;
  double error = 0.0;
  for (std::int64_t first = 0; first < task.samples; first += block) {
    const auto columns =
        static_cast<std::size_t>(std::min<std::int64_t>(block, task.samples - first));
    std::vector<Node> nodes;
    nodes.reserve(static_cast<std::size_t>(model.depth()) + 1);
    Node& input = nodes.emplace_back(model.inputs());
    for (std::size_t s = 0; s < columns; ++s) {
      const double* x =
          task.inputs.data() + (first + static_cast<std::int64_t>(s)) * model.inputs();
      for (std::size_t i = 0; i < static_cast<std::size_t>(model.inputs()); ++i) {
        input.size[i * block + s] = std::fabs(x[i]);
        input.error[i * block + s] =
            arithmetic.rounds_data ? arithmetic.unit * std::fabs(x[i]) : 0.0;
      }
    }
    for (int l = 0; l < model.depth(); ++l) {
      const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
      Node z =
          through_layer(layer, arithmetic, weights.data() + model.weight_offset(l),
                        layer.bias ? weights.data() + model.bias_offset(l) : nullptr, nodes.back());
      add_skip(nodes, layer.skip_before, arithmetic.unit, z);
      activate(layer, arithmetic, z);
      drop_out(model, l, arithmetic, first, z);
      add_skip(nodes, layer.skip_after, arithmetic.unit, z);
      nodes.push_back(std::move(z));
    }
    for (std::size_t s = 0; s < columns; ++s) {
      const SampleLoss loss =
          loss_of(task, arithmetic, first + static_cast<std::int64_t>(s), nodes.back(), s);
      size += loss.size;
      error += loss.error;
    }
  }
  // γ₇₀ for the sums and the division; this function's own sums round by far less than the 2 %.
  return 1.02 * (error + 70.0 * unit64 * (size + error)) / shared::loss_divisor(task) +
         least_normal;
}

}  // namespace convexscan
