// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cpu/point_curvature.hpp"
#include "cuda/blocked_solver.hpp"
#include "cuda/directional_curvature.hpp"
#include "cuda/eigen_solver.hpp"
#include "cuda/isolated_solver.hpp"
#include "cuda/network_hessian.hpp"
#include "cuda/packed_solver.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cuda {

/// How much of a spectrum is computed, and whether our own kernels may.
enum class SpectrumMethod {
  library,   ///< all of it, by cuSOLVER
  own,       ///< all of it; on chip where the matrices fit
  smallest,  ///< λ_min alone, and all of it where that is not isolated
};

/// Assembled Hessians and their spectra for a group of points at once.
class DenseCurvature {
 public:
  /// All but quantities must outlive it.
  DenseCurvature(const Objective& objective, const NetworkData<double>& data,
                 const DeviceContext& context, const Slice& slice, const QuantitySet& quantities,
                 SpectrumMethod method);

  std::int64_t size() const { return hessian_.size(); }
  std::int64_t parameters() const { return data_.parameters; }
  std::int64_t layers() const { return static_cast<std::int64_t>(layers_.size()); }
  bool is_on_chip() const { return on_chip_ && !isolated_; }
  std::int64_t bytes_per_point() const;
  void reserve(std::int64_t group);

  /// All that is asked for.
  std::vector<cpu::PointCurvature> at(std::span<const double> coordinates, std::int64_t points);

  /// The same for what follows from the smallest eigenvalue, found alone where it can be.
  std::vector<cpu::PointCurvature> smallest_at(std::span<const double> coordinates,
                                               std::int64_t points);

  /// The verdict alone: from the diagonal, then from a Cholesky factorisation, then from the
  /// eigenvalues of the matrices that these leave over.
  std::vector<cpu::PointCurvature> verdicts_at(std::span<const double> coordinates,
                                               std::int64_t points);

  /// Curvature along directions, in memory shared with the matrices.
  DirectionalCurvature& directional() { return directional_; }

  /// The eigenvectors of the smallest eigenvalues at the points; false when a matrix is not finite
  /// or did not converge.
  bool smallest_vectors(std::span<const double> coordinates, std::int64_t points,
                        PointDirections& directions);

 private:
  /// What is known of the assembled matrices: each (points).
  struct Assembled {
    std::vector<double> bound;
    std::vector<double> norm;
    std::vector<double> trace;
    std::vector<double> trace_error;
    std::vector<double> least;  ///< smallest entries on the diagonals, if asked for
  };
  Assembled assemble(std::span<const double> coordinates, std::int64_t points,
                     bool with_least = false);

  /// What is taken of each point's spectrum, from what extract has left in matrices_.
  struct Spectrum {
    double smallest;
    double second;  ///< smallest where there is one alone
    cpu::SpectrumSummary summary;
  };
  /// thresholds (points) are those of the counts; with vectors, smallest_ points at the
  /// eigenvectors. NaN where the solver failed.
  std::vector<Spectrum> spectra(std::int64_t size, std::span<const double> thresholds,
                                bool vectors);
  std::vector<Spectrum> library_spectra(std::int64_t size, std::span<const double> thresholds,
                                        bool vectors);

  /// Verdicts of those matrices that their diagonal leaves over; returns what is left then.
  std::vector<std::int32_t> settle_by_factors(const Assembled& assembled,
                                              std::span<const std::int32_t> left,
                                              std::vector<cpu::PointCurvature>& curvatures);
  void settle_by_eigenvalues(const Assembled& assembled, std::span<const std::int32_t> left,
                             std::vector<cpu::PointCurvature>& curvatures);
  std::vector<double> smallest_of(std::span<const std::int32_t> left,
                                  std::span<const double> errors, std::int64_t points);
  /// What λ_min alone says of each point; nothing where it is not isolated.
  std::vector<std::optional<cpu::PointCurvature>> isolated(std::span<const double> coordinates,
                                                           std::int64_t points);
  double error_of(const Assembled& assembled, std::size_t point) const;

  void scatter(std::int64_t points, PointDirections& directions);
  /// Eigenvalues and what follows from them, of the matrices that assemble has left.
  void take_spectra(std::span<const double> coordinates,
                    std::vector<cpu::PointCurvature>& curvatures);
  void layer_eigenvalues(std::vector<cpu::PointCurvature>& curvatures);
  void take_vectors(std::vector<cpu::PointCurvature>& curvatures);
  void withhold_at_kinks(std::vector<cpu::PointCurvature>& curvatures) const;
  void weighted_l2(const Assembled& assembled, std::vector<cpu::PointCurvature>& curvatures);
  void refine(std::span<const double> coordinates, std::span<const Spectrum> spectra,
              std::vector<cpu::PointCurvature>& curvatures);

  const Objective& objective_;
  const NetworkData<double>& data_;
  const DeviceContext& context_;
  const QuantitySet quantities_;
  const std::vector<double> weights_;
  const bool equal_weights_;
  std::vector<cpu::Rows> layers_;
  SampleFactors factors_;
  NetworkHessian hessian_;
  DirectionalCurvature directional_;
  const shared::UnderflowBound underflow_;
  EigenSolver solver_;
  PackedSolver packed_;
  BlockedSolver blocked_;
  std::optional<IsolatedSolver> isolated_;  ///< for λ_min alone
  const bool on_chip_;
  const bool in_blocks_;  ///< factorisations at least are our own
  DeviceBuffer<std::int64_t> subset_;
  DeviceBuffer<double> matrices_;
  DeviceBuffer<double> values_;
  DeviceBuffer<int> failed_;
  DeviceBuffer<double> statistics_;      ///< (3, points): norms, traces, smallest diagonal entries
  DeviceBuffer<double> packed_vectors_;  ///< (points, size)
  const double* smallest_ = nullptr;     ///< eigenvectors of the smallest eigenvalues,
  std::int64_t smallest_stride_ = 0;     ///< from point to point
  PointDirections vectors_;
};

}  // namespace convexscan::cuda
