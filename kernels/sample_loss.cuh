// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/losses.hpp"
#include "shared/losses.hpp"

/// The loss of one sample; z is its first output, the others stride apart.
namespace convexscan::kernels {

/// log Σ_o exp z_o = largest + log(total), total = Σ_o exp(z_o − largest). The two parts are never
/// added: where the logits are huge the sum would swallow the logarithm.
template <class Real>
struct Softmax {
  Real largest;
  Real total;

  __device__ Real probability(Real z) const { return elementary::exp(z - largest) / total; }
  /// −log of the probability of the class with logit z.
  __device__ Real surprise(Real z) const { return elementary::log(total) + (largest - z); }
};

template <class Real>
__device__ inline Softmax<Real> softmax(const Real* z, std::int64_t stride, std::int64_t outputs) {
  Softmax<Real> parts{z[0], Real(0)};
  for (std::int64_t o = 1; o < outputs; ++o) {
    const Real value = z[o * stride];
    parts.largest = value > parts.largest ? value : parts.largest;
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    parts.total += elementary::exp(z[o * stride] - parts.largest);
  }
  return parts;
}

template <class Real>
__device__ inline double sample_loss(const Targets<Real>& t, const Real* z, std::int64_t stride,
                                     std::int64_t sample) {
  Real loss{0};
  if (t.loss == Loss::cross_entropy) {
    loss = softmax(z, stride, t.outputs).surprise(z[t.labels[sample] * stride]);
  } else if (t.loss == Loss::output) {
    loss = z[t.output * stride];
  } else {
    shared::with_pointwise_loss(t.loss, [&]<Loss kind>() {
      for (std::int64_t o = 0; o < t.outputs; ++o) {
        loss += shared::pointwise_loss<kind>(z[o * stride], t.targets[o * t.stride + sample]).value;
      }
    });
  }
  return static_cast<double>(loss);
}

/// How many answers are right; NaN where an output is not finite, which has no class.
template <class Real>
__device__ inline double sample_correct(const Targets<Real>& t, const Real* z, std::int64_t stride,
                                        std::int64_t sample) {
  Real spoilt{0};  // 0 or NaN
  for (std::int64_t o = 0; o < t.outputs; ++o) spoilt += Real(0) * z[o * stride];
  auto correct = static_cast<double>(spoilt);
  if (t.accuracy == Accuracy::largest_output) {
    std::int64_t best = 0;
    for (std::int64_t o = 1; o < t.outputs; ++o) {
      if (z[o * stride] > z[best * stride]) best = o;
    }
    correct += best == t.labels[sample] ? 1.0 : 0.0;
  } else if (t.accuracy == Accuracy::sign_of_output) {
    for (std::int64_t o = 0; o < t.outputs; ++o) {
      const bool right =
          (z[o * stride] > Real(0)) == (t.targets[o * t.stride + sample] > Real(0.5));
      correct += right ? 1.0 : 0.0;
    }
  }
  return correct;
}

/// ∂ℓ/∂z_o into adjoint, whose rows are stride apart too.
template <class Real>
__device__ inline void sample_adjoint(const Targets<Real>& t, const Real* z, std::int64_t stride,
                                      std::int64_t sample, Real* adjoint) {
  if (t.loss == Loss::cross_entropy) {
    const Softmax<Real> parts = softmax(z, stride, t.outputs);
    for (std::int64_t o = 0; o < t.outputs; ++o) {
      const Real p = parts.probability(z[o * stride]);
      adjoint[o * stride] = o == t.labels[sample] ? p - Real(1) : p;
    }
  } else if (t.loss == Loss::output) {
    for (std::int64_t o = 0; o < t.outputs; ++o) {
      adjoint[o * stride] = o == t.output ? Real(1) : Real(0);
    }
  } else {
    shared::with_pointwise_loss(t.loss, [&]<Loss kind>() {
      for (std::int64_t o = 0; o < t.outputs; ++o) {
        adjoint[o * stride] =
            shared::pointwise_loss<kind>(z[o * stride], t.targets[o * t.stride + sample]).first;
      }
    });
  }
}

/// Second derivatives of a sample's loss along the axes, and the first along x. Per output z holds
/// a Taylor series whose components are component apart; ℓ_xy = Σ_o ℓ'_o z_xy + Σ_oq ℓ''_oq z_x
/// z_y.
template <class Real>
struct SampleCurvature {
  Real slope{0};
  Real xx{0};
  Real xy{0};
  Real yy{0};

  __device__ void add(const Real* z, std::int64_t component, int axes, Real first, Real second) {
    const Real x = z[component];
    slope += first * x;
    if (axes == 1) {
      xx += first * Real(2) * z[2 * component] + second * x * x;
    } else {
      const Real y = z[2 * component];
      xx += first * Real(2) * z[3 * component] + second * x * x;
      xy += first * z[4 * component] + second * x * y;
      yy += first * Real(2) * z[5 * component] + second * y * y;
    }
  }
};

template <class Real>
__device__ inline SampleCurvature<Real> sample_curvature(const Targets<Real>& t, const Real* z,
                                                         std::int64_t stride,
                                                         std::int64_t component, int axes,
                                                         std::int64_t sample) {
  SampleCurvature<Real> sum;
  if (t.loss == Loss::cross_entropy) {
    const Softmax<Real> parts = softmax(z, stride, t.outputs);
    Real mean_x{0};  // Σ p z_x: the rank-one part of the Hessian, diag(p) − p·pᵀ
    Real mean_y{0};
    for (std::int64_t o = 0; o < t.outputs; ++o) {
      const Real* series = z + o * stride;
      const Real p = parts.probability(series[0]);
      sum.add(series, component, axes, o == t.labels[sample] ? p - Real(1) : p, p);
      mean_x += p * series[component];
      if (axes > 1) mean_y += p * series[2 * component];
    }
    sum.xx -= mean_x * mean_x;
    sum.xy -= mean_x * mean_y;
    sum.yy -= mean_y * mean_y;
  } else if (t.loss == Loss::output) {
    sum.add(z + t.output * stride, component, axes, Real(1), Real(0));
  } else {
    shared::with_pointwise_loss(t.loss, [&]<Loss kind>() {
      for (std::int64_t o = 0; o < t.outputs; ++o) {
        const Real* series = z + o * stride;
        const auto l = shared::pointwise_loss<kind>(series[0], t.targets[o * t.stride + sample]);
        sum.add(series, component, axes, l.first, l.second);
      }
    });
  }
  return sum;
}

}  // namespace convexscan::kernels
