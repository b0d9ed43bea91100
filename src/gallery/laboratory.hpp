// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/gallery.hpp"
#include "convexscan/segments.hpp"
#include "convexscan/train.hpp"
#include "convexscan/weights.hpp"
#include "gallery/subject.hpp"

namespace convexscan {

/// What a result file is called, after the row's number, and what its picture shows.
struct Label {
  std::string file;
  std::string caption;
};

/// A plane through a subject's point: along two of its parameters (or one), or in two random
/// directions.
struct PlaneChoice {
  std::vector<std::int64_t> axes;  ///< empty for random directions
  double reach = 1.0;              ///< coordinates run from −reach to reach
  std::uint64_t seed = 0;          ///< of random directions
};

/// A scanned plane, and the file that holds it.
struct PlaneScan {
  GridResult result;
  std::string file;

  const std::vector<double>& values(Quantity quantity) const;

  /// The index of the point in the middle: the subject's own.
  std::size_t middle() const { return result.values.begin()->second.data.size() / 2; }
};

/// Scanned segments, and the file that holds them.
struct SegmentsScan {
  SegmentScan scan;
  std::string file;

  /// What rounding may have made of the largest gap.
  double least_real_of(const WorstPlace& place) const;

  /// Of every segment; infinite where one cannot be decided.
  double least_real() const;
};

/// Runs the experiments of one row and keeps what they find.
class Laboratory {
 public:
  Laboratory(const GallerySettings& settings, int row) : settings_(settings), row_(row) {}

  std::int64_t segments() const { return settings_.segments; }
  std::int64_t points() const { return settings_.points; }
  std::int64_t starts() const { return settings_.starts; }
  bool stopped() const { return settings_.stop != nullptr && settings_.stop->load(); }

  /// Writes data to a file, under whose name they are used from then on.
  Dataset keep(std::string_view name, Dataset data);

  /// Writes weights to a file and gives its name.
  std::string keep(std::string_view name, const std::vector<double>& theta);

  /// Writes the ends of many minimisations, and gives the file's name.
  std::string keep_ends(std::string_view name, const std::vector<TrainingResult>& ends,
                        const std::vector<NamedValues>& further);

  /// Writes columns of one length.
  void keep_table(std::string_view name, const std::vector<NamedValues>& columns);

  Subject network(const NetworkChoice& choice, const Dataset& data, std::vector<double> theta,
                  std::string_view weights_name = "weights");

  /// The same objective at other weights.
  Subject at(Subject subject, std::vector<double> theta, std::string_view weights_name);

  PlaneScan plane(const Subject& subject, const PlaneChoice& choice, const QuantitySet& quantities,
                  const Label& label);

  /// Random segments around the subject's point, as many as the settings say.
  SegmentsScan random(const Subject& subject, std::string_view region, std::uint64_t seed,
                      const Label& label);

  /// The segment between two points.
  SegmentsScan between(const Subject& subject, const std::vector<double>& from,
                       const std::vector<double>& to, const Label& label);

  /// The segment to a twin of the same function: "permute", "flip" or "rescale".
  SegmentsScan to_twin(const Subject& subject, std::string_view symmetry, std::uint64_t seed,
                       const Label& label);

  /// Segments that are looked through and not kept.
  SegmentScan look(const Subject& subject, const Segments& segments);

  TrainingResult minimise(const Subject& subject, const TrainingOptions& options);

  std::unique_ptr<Backend> backend(const Subject& subject) const {
    return settings_.backend(subject.objective);
  }

  /// "04-data.npz".
  std::string file_name(std::string_view name, std::string_view extension) const;

 private:
  void describe(const Subject& subject, const Label& label, std::string command,
                Provenance& provenance) const;
  SegmentsScan scan(const Subject& subject, const SegmentSource& source, std::int64_t count,
                    std::int64_t places, std::uint64_t seed, std::string words, const Label& label);
  std::filesystem::path path(const std::string& file) const { return settings_.folder / file; }

  const GallerySettings& settings_;
  int row_;
};

}  // namespace convexscan
