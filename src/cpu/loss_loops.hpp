// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "cpu/network_slice.hpp"
#include "cpu/targets.hpp"
#include "cpu/tile.hpp"
#include "shared/losses.hpp"

/// Losses of a tile of samples and their derivatives, summed over its samples in order.
namespace convexscan::cpu {

template <class Real>
[[gnu::always_inline]] inline double sum_samples(const Real* values, std::int64_t count) {
  double sum = 0.0;
  for (std::int64_t s = 0; s < count; ++s) sum += static_cast<double>(values[s]);
  return sum;
}

/// largest ← max_o z_o and total ← Σ_o exp(z_o − largest) of each sample.
template <class Real>
[[gnu::always_inline]] inline void softmax_parts(const Real* z, std::int64_t stride,
                                                 std::int64_t outputs, Real* largest, Real* total) {
  constexpr std::int64_t t = tile_samples;
  std::copy_n(z, t, largest);
  for (std::int64_t o = 1; o < outputs; ++o) {
#pragma GCC ivdep
    for (std::int64_t s = 0; s < t; ++s) {
      largest[s] = z[o * stride + s] > largest[s] ? z[o * stride + s] : largest[s];
    }
  }
  std::fill_n(total, t, Real(0));
  for (std::int64_t o = 0; o < outputs; ++o) {
#pragma GCC ivdep
    for (std::int64_t s = 0; s < t; ++s) {
      total[s] += elementary::exp_of_negative(z[o * stride + s] - largest[s]);
    }
  }
}

/// How many are right among the valid samples of a tile; NaN where an output is not finite, which
/// has no class. best is scratch, 2 · tile_samples.
template <class Real>
[[gnu::always_inline]] inline double count_correct(const NetworkData<Real>& data, const Real* z,
                                                   std::int64_t start, std::int64_t valid,
                                                   Real* best) {
  constexpr std::int64_t t = tile_samples;
  const std::int64_t outputs = data.layers.back().outputs;
  double correct = 0.0;
  std::fill_n(best, t, Real(0));
  for (std::int64_t o = 0; o < outputs; ++o) {
#pragma GCC ivdep
    for (std::int64_t s = 0; s < t; ++s) best[s] += Real(0) * z[o * t + s];  // 0 or NaN
  }
  for (std::int64_t s = 0; s < valid; ++s) correct += static_cast<double>(best[s]);
  if (data.task.accuracy == Accuracy::largest_output) {
    Real* const index = best + t;
    std::copy_n(z, t, best);
    std::fill_n(index, t, Real(0));
    for (std::int64_t o = 1; o < outputs; ++o) {
      const auto number = static_cast<Real>(o);
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) {
        const bool higher = z[o * t + s] > best[s];
        best[s] = higher ? z[o * t + s] : best[s];
        index[s] = higher ? number : index[s];
      }
    }
    for (std::int64_t s = 0; s < valid; ++s) {
      const auto label = static_cast<Real>(data.task.labels[static_cast<std::size_t>(start + s)]);
      correct += index[s] == label ? 1.0 : 0.0;
    }
  } else if (data.task.accuracy == Accuracy::sign_of_output) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      const Real* y = data.targets.data() + o * data.stride + start;
      for (std::int64_t s = 0; s < valid; ++s) {
        correct += (z[o * t + s] > Real(0)) == (y[s] > Real(0.5)) ? 1.0 : 0.0;
      }
    }
  }
  return correct;
}

/// Sums the losses of a tile with outputs z (outputs, tile_samples).
template <class Real>
[[gnu::always_inline]] inline TileSums sum_losses(const NetworkData<Real>& data, const Real* z,
                                                  std::int64_t start, bool with_accuracy,
                                                  Real* scratch) {
  constexpr std::int64_t t = tile_samples;
  const std::int64_t outputs = data.layers.back().outputs;
  const std::int64_t valid = std::min(t, data.samples - start);
  Real* const sample = scratch;
  Real* const largest = scratch + t;
  if (data.task.loss == Loss::cross_entropy) {
    softmax_parts(z, t, outputs, largest, sample);
#pragma GCC ivdep
    for (std::int64_t s = 0; s < t; ++s) sample[s] = elementary::log(sample[s]);
    // The label's distance from the largest first: log Σ exp z itself would swallow the logarithm
    // where the logits are huge.
    for (std::int64_t s = 0; s < valid; ++s) {
      sample[s] += largest[s] - z[data.task.labels[static_cast<std::size_t>(start + s)] * t + s];
    }
  } else if (data.task.loss == Loss::output) {
    std::copy_n(z + data.task.output * t, t, sample);
  } else {
    std::fill_n(sample, t, Real(0));
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() CONVEXSCAN_INLINE {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const Real* y = data.targets.data() + o * data.stride + start;
#pragma GCC ivdep
        for (std::int64_t s = 0; s < t; ++s) {
          sample[s] += shared::pointwise_loss<kind>(z[o * t + s], y[s]).value;
        }
      }
    });
  }
  return {sum_samples(sample, valid),
          with_accuracy ? count_correct(data, z, start, valid, scratch + 2 * t) : 0.0};
}

/// Sums the losses of a tile and their Taylor series, with outputs z (outputs, components, tile):
///   ℓ_x = Σ_o ℓ'_o z_x,   ℓ_xy = Σ_o ℓ'_o z_xy + Σ_oq ℓ''_oq z_x z_y
template <class Real>
[[gnu::always_inline]] inline TileJets sum_jets(const NetworkData<Real>& data, const Real* z,
                                                int axes, std::int64_t start, Real* scratch) {
  constexpr std::int64_t t = tile_samples;
  const int components = jet_components(axes);
  const std::int64_t stride = components * t;
  const std::int64_t outputs = data.layers.back().outputs;
  const std::int64_t valid = std::min(t, data.samples - start);
  // Which components of z hold the first derivatives and the second ones, by (xx, xy, yy).
  const int seconds = axes == 2 ? 3 : 1;
  const std::array<std::array<int, 3>, 3> pairs =
      axes == 2 ? std::array<std::array<int, 3>, 3>{{{1, 1, 3}, {1, 2, 4}, {2, 2, 5}}}
                : std::array<std::array<int, 3>, 3>{{{1, 1, 2}, {0, 0, 0}, {0, 0, 0}}};
  const auto component = [&](std::int64_t o, int c)
                             CONVEXSCAN_INLINE { return z + o * stride + c * t; };
  const auto scale = [&](int pair) CONVEXSCAN_INLINE {
    return pairs[static_cast<std::size_t>(pair)][0] == pairs[static_cast<std::size_t>(pair)][1]
               ? Real(2)
               : Real(1);
  };

  Real* const sum =
      scratch;  // (v, x, y, xx, xy, yy) of each sample, then two rows of softmax parts
  Real* const largest = scratch + 6 * t;
  Real* const total = scratch + 7 * t;
  std::fill_n(sum, 6 * t, Real(0));

  // Adds weight · (everything linear in output o's series).
  const auto add_linear = [&](std::int64_t o, auto&& weight) CONVEXSCAN_INLINE {
    for (int j = 1; j <= axes; ++j) {
      const Real* x = component(o, j);
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) sum[j * t + s] += weight(s) * x[s];
    }
    for (int p = 0; p < seconds; ++p) {
      const Real* xx = component(o, pairs[static_cast<std::size_t>(p)][2]);
      const Real half = scale(p);
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) sum[(3 + p) * t + s] += weight(s) * half * xx[s];
    }
  };
  const auto add_square = [&](std::int64_t o, auto&& weight) CONVEXSCAN_INLINE {
    for (int p = 0; p < seconds; ++p) {
      const Real* x = component(o, pairs[static_cast<std::size_t>(p)][0]);
      const Real* y = component(o, pairs[static_cast<std::size_t>(p)][1]);
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) sum[(3 + p) * t + s] += weight(s) * x[s] * y[s];
    }
  };

  if (data.task.loss == Loss::cross_entropy) {
    softmax_parts(z, stride, outputs, largest, total);
    for (std::int64_t o = 0; o < outputs; ++o) {
      const auto p = [&](std::int64_t s) CONVEXSCAN_INLINE {
        return elementary::exp_of_negative(component(o, 0)[s] - largest[s]) / total[s];
      };
      add_linear(o, p);
      add_square(o, p);
    }
    // Before the label's share is taken off, ℓ_x holds Σ p z_x: the rank-one part of the Hessian.
    for (int p = 0; p < seconds; ++p) {
      const Real* x = sum + pairs[static_cast<std::size_t>(p)][0] * t;
      const Real* y = sum + pairs[static_cast<std::size_t>(p)][1] * t;
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) sum[(3 + p) * t + s] -= x[s] * y[s];
    }
    for (std::int64_t s = 0; s < valid; ++s) {
      const std::int64_t label = data.task.labels[static_cast<std::size_t>(start + s)];
      sum[s] = elementary::log(total[s]) + (largest[s] - component(label, 0)[s]);
      for (int j = 1; j <= axes; ++j) sum[j * t + s] -= component(label, j)[s];
      for (int p = 0; p < seconds; ++p) {
        sum[(3 + p) * t + s] -=
            scale(p) * component(label, pairs[static_cast<std::size_t>(p)][2])[s];
      }
    }
  } else if (data.task.loss == Loss::output) {
    std::copy_n(component(data.task.output, 0), t, sum);
    add_linear(data.task.output, [](std::int64_t) CONVEXSCAN_INLINE { return Real(1); });
  } else {
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() CONVEXSCAN_INLINE {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const Real* y = data.targets.data() + o * data.stride + start;
        const Real* v = component(o, 0);
#pragma GCC ivdep
        for (std::int64_t s = 0; s < t; ++s) {
          sum[s] += shared::pointwise_loss<kind>(v[s], y[s]).value;
        }
        add_linear(o, [&](std::int64_t s) CONVEXSCAN_INLINE {
          return shared::pointwise_loss<kind>(v[s], y[s]).first;
        });
        add_square(o, [&](std::int64_t s) CONVEXSCAN_INLINE {
          return shared::pointwise_loss<kind>(v[s], y[s]).second;
        });
      }
    });
  }

  TileJets jets;
  jets.loss = sum_samples(sum, valid);
  for (int j = 0; j < axes; ++j) jets.slope[j] = sum_samples(sum + (1 + j) * t, valid);
  for (int p = 0; p < seconds; ++p) jets.curvature[p] = sum_samples(sum + (3 + p) * t, valid);
  return jets;
}

/// The sum of the losses of a tile, and ∂ℓ/∂z of each sample into adjoint; z and adjoint are
/// (outputs, stride).
template <class Real>
[[gnu::always_inline]] inline double differentiate_losses(const NetworkData<Real>& data,
                                                          const Real* z, std::int64_t stride,
                                                          std::int64_t start, Real* scratch,
                                                          Real* adjoint) {
  constexpr std::int64_t t = tile_samples;
  const std::int64_t outputs = data.layers.back().outputs;
  const std::int64_t valid = std::clamp<std::int64_t>(data.samples - start, 0, t);
  Real* const sample = scratch;
  Real* const largest = scratch + t;
  Real* const total = scratch + 2 * t;
  if (data.task.loss == Loss::cross_entropy) {
    softmax_parts(z, stride, outputs, largest, total);
#pragma GCC ivdep
    for (std::int64_t s = 0; s < t; ++s) sample[s] = elementary::log(total[s]);
    for (std::int64_t o = 0; o < outputs; ++o) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < t; ++s) {
        adjoint[o * stride + s] =
            elementary::exp_of_negative(z[o * stride + s] - largest[s]) / total[s];
      }
    }
    for (std::int64_t s = 0; s < valid; ++s) {
      const std::int64_t label = data.task.labels[static_cast<std::size_t>(start + s)];
      sample[s] += largest[s] - z[label * stride + s];
      adjoint[label * stride + s] -= Real(1);
    }
  } else if (data.task.loss == Loss::output) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      std::fill_n(adjoint + o * stride, t, o == data.task.output ? Real(1) : Real(0));
    }
    std::copy_n(z + data.task.output * stride, t, sample);
  } else {
    std::fill_n(sample, t, Real(0));
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() CONVEXSCAN_INLINE {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const Real* y = data.targets.data() + o * data.stride + start;
#pragma GCC ivdep
        for (std::int64_t s = 0; s < t; ++s) {
          const auto value = shared::pointwise_loss<kind>(z[o * stride + s], y[s]);
          sample[s] += value.value;
          adjoint[o * stride + s] = value.first;
        }
      }
    });
  }
  return sum_samples(sample, valid);
}

}  // namespace convexscan::cpu
