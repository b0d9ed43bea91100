// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "convexscan/landscape.hpp"
#include "shared/jets.hpp"

/// The built-in functions, one formula each for values (double) and for derivatives (Jet).
namespace convexscan::shared {

CONVEXSCAN_HOST_DEVICE double max(double a, double b) { return a > b ? a : b; }

/// The number that was computed, without its derivatives or bounds.
template <class Real>
CONVEXSCAN_HOST_DEVICE double computed(const Real& a) {
  return static_cast<double>(a);
}

template <class Real>
CONVEXSCAN_HOST_DEVICE double computed(const Jet<Real>& a) {
  return computed(a.v);
}

/// log Σ exp, shifted by the largest term: a constant, as every shift gives the same function.
template <class T>
CONVEXSCAN_HOST_DEVICE T log_sum_exp3(const T& a, const T& b, const T& c) {
  using std::exp;
  using std::log;
  const T m(max(max(computed(a), computed(b)), computed(c)));
  return m + log(exp(a - m) + exp(b - m) + exp(c - m));
}

/// The image that kernels are convolved with: 6 × 6 pixels of 0 or 1, a digit seven.
CONVEXSCAN_HOST_DEVICE bool pixel(int row, int column) {
  constexpr std::uint64_t rows =
      0b111111'000010'000100'001110'001000'010000;  // top to bottom, left to right
  return (rows >> (35 - (6 * row + column)) & 1) != 0;
}

/// Max-pooling over 2 × 2 windows of the 4 × 4 values of k ∗ image: window 0 to 3, k (3 × 3). The
/// convolution is torch's, which does not flip the kernel.
template <class T>
CONVEXSCAN_HOST_DEVICE T pooled_convolution(const T* k, int window) {
  T largest(0);
  for (int place = 0; place < 4; ++place) {
    const int row = 2 * (window / 2) + place / 2;
    const int column = 2 * (window % 2) + place % 2;
    T sum(0);
    for (int i = 0; i < 9; ++i) {
      if (pixel(row + i / 3, column + i % 3)) sum = sum + k[i];
    }
    largest = place == 0 ? sum : max(largest, sum);
  }
  return largest;
}

/// f(p) for the landscape's parameters p.
template <class T>
CONVEXSCAN_HOST_DEVICE T landscape_value(LandscapeId id, const T* p) {
  using std::exp;
  using std::sin;
  using std::sqrt;
  using enum LandscapeId;
  const auto c = [](double constant) { return T(constant); };
  const auto square = [](const T& a) { return a * a; };
  switch (id) {
    case xy:
      return p[0] * p[1];
    case x2y2:
      return square(p[0] * p[1]);
    case sine:
      return sin(p[0]);
    case double_well:
      return square(square(p[0]) - c(1));
    case cubic:
      return c(-1) * p[0] * square(p[0]);
    case rosenbrock:
      return square(c(1) - p[0]) + c(100) * square(p[1] - square(p[0]));
    case hyperbola:  // (1 − w₂w₁)²: a deep linear network with one sample
      return square(c(1) - p[1] * p[0]);
    case relu:
      return max(p[0], c(0));
    case relu_well:  // ½(1 − relu(t))²: f'' ≥ 0 wherever it exists, and not convex
      return c(0.5) * square(c(1) - max(p[0], c(0)));
    case log_sum_exp:
      return log_sum_exp3(p[0], p[1], p[2]);
    case max_of_convex:
      return max(square(p[0]) + p[1], square(p[1]) - p[0]);
    case max_pooling:
      return max(max(p[0], p[1]), max(p[2], p[3]));
    case convolution_kernel: {  // ‖k ∗ x − y‖² in the kernel k, with the input x fixed
      const T a = p[0] * c(1) + p[1] * c(2) - c(1);
      const T b = p[0] * c(2) + p[1] * c(-1) - c(0);
      return square(a) + square(b);
    }
    case convolution_input: {  // ‖k ∗ x − y‖² in the input x, with the kernel k = (1, −2) fixed
      const T a = p[0] - c(2) * p[1] - c(1);
      const T b = p[1] - c(2) * p[2] - c(0);
      return square(a) + square(b);
    }
    case convolution_joint: {  // ‖k ∗ x − y‖² in kernel and input together
      const T a = p[0] * p[2] + p[1] * p[3] - c(1);
      const T b = p[0] * p[3] + p[1] * p[4] - c(0);
      return square(a) + square(b);
    }
    // A maximum of convolutions is a maximum of functions linear in k, hence convex; so is relu of
    // it. A square is not increasing below its target, and there it is not.
    case convolution_pooling:
    case convolution_pooling_loss:
    case convolution_layer:
    case convolution_layer_loss: {
      const bool rectified = id == convolution_layer || id == convolution_layer_loss;
      const bool squared = id == convolution_pooling_loss || id == convolution_layer_loss;
      T sum = c(0);
      for (int window = 0; window < 4; ++window) {
        T a = pooled_convolution(p, window);
        if (rectified) a = max(a, c(0));
        sum = sum + (squared ? square(a - c(1)) : a);
      }
      return sum;
    }
    case linear_map:  // y = A·x in (A, x) together, A (1 × 2)
      return p[0] * p[2] + p[1] * p[3];
    case exp_of_square:  // increasing convex outside, convex inside: convex
      return exp(square(p[0]) + square(p[1]));
    case root_of_square:  // ‖x‖^½ rounded at 0: convex inside, concave outside
      return sqrt(sqrt(square(p[0]) + square(p[1]) + c(0.01)));
  }
  return c(0);
}

}  // namespace convexscan::shared
