// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian_vector.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/activation_loops.hpp"
#include "cpu/blas.hpp"
#include "cpu/gradient.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/loss_loops.hpp"
#include "cpu/output_curvature.hpp"
#include "cpu/targets.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/penalties.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t stride = gradient_block;
enum PrimalRow { a_row, slope_row, bend_row, g_row, second_row, primal_rows };
enum TangentRow { a_dot, z_dot, adjoint_dot, tangent_rows };

/// σ, σ' and σ'' of a layer, masked, in rows of samples from start on.
CONVEXSCAN_VECTOR_TARGETS void differentiate_layer(const LayerPlan<double>& layer,
                                                   std::int64_t start, std::int64_t columns,
                                                   double* z, double* slope, double* bend) {
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    activate_with_derivatives(layer.activation, layer.slope, columns, z + o * stride,
                              slope + o * stride, bend + o * stride);
  }
  drop_out(layer.mask, layer.outputs, start, columns, stride, z, slope, bend);
}

}  // namespace

HessianVector::HessianVector(const Objective& objective, const NetworkData<double>& data,
                             const Slice& slice)
    : objective_(objective), data_(data), slice_(slice), network_(data, slice) {
  offsets_.push_back(0);
  for (const LayerPlan<double>& layer : data.layers) {
    offsets_.push_back(rows_);
    rows_ += layer.outputs * stride;
  }
  blocks_ = (data.samples + stride - 1) / stride;
  stored_ = blocks_ * primal_rows * rows_ * 8 <= primal_bytes;
  primal_.resize(static_cast<std::size_t>((stored_ ? blocks_ : 1) * primal_rows * rows_));
  tangent_.resize(static_cast<std::size_t>(tangent_rows * rows_));
  scratch_.resize(static_cast<std::size_t>(8 * stride));
  const auto parameters = static_cast<std::size_t>(network_.parameters);
  theta_.resize(parameters);
  direction_.resize(parameters);
  product_.resize(parameters);
  partial_.resize(parameters);
}

const double* HessianVector::value(const double* memory, std::int64_t block, int node) const {
  return node == 0 ? data_.inputs.data() + block * stride : row(memory, a_row, node);
}

std::int64_t HessianVector::value_stride(int node) const {
  return node == 0 ? data_.stride : stride;
}

void HessianVector::set_point(const double* coordinates) {
  coordinates_.assign(coordinates, coordinates + slice_.axes());
  network_.weights_at(coordinates, 0, theta_.data());
  penalty_.clear();
  if (!objective_.penalty.empty()) {
    for (std::size_t i = 0; i < theta_.size(); ++i) {
      const double centre = objective_.penalty.centre.empty() ? 0.0 : objective_.penalty.centre[i];
      double second = 0.0;
      for (const PenaltyTerm& term : objective_.penalty.terms) {
        second += shared::penalty_value(term.kind, term.value, term.exponent,
                                        static_cast<std::int64_t>(i), theta_[i] - centre)
                      .second;
      }
      penalty_.push_back(second);
    }
  }
  for (std::int64_t b = 0; stored_ && b < blocks_; ++b) {
    primal(b, primal_.data() + b * primal_rows * rows_);
  }
}

void HessianVector::primal(std::int64_t block, double* memory) {
  const int depth = static_cast<int>(data_.layers.size());
  const std::int64_t start = block * stride;
  const std::int64_t columns = std::min(stride, data_.stride - start);
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& layer = data_.layers[static_cast<std::size_t>(l)];
    double* z = row(memory, a_row, l + 1);
    if (l == 0) {
      for (std::int64_t s = 0; s < columns; s += tile_samples) {
        first_layer(network_, coordinates_.data(), start + s, z + s, stride);
      }
    } else {
      fill_rows(z, stride, layer.outputs, columns,
                layer.bias < 0 ? nullptr : theta_.data() + layer.bias);
      add_matrix_product(layer.outputs, columns, layer.inputs, theta_.data() + layer.weight,
                         layer.inputs, row(memory, a_row, l), stride, z, stride);
    }
    const auto skip = [&](int node) {
      if (node == Layer::no_skip) return;
      add_rows<double>({value(memory, block, node), value_stride(node)}, layer.outputs, columns, z,
                       stride);
    };
    skip(layer.skip_before);
    differentiate_layer(layer, start, columns, z, row(memory, slope_row, l + 1),
                        row(memory, bend_row, l + 1));
    skip(layer.skip_after);
  }

  // Adjoints are gathered in the rows of g and become g = σ'·adj as they are used.
  for (int node = 1; node < depth; ++node) {
    fill_rows(row(memory, g_row, node), stride,
              data_.layers[static_cast<std::size_t>(node - 1)].outputs, columns,
              static_cast<const double*>(nullptr));
  }
  differentiate_outputs(data_, row(memory, a_row, depth), start, columns, scratch_.data(),
                        row(memory, g_row, depth), row(memory, second_row, depth));
  for (int l = depth - 1; l >= 0; --l) {
    const LayerPlan<double>& layer = data_.layers[static_cast<std::size_t>(l)];
    double* g = row(memory, g_row, l + 1);
    if (layer.skip_after > 0) {
      add_rows<double>({g, stride}, layer.outputs, columns, row(memory, g_row, layer.skip_after),
                       stride);
    }
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      double* bend = row(memory, bend_row, l + 1) + o * stride;
      const double* slope = row(memory, slope_row, l + 1) + o * stride;
      for (std::int64_t s = 0; s < columns; ++s) {
        bend[s] *= g[o * stride + s];
        g[o * stride + s] *= slope[s];
      }
    }
    if (layer.skip_before > 0) {
      add_rows<double>({g, stride}, layer.outputs, columns, row(memory, g_row, layer.skip_before),
                       stride);
    }
    if (l > 0) {
      add_transposed_product(layer.inputs, columns, layer.outputs, theta_.data() + layer.weight,
                             layer.inputs, g, stride, row(memory, g_row, l), stride);
    }
  }
}

void HessianVector::tangents(std::int64_t block, const double* memory, const double* v,
                             double* product) {
  const int depth = static_cast<int>(data_.layers.size());
  const std::int64_t start = block * stride;
  const std::int64_t columns = std::min(stride, data_.stride - start);
  const std::int64_t valid = std::min(stride, data_.samples - start);
  double* const work = tangent_.data();
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& layer = data_.layers[static_cast<std::size_t>(l)];
    double* z = row(work, z_dot, l + 1);
    fill_rows(z, stride, layer.outputs, columns, layer.bias < 0 ? nullptr : v + layer.bias);
    add_matrix_product(layer.outputs, columns, layer.inputs, v + layer.weight, layer.inputs,
                       value(memory, block, l), value_stride(l), z, stride);
    if (l > 0) {
      add_matrix_product(layer.outputs, columns, layer.inputs, theta_.data() + layer.weight,
                         layer.inputs, row(work, a_dot, l), stride, z, stride);
    }
    if (layer.skip_before > 0) {
      add_rows<double>({row(work, a_dot, layer.skip_before), stride}, layer.outputs, columns, z,
                       stride);
    }
    double* a = row(work, a_dot, l + 1);
    const double* slope = row(memory, slope_row, l + 1);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t s = o * stride; s < o * stride + columns; ++s) a[s] = slope[s] * z[s];
    }
    if (layer.skip_after > 0) {
      add_rows<double>({row(work, a_dot, layer.skip_after), stride}, layer.outputs, columns, a,
                       stride);
    }
  }
  for (int node = 1; node < depth; ++node) {
    fill_rows(row(work, adjoint_dot, node), stride,
              data_.layers[static_cast<std::size_t>(node - 1)].outputs, columns,
              static_cast<const double*>(nullptr));
  }
  loss_product(data_, row(memory, second_row, depth), columns, row(work, a_dot, depth),
               scratch_.data(), row(work, adjoint_dot, depth));
  for (int l = depth - 1; l >= 0; --l) {
    const LayerPlan<double>& layer = data_.layers[static_cast<std::size_t>(l)];
    double* dot = row(work, adjoint_dot, l + 1);
    const double* g = row(memory, g_row, l + 1);
    if (layer.skip_after > 0) {
      add_rows<double>({dot, stride}, layer.outputs, columns,
                       row(work, adjoint_dot, layer.skip_after), stride);
    }
    const double* slope = row(memory, slope_row, l + 1);
    const double* bend = row(memory, bend_row, l + 1);
    const double* z = row(work, z_dot, l + 1);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t s = o * stride; s < o * stride + columns; ++s) {
        dot[s] = slope[s] * dot[s] + bend[s] * z[s];
      }
    }
    if (layer.skip_before > 0) {
      add_rows<double>({dot, stride}, layer.outputs, columns,
                       row(work, adjoint_dot, layer.skip_before), stride);
    }
    if (l > 0) {
      add_transposed_product(layer.inputs, columns, layer.outputs, theta_.data() + layer.weight,
                             layer.inputs, dot, stride, row(work, adjoint_dot, l), stride);
      add_transposed_product(layer.inputs, columns, layer.outputs, v + layer.weight, layer.inputs,
                             g, stride, row(work, adjoint_dot, l), stride);
    }
    double* const to = partial_.data() + layer.weight;
    outer_product(layer.outputs, layer.inputs, valid, dot, stride, value(memory, block, l),
                  value_stride(l), to, layer.inputs);
    const std::int64_t weights = layer.outputs * layer.inputs;
    for (std::int64_t i = 0; i < weights; ++i) product[layer.weight + i] += to[i];
    if (l > 0) {
      outer_product(layer.outputs, layer.inputs, valid, g, stride, row(work, a_dot, l), stride, to,
                    layer.inputs);
      for (std::int64_t i = 0; i < weights; ++i) product[layer.weight + i] += to[i];
    }
    for (std::int64_t o = 0; layer.bias >= 0 && o < layer.outputs; ++o) {
      product[layer.bias + o] += sum_samples(dot + o * stride, valid);
    }
  }
}

void HessianVector::apply(const double* vectors, std::int64_t count, double* products) {
  const auto& subset = objective_.subset;
  const double divisor = shared::loss_divisor(data_.task);
  std::fill_n(products, count * size(), 0.0);
  for (std::int64_t b = 0; b < blocks_; ++b) {
    double* const memory = primal_.data() + (stored_ ? b * primal_rows * rows_ : 0);
    if (!stored_) primal(b, memory);
    for (std::int64_t k = 0; k < count; ++k) {
      std::ranges::fill(direction_, 0.0);
      for (std::size_t i = 0; i < subset.size(); ++i) {
        direction_[static_cast<std::size_t>(subset[i])] =
            vectors[static_cast<std::size_t>(k * size()) + i];
      }
      std::ranges::fill(product_, 0.0);
      tangents(b, memory, direction_.data(), product_.data());
      for (std::size_t i = 0; i < subset.size(); ++i) {
        products[static_cast<std::size_t>(k * size()) + i] +=
            product_[static_cast<std::size_t>(subset[i])] / divisor;
      }
    }
  }
  if (penalty_.empty()) return;
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < subset.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(k * size()) + i;
      products[at] += penalty_[static_cast<std::size_t>(subset[i])] * vectors[at];
    }
  }
}

}  // namespace convexscan::cpu
