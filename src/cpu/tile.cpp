// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/tile.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/activation_loops.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/loss_loops.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"

namespace convexscan::cpu {

static_assert(tile_samples % column_multiple == 0);

template <class Real>
TileWorkspace<Real>::TileWorkspace(const NetworkData<Real>& data, int components)
    : components_(components) {
  std::int64_t offset = 0;
  offsets_.push_back(0);  // node 0, the input, is the data itself
  for (const LayerPlan<Real>& layer : data.layers) {
    offsets_.push_back(offset);
    offset += layer.outputs * stride();
  }
  offsets_.push_back(offset);
  memory_.resize(static_cast<std::size_t>(offset + 8 * tile_samples));
}

template class TileWorkspace<double>;
template class TileWorkspace<float>;

namespace {

template <class Real>
[[gnu::always_inline]] inline TileSums loss_body(const NetworkSlice<Real>& slice,
                                                 const double* coordinates, const Real* deep,
                                                 std::int64_t tile, bool activated,
                                                 bool with_accuracy, TileWorkspace<Real>& work) {
  const NetworkData<Real>& data = slice.data;
  const std::int64_t start = tile * tile_samples;
  const std::int64_t shift = data.layers.size() > 1 ? data.layers[1].weight : 0;
  const auto node = [&](int index) CONVEXSCAN_INLINE -> Matrix<const Real> {
    if (index == 0) return {data.inputs.data() + start, data.stride};
    return {work.node(index), tile_samples};
  };
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    Real* z = work.node(l + 1);
    // While Z is in registers.
    const bool relu = layer.activation == Activation::relu && layer.skip_before == Layer::no_skip;
    if (l == 0 && !activated && relu) {
      first_layer<true>(slice, coordinates, start, z, tile_samples);
    } else if (l == 0 && !activated) {
      first_layer(slice, coordinates, start, z, tile_samples);
    } else if (l > 0) {
      Around<Real> around{.bias = nullptr, .relu = relu};
      if (l == 1 && !slice.second[0].empty()) {
        affine_rows(slice, slice.second, layer.outputs, coordinates, start, z, tile_samples);
      } else if (layer.bias >= 0) {
        around.bias = deep + (layer.bias - shift);
      } else {
        around.from_zero = true;
      }
      layer_product<Real>({deep + (layer.weight - shift), layer.inputs, 1}, layer.outputs,
                          layer.inputs, node(l).data, node(l).stride, tile_samples, z, tile_samples,
                          around);
    }
    if (layer.skip_before != Layer::no_skip) {
      add_rows(node(layer.skip_before), layer.outputs, tile_samples, z, tile_samples);
    }
    if (!relu && (l > 0 || !activated)) {
      activate(layer.activation, layer.slope, layer.outputs * tile_samples, z);
    }
    drop_out(layer.mask, layer.outputs, start, tile_samples, tile_samples, z);
    if (layer.skip_after != Layer::no_skip) {
      add_rows(node(layer.skip_after), layer.outputs, tile_samples, z, tile_samples);
    }
  }
  return sum_losses(data, work.node(static_cast<int>(data.layers.size())), start, with_accuracy,
                    work.scratch());
}

/// z += W·(all components of a); the derivatives of W·a in the coordinates besides:
/// (Wa)_x = W a_x + A a,  (Wa)_xx = W a_xx + 2 A a_x,  (Wa)_xy = W a_xy + A a_y + B a_x,
/// with A and B the directions' weights; W is affine in the coordinates, so there is no W_xx.
template <class Real>
[[gnu::always_inline]] inline void add_jet_product(const NetworkSlice<Real>& slice,
                                                   const LayerPlan<Real>& layer, const Real* w,
                                                   Matrix<const Real> in, Real* z,
                                                   std::int64_t stride) {
  constexpr std::int64_t t = tile_samples;
  const auto product = [&](const Real* weights, int from, int count, int to) CONVEXSCAN_INLINE {
    add_product<Real>({weights, layer.inputs, 1}, layer.outputs, layer.inputs, in.data + from * t,
                      in.stride, count * t, z + to * t, stride);
  };
  const Real* a = slice.parameter[1].data() + layer.weight;
  if (slice.axes == 1) {
    product(w, 0, 3, 0);
    product(a, 0, 2, 1);  // (v, x) → (x, ½xx)
    return;
  }
  const Real* b = slice.parameter[2].data() + layer.weight;
  product(w, 0, 6, 0);
  product(a, 0, 1, 1);  // v → x
  product(a, 1, 2, 3);  // (x, y) → (½xx, xy)
  product(b, 0, 1, 2);  // v → y
  product(b, 1, 2, 4);  // (x, y) → (xy, ½yy)
}

template <class Real>
[[gnu::always_inline]] inline TileJets jets_body(const NetworkSlice<Real>& slice,
                                                 const double* coordinates, const Real* deep,
                                                 std::int64_t tile, TileWorkspace<Real>& work) {
  const NetworkData<Real>& data = slice.data;
  constexpr std::int64_t t = tile_samples;
  const std::int64_t start = tile * t;
  const std::int64_t shift = data.layers.size() > 1 ? data.layers[1].weight : 0;
  const std::int64_t stride = work.stride();
  const int axes = slice.axes;
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    Real* z = work.node(l + 1);
    fill_rows(z, stride, layer.outputs, stride, static_cast<const Real*>(nullptr));
    const auto set_affine = [&](const auto& parts) CONVEXSCAN_INLINE {
      affine_rows(slice, parts, layer.outputs, coordinates, start, z, stride);
      for (int j = 1; j <= axes; ++j) {
        add_rows<Real>({parts[static_cast<std::size_t>(j)].data() + start, data.stride},
                       layer.outputs, t, z + j * t, stride);
      }
    };
    if (l == 0) {
      set_affine(slice.first);
    } else {
      if (l == 1 && !slice.second[0].empty()) set_affine(slice.second);
      if (layer.bias >= 0) {
        fill_rows(z, stride, layer.outputs, t, deep + (layer.bias - shift));
        for (int j = 1; j <= axes; ++j) {
          fill_rows(z + j * t, stride, layer.outputs, t,
                    slice.parameter[static_cast<std::size_t>(j)].data() + layer.bias);
        }
      }
      add_jet_product<Real>(slice, layer, deep + (layer.weight - shift), {work.node(l), stride}, z,
                            stride);
    }
    // The input does not depend on the coordinates: it adds to the values alone.
    const auto add_skip = [&](int from) CONVEXSCAN_INLINE {
      if (from == 0) {
        add_rows<Real>({data.inputs.data() + start, data.stride}, layer.outputs, t, z, stride);
      } else if (from != Layer::no_skip) {
        add_rows<Real>({work.node(from), stride}, layer.outputs, stride, z, stride);
      }
    };
    add_skip(layer.skip_before);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      activate_jet(layer.activation, layer.slope, axes, t, z + o * stride);
    }
    drop_out(layer.mask, layer.outputs, start, t, stride, z);
    if (axes > 0) drop_out(layer.mask, layer.outputs, start, t, stride, z + t, z + 2 * t);
    if (axes > 1) {
      drop_out(layer.mask, layer.outputs, start, t, stride, z + 3 * t, z + 4 * t, z + 5 * t);
    }
    add_skip(layer.skip_after);
  }
  return sum_jets(data, work.node(static_cast<int>(data.layers.size())), axes, start,
                  work.scratch());
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS TileSums tile_loss(const NetworkSlice<double>& slice,
                                             const double* coordinates, const double* deep,
                                             std::int64_t tile, bool activated, bool with_accuracy,
                                             TileWorkspace<double>& workspace) {
  return loss_body(slice, coordinates, deep, tile, activated, with_accuracy, workspace);
}

CONVEXSCAN_VECTOR_TARGETS TileSums tile_loss(const NetworkSlice<float>& slice,
                                             const double* coordinates, const float* deep,
                                             std::int64_t tile, bool activated, bool with_accuracy,
                                             TileWorkspace<float>& workspace) {
  return loss_body(slice, coordinates, deep, tile, activated, with_accuracy, workspace);
}

CONVEXSCAN_VECTOR_TARGETS TileJets tile_jets(const NetworkSlice<double>& slice,
                                             const double* coordinates, const double* deep,
                                             std::int64_t tile, TileWorkspace<double>& workspace) {
  return jets_body(slice, coordinates, deep, tile, workspace);
}

CONVEXSCAN_VECTOR_TARGETS TileJets tile_jets(const NetworkSlice<float>& slice,
                                             const double* coordinates, const float* deep,
                                             std::int64_t tile, TileWorkspace<float>& workspace) {
  return jets_body(slice, coordinates, deep, tile, workspace);
}

}  // namespace convexscan::cpu
