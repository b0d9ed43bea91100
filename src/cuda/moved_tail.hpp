// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <vector>

#include "cuda/network_slice.hpp"

namespace convexscan::cuda {

/// The layers, and of the first of them the units, that a slice moves, as a network of their own:
/// what src/cpu/moved_tail.hpp does, by the same rules and with the same words about rounding.
template <class Real>
class MovedTail {
 public:
  /// Both must outlive this.
  MovedTail(const NetworkData<Real>& whole, const DeviceContext& context)
      : whole_(whole), context_(context) {}
  MovedTail(const NetworkData<Real>& whole, const DeviceContext& context, const Slice& slice)
      : MovedTail(whole, context) {
    set(slice);
  }
  MovedTail(const MovedTail&) = delete;
  MovedTail& operator=(const MovedTail&) = delete;

  /// What the rest says is valid until the next call. Activations are kept from call to
  /// call while the weights before the moved layers are the same.
  void set(const Slice& slice);

  /// The network of the layers that move; the whole one's where nothing stays.
  const NetworkData<Real>& data() const { return few_ ? *few_ : cut_ > 0 ? *data_ : whole_; }

  /// The slice in its parameters.
  const NetworkSlice<Real>& slice() const { return *slice_; }

  /// The moved layers with all their units, and the slice in the parameters of those.
  const Model& model() const { return cut_ > 0 ? data_->task.model : whole_.task.model; }
  const Slice& moved() const { return moved_; }

  bool is_whole() const { return cut_ == 0 && !few_; }

 private:
  void compute_inputs(const Slice& slice, int cut);
  void keep_units(const std::vector<std::int64_t>& units);

  const NetworkData<Real>& whole_;
  const DeviceContext& context_;
  int cut_ = 0;
  std::vector<double> before_;  ///< the weights of the layers that stay
  NetworkTask task_;
  std::optional<NetworkData<Real>> data_;
  NetworkTask few_task_;  ///< with the few units alone
  std::optional<NetworkData<Real>> few_;
  Slice moved_;
  std::optional<NetworkSlice<Real>> slice_;
};

}  // namespace convexscan::cuda
