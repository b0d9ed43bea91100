// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/effective_width.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "layer_outputs.hpp"
#include "shared/skips.hpp"

namespace convexscan {
namespace {

bool is_homogeneous(Activation a) {
  return a == Activation::identity || a == Activation::relu || a == Activation::leaky_relu;
}

/// ‖w_i‖ of the weights out of every neuron of layer l; a skip that takes its output counts as a
/// weight of 1.
std::vector<double> outgoing_norms(const Model& model, int l, std::span<const double> theta) {
  const Layer& next = model.layers()[static_cast<std::size_t>(l) + 1];
  const bool skipped = shared::is_skipped(model.layers(), l + 1);
  std::vector<double> norms(static_cast<std::size_t>(next.inputs));
  for (std::size_t i = 0; i < norms.size(); ++i) {
    const double* column =
        theta.data() + model.weight_offset(l + 1) + static_cast<std::ptrdiff_t>(i);
    const double norm =
        cblas_dnrm2(static_cast<blasint>(next.outputs), column, static_cast<blasint>(next.inputs));
    norms[i] = skipped ? std::hypot(norm, 1.0) : norm;
  }
  return norms;
}

/// Less its mean; returns the root mean square of what is left.
double centre(double* row, std::size_t samples) {
  const auto n = static_cast<double>(samples);
  double mean = 0.0;
  for (std::size_t s = 0; s < samples; ++s) mean += row[s] / n;
  for (std::size_t s = 0; s < samples; ++s) row[s] -= mean;
  return cblas_dnrm2(static_cast<blasint>(samples), row, 1) / std::sqrt(n);
}

/// rms(x − s·k·y) for the better sign s.
double distance_up_to_sign(const double* x, const double* y, double k, std::size_t samples) {
  double minus = 0.0;
  double plus = 0.0;
  for (std::size_t s = 0; s < samples; ++s) {
    minus += (x[s] - k * y[s]) * (x[s] - k * y[s]);
    plus += (x[s] + k * y[s]) * (x[s] + k * y[s]);
  }
  return std::sqrt(std::min(minus, plus) / static_cast<double>(samples));
}

/// (tr C)²/tr C² of the covariance C of the rows, scaled; tr C² = Σ_ij C_ij².
double participation(const LayerOutputs::Matrix& rows, const std::vector<double>& scale,
                     const std::vector<std::size_t>& alive, std::size_t samples) {
  double trace = 0.0;
  double squares = 0.0;
  // The largest is made 1, so that no product underflows.
  double largest = 0.0;
  for (const std::size_t i : alive) largest = std::max(largest, scale[i]);
  for (const std::size_t i : alive) {
    for (const std::size_t j : alive) {
      const double c = scale[i] / largest * (scale[j] / largest) *
                       cblas_ddot(static_cast<blasint>(samples), rows.data() + i * samples, 1,
                                  rows.data() + j * samples, 1);
      squares += c * c;
      if (i == j) trace += c;
    }
  }
  return squares > 0.0 ? trace * trace / squares : 0.0;
}

/// The unit of the outputs: how far the targets are from their means, or 1 where outputs are logits
/// or have no targets.
double output_scale(const NetworkTask& task) {
  if (task.targets.empty() || (task.loss != Loss::mse && task.loss != Loss::huber)) return 1.0;
  const auto outputs = static_cast<std::size_t>(task.model.outputs());
  double squares = 0.0;
  for (std::size_t o = 0; o < outputs; ++o) {
    std::vector<double> column;
    for (std::size_t at = o; at < task.targets.size(); at += outputs) {
      column.push_back(task.targets[at]);
    }
    const double rms = centre(column.data(), column.size());
    squares += rms * rms;
  }
  return std::sqrt(squares);
}

LayerWidth width_of(LayerOutputs::Matrix outputs, const std::vector<double>& norms,
                    bool homogeneous, std::size_t samples, double scale, double tolerance) {
  LayerWidth width;
  width.neurons = static_cast<std::int64_t>(norms.size());
  std::vector<double> rms(norms.size());
  double largest = scale;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    rms[i] = centre(outputs.data() + i * samples, samples);
    largest = std::max(largest, rms[i] * norms[i]);
  }
  std::vector<std::size_t> alive;
  std::vector<std::size_t> different;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    if (!(rms[i] * norms[i] > tolerance * largest)) {
      ++width.dead;
      continue;
    }
    alive.push_back(i);
    const double* row = outputs.data() + i * samples;
    const bool known = std::ranges::any_of(different, [&](std::size_t j) {
      const double k = homogeneous ? rms[i] / rms[j] : 1.0;
      return distance_up_to_sign(row, outputs.data() + j * samples, k, samples) <=
             tolerance * std::max(rms[i], k * rms[j]);
    });
    if (!known) different.push_back(i);
  }
  width.distinct = static_cast<std::int64_t>(different.size());
  if (!alive.empty()) width.participation_ratio = participation(outputs, norms, alive, samples);
  return width;
}

}  // namespace

std::vector<LayerWidth> effective_widths(const NetworkTask& task, std::span<const double> theta,
                                         double tolerance) {
  std::vector<LayerWidth> widths;
  LayerOutputs outputs(task, theta);
  const int hidden = task.model.depth() - 1;
  for (int l = 0; l < hidden; ++l) {
    const Layer& layer = task.model.layers()[static_cast<std::size_t>(l)];
    widths.push_back(width_of(outputs.next(), outgoing_norms(task.model, l, theta),
                              is_homogeneous(layer.activation),
                              static_cast<std::size_t>(task.samples),
                              l + 1 == hidden ? output_scale(task) : 0.0, tolerance));
  }
  // What leads to dead neurons alone reaches nothing.
  for (int l = hidden - 2; l >= 0; --l) {
    const LayerWidth& next = widths[static_cast<std::size_t>(l) + 1];
    LayerWidth& width = widths[static_cast<std::size_t>(l)];
    if (next.dead == next.neurons && !shared::is_skipped(task.model.layers(), l + 1)) {
      width = {width.neurons, width.neurons, 0, 0.0};
    }
  }
  return widths;
}

}  // namespace convexscan
