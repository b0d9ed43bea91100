// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "convexscan/quantity.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

/// What it takes to make the numbers again; the global attributes of a result file.
struct Provenance {
  std::string command_line;
  std::string comment;  ///< what the result shows, in words; empty where nobody said
  std::string created;  ///< ISO 8601, UTC
  std::string version;
  std::string device;
  std::string precision;
  std::string model;
  std::string model_hash;
  std::string data_hash;
  std::string objective;
  std::string penalty;
  std::string parameters_subset;
  std::string loss_path;           ///< see Evaluator::loss_path
  std::string eigensolver;         ///< EigensolverChoice::described(); empty where none was needed
  std::string eigensolver_reason;  ///< why it was chosen
  std::string directions;  ///< how the axes were chosen: "eigen", "random, filter-normalized"
  std::uint64_t seed = 0;
  double elapsed_seconds = 0.0;  ///< the scan alone
};

/// A named place on the plane. Places of the trajectory are joined in their order.
struct Marker {
  enum class Kind : std::int8_t { point, trajectory } kind = Kind::point;
  std::string name;
  double x = 0.0;
  double y = 0.0;
  double out_of_plane = 0.0;  ///< distance of the real place from its projection (x, y)
};

/// A map worked out from finished values, such as the convexity gap.
struct DerivedMap {
  std::string name;
  std::string long_name;
  std::vector<double> data;  ///< (y, x) of a grid, (segment, t) or (segment) of segments
  double least_real = 0.0;   ///< values up to this may be rounding alone; 0 where that is not known
};

/// One of the places that prove the largest convexity gap: first the one that lies above, with
/// weight −1, then up to three whose combination it lies above. So Σ weight·(x, y) = 0, and the gap
/// is −Σ weight·loss.
struct GapPlace {
  double x = 0.0;
  double y = 0.0;
  double weight = 0.0;
};

/// A scanned plane, or a line when y has one value.
struct GridResult {
  std::vector<double> x;
  std::vector<double> y;
  ValueTable values;  ///< points row by row: (y, x, components)
  std::vector<DerivedMap> derived;
  Slice slice;
  std::vector<Marker> markers;
  std::vector<GapPlace> gap_witness;  ///< empty where there is no gap beyond rounding
  Provenance provenance;

  std::int64_t points() const { return static_cast<std::int64_t>(x.size() * y.size()); }
};

/// Points whose loss is NaN or infinite; where there is no loss, points with any such value.
std::int64_t not_finite_points(const GridResult& result);

/// Writes netCDF-4 that follows CF-1.10; NaN and infinities stay as they are, except that a verdict
/// is a byte and a NaN verdict is written as undecided. The file is made in memory first: peak
/// memory is about twice the result. Throws Error when values do not have the grid's size, the file
/// exists, or the disk is full.
void write_result(const std::filesystem::path& path, const GridResult& result, bool overwrite);

/// Throws Error when the file is missing, damaged, or not a grid result.
GridResult read_result(const std::filesystem::path& path);

/// Scanned line segments with the same places t on each; 0 and 1 are the ends.
struct SegmentResult {
  std::int64_t segments = 0;
  std::vector<double> t;
  ValueTable values;                    ///< (segment, t, components)
  std::vector<DerivedMap> derived;      ///< (segment, t): convexity_gap, quasi_convexity_gap
  std::vector<DerivedMap> per_segment;  ///< (segment): barrier
  std::vector<double> witness;          ///< (segment, 3): t of a left, middle and right point whose
                                ///< losses prove non-convexity, NaN where there is none; or empty
  std::vector<std::string> labels;  ///< (segment): what each one is, or empty
  std::vector<double> ends;         ///< (segment, 2, parameters); empty where it would be too large
  std::int64_t worst = -1;  ///< the segment with the largest gap beyond rounding; −1 for none
  std::vector<double> worst_ends;  ///< (2, parameters): its ends
  Provenance provenance;
};

/// As for a grid.
void write_result(const std::filesystem::path& path, const SegmentResult& result, bool overwrite);
SegmentResult read_segments(const std::filesystem::path& path);

/// "grid", "segments" or "convexify". Throws Error when the file is none of them.
std::string kind_of_result(const std::filesystem::path& path);

}  // namespace convexscan
