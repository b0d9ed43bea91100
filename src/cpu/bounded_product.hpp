// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cpu/error_product.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/sample_factors.hpp"
#include "cpu/vector_product.hpp"
#include "shared/rounding.hpp"

/// A layer's matrix product with a running bound on its error (docs/error-bounds.md).
namespace convexscan::cpu {

/// z ← W·a + b of layer l for n samples, before any skip, and a bound on its error; a and its own
/// error are the workspace's. sources is scratch, (inputs, n).
[[gnu::always_inline]] inline void bounded_product(const HessianPoint& point, int l,
                                                   std::int64_t start, std::int64_t n,
                                                   FactorWorkspace& work, double* sources,
                                                   double* z, double* error) {
  const NetworkData<double>& data = point.slice.data;
  const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
  const double gamma = shared::gamma_bound(layer.inputs + point.roundings());
  if (l == 0) {
    for (std::int64_t s = 0; s < n; s += tile_samples) {
      first_layer(point.slice, point.coordinates, start + s, z + s, n);
    }
    const SliceMagnitudes& sizes = point.magnitudes;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (int j = 0; j <= sizes.axes; ++j) {
        const double c = gamma * (j == 0 ? 1.0 : std::fabs(point.coordinates[j - 1]));
        const double* from =
            sizes.first[static_cast<std::size_t>(j)].data() + o * data.stride + start;
        double* to = error + o * n;
#pragma omp simd
        for (std::int64_t s = 0; s < n; ++s) to[s] = (j == 0 ? 0.0 : to[s]) + c * from[s];
      }
    }
    return;
  }
  const double* const bias = layer.bias < 0 ? nullptr : point.theta + layer.bias;
  layer_product<double>({point.theta + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs,
                        work.value(l), n, n, z, n,
                        {.bias = bias, .relu = false, .from_zero = bias == nullptr});
  // e_z = |W|(e_a + γ|a|) + γ|b|
  error_sources(work.value(l), work.value_error(l), gamma, layer.inputs * n, sources);
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    std::fill_n(error + o * n, n, layer.bias < 0 ? 0.0 : gamma * point.magnitude[layer.bias + o]);
  }
  add_error_product({point.magnitude + layer.weight, layer.inputs, 1}, point.rows(l), layer.outputs,
                    layer.inputs, sources, n, work.source_norms(), error);
}

}  // namespace convexscan::cpu
