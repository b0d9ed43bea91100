// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "convexscan/model.hpp"

/// Dropout masks by their definition, for the independent witnesses.
namespace convexscan::naive {

/// SplitMix64 as its authors print it: one number after the other.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : x_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (x_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t number(std::int64_t place) {
    for (; place > 0; --place) next();
    return next();
  }

 private:
  std::uint64_t x_;
};

/// The factor on a unit's output: a uniform number below P drops it.
template <class Real>
Real mask(const Model& model, int l, std::int64_t unit, std::int64_t sample) {
  const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
  if (layer.dropout == 0.0) return 1;
  const std::uint64_t of_layer = SplitMix64(layer.dropout_seed).number(l);
  const std::uint64_t of_unit = SplitMix64(of_layer).number(unit);
  const auto uniform =
      static_cast<long double>(SplitMix64(of_unit).number(sample)) / 18446744073709551616.0L;
  const auto kept = Real(1) - static_cast<Real>(layer.dropout);
  return uniform < static_cast<long double>(layer.dropout) ? Real(0) : Real(1) / kept;
}

}  // namespace convexscan::naive
