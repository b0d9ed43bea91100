// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "convexscan/effective_width.hpp"
#include "convexscan/most_negative_curvature.hpp"
#include "convexscan/result_file.hpp"
#include "convexscan/slope_drop.hpp"
#include "convexscan/train.hpp"

namespace convexscan {

/// The penalty λ·Σ wᵢ(θᵢ − cᵢ)² that is added to an objective.
struct AddedPenalty {
  std::vector<double> weights;  ///< w (parameters), positive, the largest 1
  std::vector<double> centre;   ///< c (parameters)
  std::string description;      ///< "λ‖θ‖²"

  /// Whose eigenvalues decide, after their number: "" for H's own, where all weights are equal,
  /// else " of W^-½HW^-½" with W = diag(w).
  std::string measure() const;
};

/// `--add-penalty l2|l2-graded=V`: wᵢ = 1, or wᵢ = Vⁱ scaled so that the largest is 1. An empty
/// centre is the origin. Throws UsageError, also for weights that span more than ten decades.
AddedPenalty added_penalty(std::string_view text, const std::vector<double>& centre,
                           std::int64_t parameters);

struct ConvexifyOptions {
  std::vector<double> levels{0.0, 1e-3, 0.01, 0.1, 0.5, 1.0, 2.0};  ///< multiples of λ*, ascending
  std::int64_t starts = 8;
  double same_neuron = 1e-3;  ///< the tolerance of effective_widths
  std::uint64_t seed = 0;
  CurvatureSearch search;
  TrainingOptions training;
};

/// What minimising f + λ·penalty from every start gives.
struct ConvexifyLevel {
  double lambda = 0.0;
  /// The smallest eigenvalue of W^{−½}(H + 2λW)W^{−½} seen on the region: that at the witness,
  /// below which no minimiser has one beyond error.
  double smallest_eigenvalue = 0.0;
  std::vector<TrainingResult> ends;             ///< (starts); their loss includes the penalty
  std::vector<double> loss;                     ///< (starts): f alone
  std::vector<double> accuracy;                 ///< (starts), or empty
  std::vector<bool> inside;                     ///< (starts): whether the end is in the region
  std::vector<std::vector<LayerWidth>> widths;  ///< (starts, hidden layers)
  std::size_t best = 0;                         ///< the start with the lowest penalised loss
  double median_distance = 0.0;                 ///< between pairs of ends
  double largest_distance = 0.0;
};

struct ConvexifyResult {
  NegativeCurvature worst;
  /// max(0, −½ worst.value): no smaller λ makes f + λ·penalty convex on the region. A lower limit:
  /// the search may have missed a worse point.
  double lambda_star = 0.0;
  std::optional<SlopeDrop> slope_drop;  ///< proof that no λ at all does
  bool kinks = false;                   ///< whether the objective has any: has_kinks
  /// The term |d|^p, p < 1, of the objective's penalty whose curvature has no lower limit on the
  /// region, where d reaches 0, as "lp=0.5,0.1"; or empty. No λ at all does then.
  std::string unbounded_term;
  std::vector<ConvexifyLevel> levels;  ///< λ = 0 alone when lambda_star is 0
  AddedPenalty penalty;
  std::string region;                             ///< for people
  RegionShape shape;                              ///< from which the region can be made again
  std::vector<std::pair<double, double>> bounds;  ///< (parameters): SearchRegion::range of each
  double same_neuron = 0.0;
  Provenance provenance;
};

/// Told what is being done and how much of it is.
using ConvexifyProgress =
    std::function<void(const std::string& what, std::int64_t done, std::int64_t whole)>;

/// Finds λ* on the region and what minimising f + λ·penalty leaves of the network at multiples of
/// it. Every level starts from the same points of the region, its middle first, and once more from
/// the ends of the next larger λ: no start's penalised loss falls as λ rises. Where a minimiser
/// curves down more than the witness, the search goes on from it, λ* is raised and the levels are
/// done again, up to eight times. Curvature within its error bound counts as none.
///
/// Throws Interrupted when stop was set, Error where the loss is finite at no start.
ConvexifyResult convexify(Backend& backend, const Objective& objective, const SearchRegion& region,
                          const AddedPenalty& penalty, const ConvexifyOptions& options,
                          const ConvexifyProgress& progress = {},
                          const std::atomic<bool>* stop = nullptr);

/// netCDF-4 with dimensions level, start, layer, parameter and pair of witness; as for a grid.
void write_result(const std::filesystem::path& path, const ConvexifyResult& result, bool overwrite);

}  // namespace convexscan
