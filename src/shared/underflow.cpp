// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/underflow.hpp"

#include <algorithm>
#include <cmath>

#include "shared/rounding.hpp"

namespace convexscan::shared {
namespace {

double largest_size(const std::vector<double>& numbers) {
  double largest = 0.0;
  for (const double x : numbers) largest = std::max(largest, std::fabs(x));
  return largest;
}

/// The largest sum over a row of |W| with its bias, or over a column.
double norm_of(const Model& model, int l, const std::vector<double>& parameters) {
  const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
  const auto inputs = static_cast<std::size_t>(layer.inputs);
  std::vector<double> columns(inputs, 0.0);
  double widest = 0.0;
  const double* w = parameters.data() + model.weight_offset(l);
  for (std::int64_t i = 0; i < layer.outputs; ++i) {
    double row = layer.bias
                     ? std::fabs(parameters[static_cast<std::size_t>(model.bias_offset(l) + i)])
                     : 0.0;
    for (std::size_t j = 0; j < inputs; ++j) {
      const double size = std::fabs(w[static_cast<std::size_t>(i) * inputs + j]);
      row += size;
      columns[j] += size;
    }
    widest = std::max(widest, row);
  }
  return std::max(widest, *std::ranges::max_element(columns));
}

}  // namespace

UnderflowBound::UnderflowBound(const NetworkTask& task, const Slice& slice) {
  const Model& model = task.model;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    const double slope = activation_errors(layer.activation, layer.slope).lipschitz;
    LayerGrowth growth{std::max(1.0, slope) / (1.0 - layer.dropout), {}};
    // The weights of a single layer come after nothing.
    if (model.depth() > 1) {
      growth.norms.push_back(norm_of(model, l, slice.origin));
      for (const std::vector<double>& direction : slice.directions) {
        growth.norms.push_back(norm_of(model, l, direction));
      }
    }
    layers_.push_back(std::move(growth));
  }
  const auto numbers = static_cast<double>(model.parameter_count());
  logarithm_ = -511.0 + 2.0 * std::log2(16.0 * numbers) +
               3.0 * std::log2(1.0 + largest_size(task.inputs)) +
               std::log2(1.0 + largest_size(task.targets));
}

double UnderflowBound::at(const double* coordinates) const {
  double logarithm = logarithm_;
  for (const LayerGrowth& layer : layers_) {
    double norm = 2.0;
    for (std::size_t j = 0; j < layer.norms.size(); ++j) {
      norm += (j == 0 ? 1.0 : std::fabs(coordinates[j - 1])) * layer.norms[j];
    }
    logarithm += 4.0 * std::log2(layer.slope * norm);
  }
  return std::exp2(logarithm);
}

double UnderflowBound::along(const double* coordinates, double size) const {
  return at(coordinates) * (1.0 + size) * (1.0 + size);
}

}  // namespace convexscan::shared
