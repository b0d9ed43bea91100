// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/nearby_tanh.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/activation_loops.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/targets.hpp"

namespace convexscan::cpu {
namespace {

template <class Real>
[[gnu::always_inline]] inline void tanh_body(const NetworkSlice<Real>& slice,
                                             const double* coordinates, std::int64_t start,
                                             Real* out) {
  first_layer(slice, coordinates, start, out, tile_samples);
  activate(Activation::tanh, Real(0), slice.data.layers.front().outputs * tile_samples, out);
}

template <class Real>
[[gnu::always_inline]] inline void beside_body(const NetworkSlice<Real>& slice, const Real* known,
                                               Real offset, std::int64_t start,
                                               bool shared_division, Real* out) {
  constexpr std::int64_t half = tile_samples / 2;
  for (std::int64_t o = 0; o < slice.data.layers.front().outputs; ++o) {
    const Real* const rate = slice.first[1].data() + o * slice.data.stride + start;
    const Real* const from = known + o * tile_samples;
    Real* const to = out + o * tile_samples;
    if (shared_division) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < half; ++s) {
        const auto one = elementary::tanh_beside(from[s], offset * rate[s]);
        const auto two = elementary::tanh_beside(from[s + half], offset * rate[s + half]);
        const Real reciprocal = Real(1) / (one.denominator * two.denominator);
        to[s] = one.numerator * (reciprocal * two.denominator);
        to[s + half] = two.numerator * (reciprocal * one.denominator);
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < tile_samples; ++s) {
        const auto sum = elementary::tanh_beside(from[s], offset * rate[s]);
        to[s] = sum.numerator / sum.denominator;
      }
    }
  }
}

CONVEXSCAN_VECTOR_TARGETS void tanh_at(const NetworkSlice<double>& slice, const double* coordinates,
                                       std::int64_t start, double* out) {
  tanh_body(slice, coordinates, start, out);
}

CONVEXSCAN_VECTOR_TARGETS void tanh_at(const NetworkSlice<float>& slice, const double* coordinates,
                                       std::int64_t start, float* out) {
  tanh_body(slice, coordinates, start, out);
}

CONVEXSCAN_VECTOR_TARGETS void tanh_from(const NetworkSlice<double>& slice, const double* known,
                                         double offset, std::int64_t start, bool shared_division,
                                         double* out) {
  beside_body(slice, known, offset, start, shared_division, out);
}

CONVEXSCAN_VECTOR_TARGETS void tanh_from(const NetworkSlice<float>& slice, const float* known,
                                         float offset, std::int64_t start, bool shared_division,
                                         float* out) {
  beside_body(slice, known, offset, start, shared_division, out);
}

/// max |∂z/∂x| of a tile; not finite where one is not.
template <class Real>
[[gnu::always_inline]] inline double steepest_body(const NetworkSlice<Real>& slice,
                                                   std::int64_t tile) {
  constexpr std::int64_t lanes = 16;  // maxima that do not wait for each other
  Real most[lanes] = {};
  Real zero[lanes] = {};
  for (std::int64_t o = 0; o < slice.data.layers.front().outputs; ++o) {
    const Real* const rate = slice.first[1].data() + o * slice.data.stride + tile * tile_samples;
    for (std::int64_t s = 0; s < tile_samples; s += lanes) {
      for (std::int64_t l = 0; l < lanes; ++l) {
        const Real size = elementary::magnitude(rate[s + l]);
        most[l] = most[l] < size ? size : most[l];
        zero[l] += Real(0) * size;
      }
    }
  }
  double all = 0.0;
  for (std::int64_t l = 0; l < lanes; ++l) {
    all = std::max(all, static_cast<double>(most[l])) + static_cast<double>(zero[l]);
  }
  return all;
}

CONVEXSCAN_VECTOR_TARGETS double steepest(const NetworkSlice<double>& slice, std::int64_t tile) {
  return steepest_body(slice, tile);
}

CONVEXSCAN_VECTOR_TARGETS double steepest(const NetworkSlice<float>& slice, std::int64_t tile) {
  return steepest_body(slice, tile);
}

}  // namespace

template <class Real>
std::optional<NearbyTanh<Real>> NearbyTanh<Real>::of(const NetworkSlice<Real>& slice,
                                                     double spacing, bool shared_division) {
  const LayerPlan<Real>& layer = slice.data.layers.front();
  constexpr int least_points = 4;  // to a place
  if (slice.axes == 0 || layer.activation != Activation::tanh ||
      layer.skip_before != Layer::no_skip || slice.points_in_cache() < least_points ||
      !std::isfinite(spacing)) {
    return std::nullopt;
  }
  constexpr int widest = 1000;  // of a place's exponent: its reciprocal is a number too
  NearbyTanh found(slice, shared_division);
  for (std::int64_t tile = 0; tile < slice.data.stride / tile_samples; ++tile) {
    // Half the distance of places times the rate is d.
    const double rate = steepest(slice, tile);
    int exponent = 0;
    std::frexp(0.25 * rate / elementary::Constants<double>::half_ln2, &exponent);
    const double places = std::ldexp(2.0, std::max(exponent, -widest));
    const bool fits =
        std::isfinite(rate) && exponent < widest && least_points * spacing * places <= 1.0;
    found.places_.push_back(fits ? places : 0.0);
  }
  return found;
}

template <class Real>
bool NearbyTanh<Real>::activate(const double* coordinates, std::int64_t tile, Kept& kept,
                                Real* out) const {
  const double places = places_[static_cast<std::size_t>(tile)];
  if (places == 0.0) return false;
  const double place = std::rint(coordinates[0] * places) / places;
  if (!std::isfinite(place)) return false;
  const double across = slice_.axes > 1 ? coordinates[1] : 0.0;
  const std::int64_t start = tile * tile_samples;
  if (tile != kept.tile || place != kept.place || across != kept.across) {
    kept.tanh.resize(static_cast<std::size_t>(slice_.data.layers.front().outputs * tile_samples));
    const double at[2] = {place, across};
    tanh_at(slice_, at, start, kept.tanh.data());
    kept.tile = tile;
    kept.place = place;
    kept.across = across;
  }
  tanh_from(slice_, kept.tanh.data(), static_cast<Real>(coordinates[0] - place), start,
            shared_division_, out);
  return true;
}

template class NearbyTanh<double>;
template class NearbyTanh<float>;

}  // namespace convexscan::cpu
