// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"
#include "cpu/weight_lengths.hpp"

/// The factors of the Hessian of the loss, sample by sample, with a bound on the rounding error of
/// each.
///
/// With ā = [a; 1], g_l = ∂ℓ/∂z_l, and for a layer l the derivatives with respect to its own z_l
/// through everything behind it,
///   A_{n,l} = ∂a_n/∂z_l,   S_{m,l} = ∂²ℓ/∂z_m∂z_l,
/// the block of the Hessian between the weights (i, j) of layer m and (k, p) of layer l ≤ m is
///   Σ_samples ( S_{m,l}[i,k] ā_{m,j} + g_{m,i} A_{m,l}[j,k] ) ā_{l,p},   A_{l,l} = 0.
///
/// A and S come from tangents forward and then backward through the layers behind l, one tangent
/// for every neuron of l, which holds for any pattern of skips. Errors are bounded beside every
/// number: per neuron for a, z and g, and per neuron in the Euclidean norm over the tangents for A
/// and S. docs/error-bounds.md has the rules.
namespace convexscan::cpu {

/// Samples whose factors are held at once.
inline constexpr std::int64_t hessian_block = 2 * tile_samples;

/// Tangents that are carried at once, at most.
inline constexpr std::int64_t most_tangents = 32;

/// What the error bounds need of a slice: sizes of weights and of first-layer pre-activations.
struct SliceMagnitudes {
  explicit SliceMagnitudes(const NetworkSlice<double>& slice);

  /// The same from another of the same data, which knows the sizes of its inputs.
  SliceMagnitudes(const NetworkSlice<double>& slice, const SliceMagnitudes& other);

  /// Once more, for what the slice has now for its origin (0) or a direction.
  void take(const NetworkSlice<double>& slice, int j);

  using Parts = std::array<Aligned<double>, 1 + NetworkSlice<double>::max_axes>;
  int axes;
  Parts parameter;  ///< |origin|, |direction|, …, each (parameters)
  Parts first;      ///< |W||x| + |b| for each of them: (outputs of layer 0, stride)

  /// |origin| + Σ_j |c_j| |direction_j|
  void at(const double* coordinates, double* magnitude) const;

 private:
  SliceMagnitudes(const NetworkSlice<double>& slice, std::shared_ptr<const Aligned<double>> inputs);

  std::shared_ptr<const Aligned<double>> inputs_;  ///< (features, stride)
};

/// One point: weights, their magnitudes, and what belongs to the slice.
struct HessianPoint {
  const NetworkSlice<double>& slice;
  const SliceMagnitudes& magnitudes;
  const double* coordinates;
  const double* theta;      ///< (parameters)
  const double* magnitude;  ///< (parameters)

  /// Of the magnitudes, where errors are to pass through products by norms: larger bounds, for half
  /// the work. None where they pass entry by entry.
  const WeightLengths* lengths = nullptr;

  /// Those of the rows of layer l > 0, or none; and of its columns.
  const double* rows(int l) const { return lengths == nullptr ? nullptr : lengths->rows(l); }
  const double* columns(int l) const { return lengths == nullptr ? nullptr : lengths->columns(l); }

  /// Roundings that a product with a weight carries besides those of its sum's n terms: of the
  /// weight, origin + Σ_j c_j·direction_j, and of a bias.
  std::int64_t roundings() const { return magnitudes.axes + 2; }
};

/// The scratch memory of one thread. Rows are hessian_block samples; tangent rows are `chunk` of
/// those.
class FactorWorkspace {
 public:
  explicit FactorWorkspace(const NetworkData<double>& data);

  /// Whether it has the factors of that block of samples, which primal_factors has made last, at
  /// that point, with errors no larger than are asked for. Everything else leaves them as they are,
  /// but for the adjoints' errors.
  bool holds(const HessianPoint& point, std::int64_t block) const;
  void will_hold(const HessianPoint& point, std::int64_t block);

  /// Tangents that are carried at once for a layer: as many as stay in the second-level cache.
  std::int64_t chunk(int layer) const { return chunk_[static_cast<std::size_t>(layer)]; }

  double* value(int node) { return at(0, node); }  ///< a, then a row of ones: (width + 1)
  double* value_error(int node) { return at(1, node); }
  double* adjoint(int node) { return at(2, node); }  ///< ∂ℓ/∂a
  double* adjoint_error(int node) { return at(3, node); }
  double* slope(int layer) { return at(4, layer + 1); }  ///< σ'(z)
  double* slope_error(int layer) { return at(5, layer + 1); }
  double* bend(int layer) { return at(6, layer + 1); }  ///< σ''(z), then σ''(z)·∂ℓ/∂a
  double* bend_error(int layer) { return at(7, layer + 1); }
  double* g(int layer) { return at(8, layer + 1); }  ///< ∂ℓ/∂z
  double* g_error(int layer) { return at(9, layer + 1); }
  double* z_error(int layer) { return at(10, layer + 1); }
  double* row_norm(int node) { return at(11, node); }  ///< of A over the tangents
  double* row_error(int node) { return at(12, node); }
  double* s_norm(int layer) { return at(13, layer + 1); }  ///< of ∂z/∂z_l, later of S
  double* s_error(int layer) { return at(14, layer + 1); }
  double* q_norm(int node) { return at(15, node); }  ///< of the adjoint's tangents
  double* q_error(int node) { return at(16, node); }
  double* loss_second() {
    return loss_.data();
  }  ///< softmax p, or the second derivatives: (outputs)
  double* loss_error() { return loss_.data() + loss_.size() / 2; }

  double* a_tangent(int node) { return tangent_at(0, node); }        ///< A: (width, chunk)
  double* s_tangent(int layer) { return tangent_at(1, layer + 1); }  ///< ∂z/∂z_l, later S
  double* q_tangent(int node) { return tangent_at(2, node); }        ///< tangents of the adjoint
  double* scratch() { return scratch_.data(); }                      ///< 16 rows
  double* source_norms() { return source_norms_.data(); }            ///< one row

 private:
  double* at(int kind, int node) {
    return memory_.data() + kind * size_ + offsets_[static_cast<std::size_t>(node)];
  }
  double* tangent_at(int kind, int node) {
    return tangents_.data() + kind * tangent_size_ +
           tangent_offsets_[static_cast<std::size_t>(node)];
  }
  std::uint64_t slice_ = 0;  ///< identity of that whose factors it holds
  std::array<double, NetworkSlice<double>::max_axes> coordinates_{};
  std::int64_t block_ = 0;
  bool by_norms_ = false;

  std::int64_t size_ = 0;
  std::int64_t tangent_size_ = 0;
  std::vector<std::int64_t> offsets_;
  std::vector<std::int64_t> tangent_offsets_;
  std::vector<std::int64_t> chunk_;
  Aligned<double> memory_;
  Aligned<double> tangents_;
  Aligned<double> loss_;
  Aligned<double> scratch_;
  Aligned<double> source_norms_;
};

/// Fills everything that does not depend on a layer's tangents, for the samples of a block, unless
/// the workspace holds it; columns of samples that do not exist are zero.
void primal_factors(const HessianPoint& point, std::int64_t block, FactorWorkspace& work);

/// Fills A and S of layer l, of S_{l,l} the rows [i, k ≤ i], for its neurons k = first … first +
/// tangents − 1.
void tangent_factors(const HessianPoint& point, std::int64_t block, int l, std::int64_t first,
                     std::int64_t tangents, FactorWorkspace& work);

}  // namespace convexscan::cpu
