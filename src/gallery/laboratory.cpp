// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/laboratory.hpp"

#include <fmt/format.h>

#include <limits>

#include "convexscan/directions.hpp"
#include "convexscan/grid_gap.hpp"
#include "files/file_bytes.hpp"
#include "files/npz.hpp"

namespace convexscan {
namespace {

/// Points on a random segment, and on one that is drawn for itself.
constexpr std::int64_t random_places = 33;
constexpr std::int64_t single_places = 129;

std::string names_of(const QuantitySet& quantities) {
  std::vector<std::string_view> names;
  for (const Quantity quantity : quantities) names.push_back(info(quantity).name);
  return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

const std::vector<double>& PlaneScan::values(Quantity quantity) const {
  return result.values.at(quantity).data;
}

double SegmentsScan::least_real_of(const WorstPlace& place) const {
  return place.segment >= 0 ? place.least_real : least_real();
}

double SegmentsScan::least_real() const {
  return scan.undecided > 0 ? std::numeric_limits<double>::infinity() : scan.least_real;
}

std::string Laboratory::file_name(std::string_view name, std::string_view extension) const {
  return fmt::format("{:02}-{}.{}", row_, name, extension);
}

Dataset Laboratory::keep(std::string_view name, Dataset data) {
  data.source = file_name(name, "npz");
  const std::vector<NamedArray> arrays{{"x", {data.samples, data.features}, data.inputs},
                                       {"y", {data.samples, data.target_width}, data.targets}};
  write_npz(path(data.source), settings_.overwrite, arrays);
  data.hash = sha256(read_file(path(data.source).string()));
  return data;
}

std::string Laboratory::keep(std::string_view name, const std::vector<double>& theta) {
  std::string file = file_name(name, "npz");
  save_weights(path(file).string(), theta, settings_.overwrite);
  return file;
}

std::string Laboratory::keep_ends(std::string_view name, const std::vector<TrainingResult>& ends,
                                  const std::vector<NamedValues>& further) {
  std::string file = file_name(name, "npz");
  save_starts(path(file).string(), ends, settings_.overwrite, further);
  return file;
}

void Laboratory::keep_table(std::string_view name, const std::vector<NamedValues>& columns) {
  std::vector<NamedArray> arrays;
  for (const auto& [key, values] : columns) {
    arrays.push_back({key, {static_cast<std::int64_t>(values.size())}, values});
  }
  write_npz(path(file_name(name, "npz")), settings_.overwrite, arrays);
}

Subject Laboratory::network(const NetworkChoice& choice, const Dataset& data,
                            std::vector<double> theta, std::string_view weights_name) {
  std::string file = keep(weights_name, theta);
  return network_subject(choice, data, std::move(theta), std::move(file));
}

Subject Laboratory::at(Subject subject, std::vector<double> theta, std::string_view weights_name) {
  subject.weights_file = keep(weights_name, theta);
  subject.theta = std::move(theta);
  return subject;
}

void Laboratory::describe(const Subject& subject, const Label& label, std::string command,
                          Provenance& p) const {
  p = settings_.provenance;
  p.command_line = std::move(command);
  p.comment = fmt::format("{}. {}", row_, label.caption);
  p.precision = "float64";
  p.model = subject.model_source;
  p.model_hash = sha256(subject.model_source);
  if (const NetworkTask* network = subject.objective.network()) p.data_hash = network->data_hash;
  p.objective = subject.objective.description();
  std::vector<std::string> terms;
  for (const PenaltyTerm& term : subject.objective.penalty.terms) {
    terms.push_back(description(term));
  }
  p.penalty = fmt::format("{}", fmt::join(terms, " + "));
  p.parameters_subset = subject.objective.subset_name;
}

PlaneScan Laboratory::plane(const Subject& subject, const PlaneChoice& choice,
                            const QuantitySet& quantities, const Label& label) {
  const bool random = choice.axes.empty();
  const Plane plane =
      random ? random_plane(subject.objective, subject.theta, 2, Normalization::none, choice.seed)
             : axis_plane(subject.objective, subject.theta, choice.axes);
  const bool flat = plane.slice.axes() == 1;
  const Axis x{-choice.reach, choice.reach, points()};
  const Axis y = flat ? Axis{0.0, 0.0, 1} : x;
  const Points places = flat ? line(x) : grid(x, y);
  const std::unique_ptr<Backend> here = backend(subject);
  EvaluationOptions evaluation;
  evaluation.grid = flat ? std::vector{x} : std::vector{x, y};
  const ScanResult scanned =
      convexscan::scan(*here, plane.slice, places, quantities, {}, settings_.stop, evaluation);

  PlaneScan found{{}, file_name(label.file, "nc")};
  GridResult& result = found.result;
  result.x = x.values();
  result.y = y.values();
  result.values = scanned.values;
  result.slice = plane.slice;
  result.markers.push_back({Marker::Kind::point, "centre", 0.0, 0.0, 0.0});
  const std::string directions = random
                                     ? fmt::format("random --normalize none --seed {}", choice.seed)
                                     : fmt::format("axis:{}", fmt::join(choice.axes, ","));
  const std::string range = fmt::format("{}:{}:{}", -choice.reach, choice.reach, points());
  describe(subject, label,
           fmt::format("convexscan grid {} --directions {} --x {}{} --quantities {} --output {}",
                       subject.options(), directions, range, flat ? "" : " --y " + range,
                       names_of(quantities), found.file),
           result.provenance);
  result.provenance.device = here->device();
  result.provenance.directions = plane.description;
  result.provenance.seed = choice.seed;
  result.provenance.elapsed_seconds = scanned.elapsed_seconds;
  if (quantities.contains(Quantity::loss)) {
    add_convexity_gap(subject.objective, Precision::float64, places, result);
  }
  write_result(path(found.file), result, settings_.overwrite);
  return found;
}

SegmentsScan Laboratory::scan(const Subject& subject, const SegmentSource& source,
                              std::int64_t count, std::int64_t places, std::uint64_t seed,
                              std::string words, const Label& label) {
  const std::unique_ptr<Backend> here = backend(subject);
  SegmentsScan found{scan_segments(*here, subject.objective, Precision::float64, source, count,
                                   Axis{0.0, 1.0, places}.values(), {}, settings_.stop),
                     file_name(label.file, "nc")};
  SegmentResult& result = found.scan.result;
  describe(subject, label,
           fmt::format("convexscan segments {} {} --points {} --output {}", subject.options(),
                       words, places, found.file),
           result.provenance);
  result.provenance.device = here->device();
  result.provenance.seed = seed;
  result.provenance.directions = std::move(words);
  result.provenance.elapsed_seconds = found.scan.elapsed_seconds;
  write_result(path(found.file), result, settings_.overwrite);
  return found;
}

SegmentsScan Laboratory::random(const Subject& subject, std::string_view region, std::uint64_t seed,
                                const Label& label) {
  return scan(subject,
              random_segments(subject.objective, subject.theta, parse_region(region), seed),
              segments(), random_places, seed,
              fmt::format("--region {} --count {} --seed {}", region, segments(), seed), label);
}

SegmentsScan Laboratory::between(const Subject& subject, const std::vector<double>& from,
                                 const std::vector<double>& to, const Label& label) {
  const std::string first = keep(fmt::format("{}-from", label.file), from);
  const std::string last = keep(fmt::format("{}-to", label.file), to);
  Subject without_weights = subject;
  without_weights.weights_file.clear();
  return scan(without_weights, given_segment(from, to), 1, single_places, 0,
              fmt::format("--from {} --to {}", first, last), label);
}

SegmentsScan Laboratory::to_twin(const Subject& subject, std::string_view symmetry,
                                 std::uint64_t seed, const Label& label) {
  const Twin other =
      twin(subject.objective.network()->model, subject.theta, parse_symmetry(symmetry), seed);
  return scan(subject, given_segment(subject.theta, other.theta), 1, single_places, seed,
              fmt::format("--twin {} --seed {}", symmetry, seed), label);
}

SegmentScan Laboratory::look(const Subject& subject, const Segments& segments) {
  std::int64_t next = 0;
  const SegmentSource source = [&](std::int64_t count) {
    const auto numbers = static_cast<std::ptrdiff_t>(2 * segments.parameters);
    const auto first = segments.ends.begin() + next * numbers;
    next += count;
    return Segments{segments.parameters, {first, first + count * numbers}};
  };
  return scan_segments(*backend(subject), subject.objective, Precision::float64, source,
                       segments.count(), Axis{0.0, 1.0, random_places}.values(), {},
                       settings_.stop);
}

TrainingResult Laboratory::minimise(const Subject& subject, const TrainingOptions& options) {
  return train(*backend(subject), subject.objective, subject.theta, options,
               [this](int, std::span<const double>, double, double) { return !stopped(); });
}

}  // namespace convexscan
