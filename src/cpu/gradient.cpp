// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/gradient.hpp"

#include <algorithm>

#include "cpu/activation_loops.hpp"
#include "cpu/blas.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/loss_loops.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"

namespace convexscan::cpu {

template <class Real>
GradientWorkspace<Real>::GradientWorkspace(const NetworkData<Real>& data) {
  size_ = 0;
  offsets_.push_back(0);
  for (const LayerPlan<Real>& layer : data.layers) {
    offsets_.push_back(size_);
    size_ += layer.outputs * gradient_block;
  }
  memory_.resize(static_cast<std::size_t>(3 * size_));
  scratch_.resize(static_cast<std::size_t>(8 * tile_samples));
}

template class GradientWorkspace<double>;
template class GradientWorkspace<float>;

namespace {

constexpr std::int64_t stride = gradient_block;

/// Values and σ' of every node; columns are the samples from start on, rounded up to whole tiles.
template <class Real>
[[gnu::always_inline]] inline void forward(const NetworkSlice<Real>& slice,
                                           const double* coordinates, const Real* theta,
                                           std::int64_t start, std::int64_t columns,
                                           GradientWorkspace<Real>& work) {
  const NetworkData<Real>& data = slice.data;
  const auto node = [&](int index) CONVEXSCAN_INLINE -> Matrix<const Real> {
    if (index == 0) return {data.inputs.data() + start, data.stride};
    return {work.value(index), stride};
  };
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    Real* z = work.value(l + 1);
    if (l == 0) {
      for (std::int64_t s = 0; s < columns; s += tile_samples) {
        first_layer(slice, coordinates, start + s, z + s, stride);
      }
    } else {
      fill_rows(z, stride, layer.outputs, columns, layer.bias < 0 ? nullptr : theta + layer.bias);
      add_product<Real>({theta + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs,
                        node(l).data, stride, columns, z, stride);
    }
    if (layer.skip_before != Layer::no_skip) {
      add_rows(node(layer.skip_before), layer.outputs, columns, z, stride);
    }
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      activate_with_derivatives(layer.activation, layer.slope, columns, z + o * stride,
                                work.slope(l + 1) + o * stride, static_cast<Real*>(nullptr));
    }
    drop_out(layer.mask, layer.outputs, start, columns, stride, z, work.slope(l + 1));
    if (layer.skip_after != Layer::no_skip) {
      add_rows(node(layer.skip_after), layer.outputs, columns, z, stride);
    }
  }
}

template <class Real>
[[gnu::always_inline]] inline double gradient_body(const NetworkSlice<Real>& slice,
                                                   const double* coordinates, const Real* theta,
                                                   std::int64_t block,
                                                   GradientWorkspace<Real>& work, Real* gradient) {
  const NetworkData<Real>& data = slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t start = block * gradient_block;
  const std::int64_t columns = std::min(gradient_block, data.stride - start);
  const std::int64_t valid = std::min(gradient_block, data.samples - start);
  forward(slice, coordinates, theta, start, columns, work);

  for (int n = 1; n < depth; ++n) {
    fill_rows(work.adjoint(n), stride, data.layers[static_cast<std::size_t>(n - 1)].outputs,
              columns, static_cast<const Real*>(nullptr));
  }
  double loss = 0.0;
  for (std::int64_t s = 0; s < columns; s += tile_samples) {
    loss += differentiate_losses(data, work.value(depth) + s, stride, start + s, work.scratch(),
                                 work.adjoint(depth) + s);
  }

  const auto add_adjoint = [&](int node, const Real* from, std::int64_t rows) CONVEXSCAN_INLINE {
    if (node > 0) add_rows<Real>({from, stride}, rows, columns, work.adjoint(node), stride);
  };
  for (int l = depth - 1; l >= 0; --l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    Real* g = work.adjoint(l + 1);
    if (layer.skip_after > 0) add_adjoint(layer.skip_after, g, layer.outputs);
    const Real* slope = work.slope(l + 1);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < columns; ++s) g[o * stride + s] *= slope[o * stride + s];
    }
    if (layer.skip_before > 0) add_adjoint(layer.skip_before, g, layer.outputs);
    if (l > 0) {
      add_product<Real>({theta + layer.weight, 1, layer.inputs}, layer.inputs, layer.outputs, g,
                        stride, columns, work.adjoint(l), stride);
    }
    const Real* a = l == 0 ? data.inputs.data() + start : work.value(l);
    outer_product(layer.outputs, layer.inputs, valid, g, stride, a, l == 0 ? data.stride : stride,
                  gradient + layer.weight, layer.inputs);
    for (std::int64_t o = 0; layer.bias >= 0 && o < layer.outputs; ++o) {
      gradient[layer.bias + o] = static_cast<Real>(sum_samples(g + o * stride, valid));
    }
  }
  return loss;
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS double block_gradient(const NetworkSlice<double>& slice,
                                                const double* coordinates, const double* theta,
                                                std::int64_t block,
                                                GradientWorkspace<double>& workspace,
                                                double* gradient) {
  return gradient_body(slice, coordinates, theta, block, workspace, gradient);
}

CONVEXSCAN_VECTOR_TARGETS double block_gradient(const NetworkSlice<float>& slice,
                                                const double* coordinates, const float* theta,
                                                std::int64_t block,
                                                GradientWorkspace<float>& workspace,
                                                float* gradient) {
  return gradient_body(slice, coordinates, theta, block, workspace, gradient);
}

}  // namespace convexscan::cpu
