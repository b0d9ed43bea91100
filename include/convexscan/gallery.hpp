// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/result_file.hpp"

namespace convexscan {

/// What a measurement says of a claim; undecided when its error bound does not allow more.
enum class Answer { undecided, yes, no };

/// One measurement and the claim that it decides.
struct Finding {
  enum class Role {
    claim,            ///< part of the statement
    counter_example,  ///< something that the statement leaves out or gets wrong
    remark,           ///< context, on which the verdict does not rest
  } role = Role::claim;
  std::string claim;
  Answer answer = Answer::undecided;
  std::string measure;  ///< what the number is: "smallest eigenvalue"
  double number = 0.0;
  double bound = 0.0;    ///< of the number's error, or what rounding may have made of a zero
  std::string evidence;  ///< what was tried: "0 of 1000 segments violate, so at most …"; or empty
  std::string file;      ///< the witness, in the gallery's folder
};

/// What becomes of a statement.
enum class GalleryVerdict {
  undecided,  ///< some finding is
  holds,      ///< every claim is true, and there is no counter-example
  in_part,    ///< some claims are true, or all are but a counter-example shows where it ends
  fails,      ///< no claim is true
};
std::string_view name(GalleryVerdict verdict);

/// By what GalleryVerdict says of claims and counter-examples; remarks decide nothing.
GalleryVerdict verdict_of(std::span<const Finding> findings);

/// A row that was run.
struct GalleryOutcome {
  GalleryVerdict verdict = GalleryVerdict::undecided;
  std::vector<Finding> findings;
  std::string conclusion;  ///< what to say instead, or why; one sentence
  double elapsed_seconds = 0.0;
};

/// Where and how large the experiments are.
struct GallerySettings {
  std::function<std::unique_ptr<Backend>(const Objective&)> backend;  ///< in float64
  std::filesystem::path folder;  ///< for the witness files; made where it is missing
  bool overwrite = false;
  Provenance provenance;         ///< version and time, for the files
  std::int64_t segments = 1000;  ///< random segments that a claim is tried on
  std::int64_t points = 41;      ///< along each axis of a plane; odd
  std::int64_t starts = 24;      ///< minimisations from different weights
  const std::atomic<bool>* stop = nullptr;
};

class Laboratory;

/// A statement about the convexity of a network's cost, and the experiment that decides it. Every
/// experiment has its own fixed seed; the mathematics is beside its code.
struct GalleryRow {
  int number;
  std::string_view statement;
  GalleryOutcome (*experiment)(Laboratory&);
};

/// All of them, in order.
std::span<const GalleryRow> gallery();

/// Runs one row. Its results and what they were made from go to the folder as "02-saddle.nc" and
/// the like: every result holds the command that makes it again there.
/// Throws Error when a file cannot be written, and Interrupted.
GalleryOutcome run(const GalleryRow& row, const GallerySettings& settings);

}  // namespace convexscan
