// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/moved_tail.hpp"

#include <algorithm>
#include <type_traits>

#include "cuda/node_activations.hpp"
#include "shared/moved_layers.hpp"

namespace convexscan::cuda {
namespace {

/// In double whatever the network's precision.
template <class Real>
std::vector<double> activations(const NetworkData<Real>& data, const DeviceContext& context,
                                const std::vector<double>& theta, int node) {
  if constexpr (std::is_same_v<Real, double>) {
    return node_activations(data, context, theta, node);
  } else {
    return node_activations({data.task, context.queue()}, context, theta, node);
  }
}

/// The pre-activations (outputs, stride) of a layer with these inputs at the origin of the slice in
/// its parameters and along its directions, in double.
template <class Real>
std::vector<std::vector<Real>> affine_parts(const NetworkTask& layer, const DeviceContext& context,
                                            const Slice& slice) {
  const NetworkData<double> data(layer, context.queue());
  NetworkSlice<double> parts(data, context);
  parts.set(slice);
  const kernels::Affine<double> z = parts.first();
  std::vector<double> values(static_cast<std::size_t>(layer.model.outputs() * data.stride));
  std::vector<std::vector<Real>> all;
  for (const double* const part : {z.origin, z.x, z.y}) {
    if (part == nullptr) continue;
    copy_from_device<double>(part, values, context.queue());
    all.emplace_back(values.begin(), values.end());
  }
  return all;
}

}  // namespace

template <class Real>
void MovedTail<Real>::compute_inputs(const Slice& slice, int cut) {
  task_ = shared::tail_of(whole_.task, cut, activations(whole_, context_, slice.origin, cut));
  data_.emplace(task_, context_.queue());
  // A mask belongs to the layer's place in the whole network.
  for (std::size_t l = 0; l < data_->layers.size(); ++l) {
    data_->layers[l].mask = whole_.layers[l + static_cast<std::size_t>(cut)].mask;
  }
}

/// z₁ = W[:, few]·a_few + (W[:, others]·a_others + b), the bracket affine in the coordinates.
template <class Real>
void MovedTail<Real>::keep_units(const std::vector<std::int64_t>& units) {
  const NetworkData<Real>& all = cut_ > 0 ? *data_ : whole_;
  const Model& model = all.task.model;
  const Layer& next = model.layers()[1];
  NetworkTask second;
  second.model = Model({{next.inputs, next.outputs, next.bias}});
  second.samples = all.samples;
  second.inputs = activations(all, context_, moved_.origin, 1);
  for (std::int64_t s = 0; s < all.samples; ++s) {
    for (const std::int64_t u : units) {
      second.inputs[static_cast<std::size_t>(s * next.inputs + u)] = 0.0;
    }
  }
  Slice weights = shared::tail_of(model, 1, moved_);
  const auto count = static_cast<std::size_t>(second.model.parameter_count());
  weights.origin.resize(count);
  for (std::vector<double>& direction : weights.directions) direction.resize(count);

  few_task_ = all.task;
  few_task_.model = shared::with_first_units(model, static_cast<std::int64_t>(units.size()));
  few_.emplace(few_task_, context_.queue());
  for (std::size_t l = 0; l < few_->layers.size(); ++l) few_->layers[l].mask = all.layers[l].mask;
  slice_.emplace(*few_, context_);
  slice_->set(shared::with_first_units(model, units, moved_));
  slice_->set_second(affine_parts<Real>(second, context_, weights));
}

template <class Real>
void MovedTail<Real>::set(const Slice& slice) {
  const Model& model = whole_.task.model;
  const int cut = shared::unmoved_layers(model, slice);
  const std::vector<double> before(slice.origin.begin(),
                                   slice.origin.begin() + model.weight_offset(cut));
  slice_.reset();
  few_.reset();
  if (cut != cut_ || before != before_) {
    cut_ = 0;
    before_.clear();
    data_.reset();  // the old memory first: the two need not fit together
    if (cut > 0) compute_inputs(slice, cut);
    cut_ = cut;
    before_ = before;
  }
  moved_ = shared::tail_of(model, cut, slice);
  const std::vector<std::int64_t> units = shared::few_moved_units(data().task.model, moved_);
  if (!units.empty()) return keep_units(units);
  slice_.emplace(data(), context_);
  slice_->set(moved_);
}

template class MovedTail<double>;
template class MovedTail<float>;

}  // namespace convexscan::cuda
