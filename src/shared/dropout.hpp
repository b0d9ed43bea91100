// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "convexscan/model.hpp"
#include "shared/host_device.hpp"

/// Masks of inverted dropout (Srivastava et al., JMLR 15, 2014, §10) that stay as they are: made
/// from counters wherever they are needed, and the same on every machine.
namespace convexscan::shared {

/// The number at a place of the stream of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) with that
/// seed, without those before it.
CONVEXSCAN_HOST_DEVICE std::uint64_t splitmix(std::uint64_t seed, std::uint64_t place) {
  std::uint64_t z = seed + (place + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// One unit's factors, sample by sample: 0 or 1/(1 − P).
template <class Real>
struct MaskRow {
  std::uint64_t seed;
  std::uint64_t dropped_below;
  Real scale;

  CONVEXSCAN_HOST_DEVICE Real at(std::int64_t sample) const {
    return splitmix(seed, static_cast<std::uint64_t>(sample)) < dropped_below ? Real(0) : scale;
  }
};

/// A layer's mask: layer l's seed is the l-th number of the stream of the network's seed, and unit
/// u's row has the u-th number of the layer's stream for a seed; all are counted from 0.
template <class Real>
struct DropoutMask {
  std::uint64_t seed = 0;
  std::uint64_t dropped_below = 0;  ///< P·2⁶⁴; 0 where nothing is dropped
  Real scale = 1;                   ///< 1/(1 − P)

  CONVEXSCAN_HOST_DEVICE bool drops() const { return dropped_below != 0; }
  CONVEXSCAN_HOST_DEVICE MaskRow<Real> row(std::int64_t unit) const {
    return {splitmix(seed, static_cast<std::uint64_t>(unit)), dropped_below, scale};
  }
};

/// Roundings of a masked number: of 1 − P, of the scale and of the product.
inline constexpr double mask_roundings = 3.0;

template <class Real>
DropoutMask<Real> mask_of(const Model& model, int l) {
  const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
  return {splitmix(layer.dropout_seed, static_cast<std::uint64_t>(l)),
          static_cast<std::uint64_t>(std::ldexp(layer.dropout, 64)),
          static_cast<Real>(1.0 / (1.0 - layer.dropout))};
}

}  // namespace convexscan::shared
