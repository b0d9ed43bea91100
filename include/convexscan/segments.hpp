// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/result_file.hpp"
#include "convexscan/scan.hpp"

namespace convexscan {

/// Where random segments have their ends, each drawn for itself and uniformly, around a centre c:
/// box: |θᵢ − cᵢ| ≤ R; ball: ‖θ − c‖ ≤ R; nonnegative: the part with θ ≥ 0 of the box around
/// max(c, 0). Parameters outside the scanned subset stay at the centre.
struct Region {
  enum class Kind { box, ball, nonnegative } kind = Kind::box;
  double radius = 1.0;
};

/// Throws UsageError unless the text is box:R, ball:R or nonnegative:R with a positive R.
Region parse_region(std::string_view text);

/// The next count segments. Sources give the same ones whatever counts they are asked for.
using SegmentSource = std::function<Segments(std::int64_t count)>;

/// The same for a seed on every machine.
SegmentSource random_segments(const Objective& objective, std::span<const double> centre,
                              Region region, std::uint64_t seed);

/// One given segment, once.
SegmentSource given_segment(std::span<const double> from, std::span<const double> to);

/// Segments from one point to each of others, once.
SegmentSource segments_from(std::span<const double> from,
                            const std::vector<std::vector<double>>& others);

/// Two points of a grid, by their numbers row by row.
struct Chord {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Chords between pairs of different points: every pair once where that makes at most count, else
/// count pairs drawn uniformly, the same for a seed on every machine. Throws Error for fewer than
/// two points.
std::vector<Chord> chords_between(const std::vector<std::int64_t>& points, std::int64_t count,
                                  std::uint64_t seed);

/// Chords of the grid x, y on a slice, one after the other.
SegmentSource grid_chords(Slice slice, std::vector<double> x, std::vector<double> y,
                          std::vector<Chord> chords);

/// A change of the weights that leaves the network's function as it is.
enum class Symmetry {
  permute,  ///< two hidden neurons of a layer change places
  flip,     ///< the weights into and out of a neuron with an odd activation change signs
  rescale,  ///< the weights into a positively homogeneous unit are multiplied, those out of it
            ///< divided
};

/// Throws UsageError with the near miss.
Symmetry parse_symmetry(std::string_view text);

struct Twin {
  std::vector<double> theta;
  std::string description;  ///< "hidden neurons 3 and 7 of layer 1 change places"
};

/// Draws what is changed from the seed. Throws UsageError when the network has no such neuron; one
/// whose layer is the end of a skip connection is none.
Twin twin(const Model& model, std::span<const double> theta, Symmetry symmetry, std::uint64_t seed);

/// Where some gap is largest: among those beyond rounding if there are such, else among all.
struct WorstPlace {
  std::int64_t segment = -1;  ///< where there is none
  double t = 0.0;
  double value = 0.0;
  double least_real = 0.0;  ///< the segment's: gaps up to this may be rounding alone

  bool real() const { return value > least_real; }
};

struct SegmentScan {
  SegmentResult result;               ///< without provenance
  std::int64_t violations = 0;        ///< segments that are not convex beyond rounding
  std::int64_t quasi_violations = 0;  ///< … nor quasi-convex
  std::int64_t undecided = 0;         ///< segments with fewer than 3 finite points or an infinite
                                      ///< rounding bound: they are no trials
  std::int64_t not_finite = 0;        ///< points
  WorstPlace gap;                     ///< of the decided segments
  WorstPlace quasi_gap;               ///< likewise
  WorstPlace barrier;                 ///< of all
  double least_real = 0.0;            ///< the largest that rounding may have made of a zero
  double elapsed_seconds = 0.0;
  std::string loss_path;  ///< of the first segment, see Evaluator::loss_path
};

/// Scans count segments at places t, from 0 to 1 and equally spaced. A segment violates convexity
/// when a point is above its chord by more than rounding can explain (rounding_bound_between), so
/// none does where the objective is convex. Segments of which nothing can be said are undecided:
/// their least_real_gap in the result is infinite.
SegmentScan scan_segments(Backend& backend, const Objective& objective, Precision precision,
                          const SegmentSource& source, std::int64_t count,
                          std::span<const double> t, const Progress& progress = {},
                          const std::atomic<bool>* stop = nullptr);

/// What trials allow to say of the chance of one, each limit with the given confidence (Clopper &
/// Pearson 1934): it is at most the upper, and at least the lower limit. With none found the upper
/// limit is 1 − (1 − confidence)^{1/trials}.
struct ConfidenceLimits {
  double lower = 0.0;
  double upper = 1.0;
};
ConfidenceLimits confidence_limits(std::int64_t found, std::int64_t trials, double confidence);

}  // namespace convexscan
