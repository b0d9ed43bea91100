// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>

#include "cuda/network_nodes.hpp"
#include "kernels/jets.hpp"
#include "kernels/layers.hpp"
#include "kernels/losses.hpp"

/// A group of points through the network, with the matrix products by the library: chunk by chunk
/// of the samples. Every pass owns its scratch memory, allocated when it is made.
namespace convexscan::cuda {

/// What all passes work on; the parts must outlive the pass.
template <class Real>
struct PassInput {
  const NetworkData<Real>& data;
  const NetworkSlice<Real>& slice;
  const DeviceContext& context;
};

/// What a layer does besides its product, for columns samples from start on.
template <class Real>
kernels::LayerStep<Real> layer_step(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                                    NetworkNodes<Real>& nodes, int layer, std::int64_t start,
                                    std::int64_t columns);

/// Values of the node behind a layer for one chunk, from those before it; derivatives and seconds,
/// if given, get σ' and σ''.
template <class Real>
void forward_layer(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                   kernels::Coordinates coordinates, std::int64_t points, std::int64_t group,
                   std::int64_t start, std::int64_t columns, int layer, NetworkNodes<Real>& nodes,
                   NetworkNodes<Real>* derivatives = nullptr,
                   NetworkNodes<Real>* seconds = nullptr);

/// The same for all nodes.
template <class Real>
void forward(const PassInput<Real>& input, const GroupWeights<Real>& weights,
             kernels::Coordinates coordinates, std::int64_t points, std::int64_t group,
             std::int64_t start, std::int64_t columns, NetworkNodes<Real>& nodes,
             NetworkNodes<Real>* derivatives = nullptr, NetworkNodes<Real>* seconds = nullptr);

/// loss (points) and accuracy (points), averaged over the samples, penalty left out; in device
/// memory, accuracy may be null. At most group points at a time.
template <class Real>
class LossPass {
 public:
  LossPass(const PassInput<Real>& input, std::int64_t group);

  static std::int64_t bytes_per_point(const NetworkData<Real>& data);

  void run(kernels::Coordinates coordinates, std::int64_t points, double* loss, double* accuracy);

 private:
  PassInput<Real> input_;
  std::int64_t group_;
  std::int64_t tiles_;
  GroupWeights<Real> weights_;
  NetworkNodes<Real> nodes_;
  DeviceBuffer<double> partial_;  ///< (2, group, tiles): losses and right answers
};

/// What Taylor series run along: one slice's axes, or a line for every point.
template <class Real>
struct JetAxes {
  int axes = 0;
  const Real* x = nullptr;  ///< (parameters)
  const Real* y = nullptr;
  std::int64_t stride = 0;        ///< of x from point to point
  kernels::Affine<Real> first;    ///< the first layer's pre-activations
  std::int64_t first_stride = 0;  ///< of first.x from point to point

  static JetAxes of(const NetworkSlice<Real>& slice);
};

/// Series of all nodes for one chunk, nodes having kernels::jet_components(axes) components.
template <class Real>
void forward_jets(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                  const JetAxes<Real>& axes, kernels::Coordinates coordinates, std::int64_t points,
                  std::int64_t group, std::int64_t start, std::int64_t columns,
                  NetworkNodes<Real>& nodes);

/// Second derivatives along the axes of the averaged loss: curvature (3, points), planes xx, xy,
/// yy. The slice has one or two axes.
template <class Real>
class JetPass {
 public:
  JetPass(const PassInput<Real>& input, std::int64_t group);

  static std::int64_t bytes_per_point(const NetworkData<Real>& data, int axes);

  void run(kernels::Coordinates coordinates, std::int64_t points, double* curvature);

 private:
  PassInput<Real> input_;
  std::int64_t group_;
  std::int64_t tiles_;
  GroupWeights<Real> weights_;
  NetworkNodes<Real> nodes_;
  DeviceBuffer<double> partial_;  ///< (3, group, tiles)
};

/// The gradient of the *summed* loss in all parameters, (points, parameters), by reverse
/// accumulation: g_l = σ'(z_l) ⊙ (Wᵀ_{l+1} g_{l+1}),  ∂f/∂W_l = Σ_samples g_l a_{l−1}ᵀ.
template <class Real>
class GradientPass {
 public:
  GradientPass(const PassInput<Real>& input, std::int64_t group);

  static std::int64_t bytes_per_point(const NetworkData<Real>& data);

  /// loss (points), averaged, may be null.
  void run(kernels::Coordinates coordinates, std::int64_t points, double* loss, double* gradient);

 private:
  void differentiate_weights(int layer, std::int64_t points, std::int64_t start,
                             std::int64_t columns);

  PassInput<Real> input_;
  std::int64_t group_;
  std::int64_t tiles_;
  GroupWeights<Real> weights_;
  NetworkNodes<Real> nodes_;
  NetworkNodes<Real> derivatives_;
  NetworkNodes<Real> adjoints_;
  DeviceBuffer<Real> part_;       ///< (group, parameters): one chunk's gradient
  DeviceBuffer<double> partial_;  ///< (group, tiles): losses
};

}  // namespace convexscan::cuda
