// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"

/// One tile of samples through the network at one point, for values alone or for second-order
/// Taylor series along the slice's axes.
namespace convexscan::cpu {

/// Components of the Taylor series carried through the network, per axes of the slice: the value,
/// the first derivatives, then *halves* of the pure second ones with the mixed one between them:
/// (v, x, ½xx) on a line and (v, x, y, ½xx, xy, ½yy) on a plane.
constexpr int jet_components(int axes) { return axes == 0 ? 1 : (axes == 1 ? 3 : 6); }

/// The scratch memory of one thread: a matrix (width, components · tile_samples) for every node.
template <class Real>
class TileWorkspace {
 public:
  TileWorkspace(const NetworkData<Real>& data, int components);

  int components() const { return components_; }
  std::int64_t stride() const { return components_ * tile_samples; }
  Real* node(int node) { return memory_.data() + offsets_[static_cast<std::size_t>(node)]; }
  Real* scratch() { return memory_.data() + offsets_.back(); }  ///< 8 · tile_samples

 private:
  int components_;
  std::vector<std::int64_t> offsets_;
  Aligned<Real> memory_;
};

/// Sums over the samples of one tile, before any division.
struct TileSums {
  double loss = 0.0;
  double correct = 0.0;
};

/// Sums of the loss and of its derivatives along the axes: (x, y) and (xx, xy, yy).
struct TileJets {
  double loss = 0.0;
  double slope[2] = {0.0, 0.0};
  double curvature[3] = {0.0, 0.0, 0.0};
};

/// deep holds the parameters from the second layer on; activated says that the workspace's node 1
/// already holds the first layer's activations.
TileSums tile_loss(const NetworkSlice<double>& slice, const double* coordinates, const double* deep,
                   std::int64_t tile, bool activated, bool with_accuracy,
                   TileWorkspace<double>& workspace);
TileSums tile_loss(const NetworkSlice<float>& slice, const double* coordinates, const float* deep,
                   std::int64_t tile, bool activated, bool with_accuracy,
                   TileWorkspace<float>& workspace);

/// directions: the deep parameters of the slice's directions are taken from the slice.
TileJets tile_jets(const NetworkSlice<double>& slice, const double* coordinates, const double* deep,
                   std::int64_t tile, TileWorkspace<double>& workspace);
TileJets tile_jets(const NetworkSlice<float>& slice, const double* coordinates, const float* deep,
                   std::int64_t tile, TileWorkspace<float>& workspace);

}  // namespace convexscan::cpu
