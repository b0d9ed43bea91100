// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/moved_tail.hpp"

#include <algorithm>
#include <type_traits>

#include "cpu/activation_loops.hpp"
#include "cpu/blas.hpp"
#include "cpu/layer_loops.hpp"
#include "shared/moved_layers.hpp"

namespace convexscan::cpu {
namespace {

/// The activations of a node, (width, data.stride).
Aligned<double> activations(const NetworkData<double>& data, const std::vector<double>& theta,
                            int node) {
  const std::int64_t n = data.stride;
  std::vector<Aligned<double>> nodes{data.inputs};
  for (int l = 0; l < node; ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    Aligned<double>& z = nodes.emplace_back(static_cast<std::size_t>(layer.outputs * n));
    fill_rows(z.data(), n, layer.outputs, n, layer.bias < 0 ? nullptr : theta.data() + layer.bias);
    add_matrix_product(layer.outputs, n, layer.inputs, theta.data() + layer.weight, layer.inputs,
                       nodes[static_cast<std::size_t>(l)].data(), n, z.data(), n);
    const auto skip = [&](int from) {
      if (from == Layer::no_skip) return;
      add_rows<double>({nodes[static_cast<std::size_t>(from)].data(), n}, layer.outputs, n,
                       z.data(), n);
    };
    skip(layer.skip_before);
    activate(layer.activation, layer.slope, layer.outputs * n, z.data());
    drop_out(layer.mask, layer.outputs, 0, n, n, z.data());
    skip(layer.skip_after);
  }
  return std::move(nodes.back());
}

/// The same of a network of any precision, in double, (samples, width).
template <class Real>
std::vector<double> rows_of_activations(const NetworkData<Real>& data,
                                        const std::vector<double>& theta, int node) {
  if constexpr (std::is_same_v<Real, double>) {
    const Aligned<double> values = activations(data, theta, node);
    const std::int64_t width = data.task.model.width(node);
    std::vector<double> rows(static_cast<std::size_t>(data.samples * width));
    for (std::int64_t s = 0; s < data.samples; ++s) {
      for (std::int64_t i = 0; i < width; ++i) {
        rows[static_cast<std::size_t>(s * width + i)] =
            values[static_cast<std::size_t>(i * data.stride + s)];
      }
    }
    return rows;
  } else {
    return rows_of_activations(NetworkData<double>(data.task), theta, node);
  }
}

}  // namespace

template <class Real>
void MovedTail<Real>::compute_inputs(const Slice& slice) {
  task_ = shared::tail_of(whole_.task, cut_, rows_of_activations(whole_, slice.origin, cut_));
  data_.emplace(task_);
  // A mask belongs to the layer's place in the whole network.
  for (std::size_t l = 0; l < data_->layers.size(); ++l) {
    data_->layers[l].mask = whole_.layers[l + static_cast<std::size_t>(cut_)].mask;
  }
}

/// z₁ = W[:, few]·a_few + (W[:, others]·a_others + b), the bracket affine in the coordinates.
template <class Real>
void MovedTail<Real>::keep_units(const Slice& slice, const std::vector<std::int64_t>& units) {
  const NetworkData<Real>& all = cut_ > 0 ? *data_ : whole_;
  const Model& model = all.task.model;
  const NetworkData<double> data(all.task);
  const std::int64_t n = data.stride;
  Aligned<double> others = activations(data, slice.origin, 1);
  for (const std::int64_t u : units) std::fill_n(others.begin() + u * n, n, 0.0);

  few_task_ = all.task;
  few_task_.model = shared::with_first_units(model, static_cast<std::int64_t>(units.size()));
  few_.emplace(few_task_);
  for (std::size_t l = 0; l < few_->layers.size(); ++l) few_->layers[l].mask = all.layers[l].mask;
  slice_.emplace(*few_, shared::with_first_units(model, units, slice));

  const LayerPlan<double>& next = data.layers[1];
  for (int j = 0; j <= slice.axes(); ++j) {
    const std::vector<double>& theta =
        j == 0 ? slice.origin : slice.directions[static_cast<std::size_t>(j - 1)];
    Aligned<double> z(static_cast<std::size_t>(next.outputs * n));
    fill_rows(z.data(), n, next.outputs, n, next.bias < 0 ? nullptr : theta.data() + next.bias);
    add_matrix_product(next.outputs, n, next.inputs, theta.data() + next.weight, next.inputs,
                       others.data(), n, z.data(), n);
    slice_->second[static_cast<std::size_t>(j)].assign(z.begin(), z.end());
  }
}

template <class Real>
const NetworkSlice<Real>& MovedTail<Real>::set(const Slice& slice) {
  const Model& model = whole_.task.model;
  const int cut = shared::unmoved_layers(model, slice);
  const std::vector<double> before(slice.origin.begin(),
                                   slice.origin.begin() + model.weight_offset(cut));
  if (cut != cut_ || before != before_) {
    cut_ = cut;
    before_ = before;
    if (cut > 0) compute_inputs(slice);
  }
  const Slice moved = shared::tail_of(model, cut, slice);
  const NetworkData<Real>& data = cut_ > 0 ? *data_ : whole_;
  const std::vector<std::int64_t> units = shared::few_moved_units(data.task.model, moved);
  settled_units_ =
      units.empty() ? 0 : data.layers.front().outputs - static_cast<std::int64_t>(units.size());
  if (units.empty()) return slice_.emplace(data, moved);
  keep_units(moved, units);
  return *slice_;
}

template class MovedTail<double>;
template class MovedTail<float>;

}  // namespace convexscan::cpu
