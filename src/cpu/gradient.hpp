// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"

/// The gradient of the averaged loss in all parameters by reverse accumulation:
///   g_l = σ'(z_l) ⊙ (Wᵀ_{l+1} g_{l+1}),   ∂f/∂W_l = Σ_samples g_l a_{l-1}ᵀ,   ∂f/∂b_l = Σ g_l.
namespace convexscan::cpu {

/// Samples whose activations are held at once; sums over samples run block by block.
inline constexpr std::int64_t gradient_block = 8 * tile_samples;

inline constexpr std::int64_t gradient_blocks(std::int64_t samples) {
  return (samples + gradient_block - 1) / gradient_block;
}

/// The scratch memory of one thread.
template <class Real>
class GradientWorkspace {
 public:
  explicit GradientWorkspace(const NetworkData<Real>& data);

  Real* value(int node) { return at(0, node); }    ///< a, (width, gradient_block)
  Real* slope(int node) { return at(1, node); }    ///< σ'(z)
  Real* adjoint(int node) { return at(2, node); }  ///< ∂ℓ/∂a
  Real* scratch() { return scratch_.data(); }      ///< 8 · tile_samples

 private:
  Real* at(int kind, int node) {
    return memory_.data() + kind * size_ + offsets_[static_cast<std::size_t>(node)];
  }
  std::int64_t size_;
  std::vector<std::int64_t> offsets_;
  Aligned<Real> memory_;
  Aligned<Real> scratch_;
};

/// Sum of the loss and of its gradient over one block of samples, before any division; theta and
/// gradient (parameters).
double block_gradient(const NetworkSlice<double>& slice, const double* coordinates,
                      const double* theta, std::int64_t block, GradientWorkspace<double>& workspace,
                      double* gradient);
double block_gradient(const NetworkSlice<float>& slice, const double* coordinates,
                      const float* theta, std::int64_t block, GradientWorkspace<float>& workspace,
                      float* gradient);

}  // namespace convexscan::cpu
