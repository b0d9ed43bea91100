// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <vector>

#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// The layers that a slice moves, as a network of its own. Where the directions are zero in the
/// first layers, what these give does not depend on the coordinates: their activations, computed
/// once and in double, are the inputs of the rest, whose first layer is then affine in the
/// coordinates as a first layer always is. And where they move only a few of that layer's units,
/// as an axis of one parameter does, the others' share in the next layer is affine as well, and
/// only the few are left in the network.
///
/// Values and their derivatives along the slice are those of the whole network to within
/// rounding_bound, which holds for either way; not to the bit, since a product of a sum of weights
/// becomes a sum of products.
template <class Real>
class MovedTail {
 public:
  /// whole must outlive this.
  explicit MovedTail(const NetworkData<Real>& whole) : whole_(whole) {}
  MovedTail(const MovedTail&) = delete;
  MovedTail& operator=(const MovedTail&) = delete;

  /// The slice in the parameters of the layers that it moves; its data are the whole network's
  /// where nothing stays, and valid, as it is itself, until the next call. Activations are kept
  /// from call to call while the weights before the moved layers are the same.
  const NetworkSlice<Real>& set(const Slice& slice);

  /// Layers that stay.
  int cut() const { return cut_; }

  bool is_whole() const { return cut_ == 0 && settled_units_ == 0; }

  /// Units of the first layer that moves which are left out.
  std::int64_t settled_units() const { return settled_units_; }

 private:
  void compute_inputs(const Slice& slice);
  void keep_units(const Slice& slice, const std::vector<std::int64_t>& units);

  const NetworkData<Real>& whole_;
  int cut_ = 0;
  std::vector<double> before_;  ///< the weights of the layers that stay
  NetworkTask task_;
  std::int64_t settled_units_ = 0;
  std::optional<NetworkData<Real>> data_;
  NetworkTask few_task_;  ///< with the few units alone
  std::optional<NetworkData<Real>> few_;
  std::optional<NetworkSlice<Real>> slice_;
};

}  // namespace convexscan::cpu
