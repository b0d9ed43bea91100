// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace convexscan::bench {

/// Keeps the order of what is read and written.
using Json = nlohmann::ordered_json;

/// What a benchmark measures.
enum class Kind {
  grid,      ///< a scan of side × side points of a plane
  segments,  ///< a scan of random segments, with the convexity gap of each
  envelope,  ///< the convexity gap of a finished side × side surface
  spectra,   ///< the eigensolver alone on random matrices
};

/// One row of bench/workloads.json with one value chosen on each of its axes.
struct Workload {
  std::string benchmark;  ///< the row's name
  std::string name;       ///< the row's name with the axes' values: "scaling-points side=41"
  Kind kind = Kind::grid;
  std::string mlp;  ///< widths, as for --mlp
  std::string activation = "tanh";
  std::string loss = "mse";
  std::int64_t samples = 0;
  std::int64_t side = 2;  ///< points of a grid or surface on each axis
  std::string quantities = "loss";
  std::string precision = "float64";
  std::string eigensolver = "auto";
  std::int64_t lanczos_steps = 100;
  std::int64_t train = 0;  ///< iterations of training before the scan, on the CPU
  std::int64_t segments = 0;
  std::int64_t places = 0;        ///< points of a segment
  std::int64_t parameters = 0;    ///< rows of a matrix of Kind::spectra
  std::int64_t elements = 0;      ///< numbers in a batch of matrices, roughly
  std::string surface = "waves";  ///< of Kind::envelope: a name from surfaces.cpp
  std::string part = "all";       ///< of the spectrum: smallest, all, vectors
  Json row;                       ///< all of this as it was read, for whoever runs it elsewhere

  bool for_cpu() const { return benchmark.ends_with("-cpu"); }

  /// Matrices in a batch.
  std::int64_t batch() const;
};

/// Every row of the table, with "like" resolved and axes multiplied out, first axis slowest. In a
/// row, "side", "samples", "width" (for {width} in mlp) and every other field can be an axis.
/// Throws Error naming the row for an unknown field or a missing one.
std::vector<Workload> workloads(const Json& table);

/// The table that the program was built with.
Json built_in_table();

/// The same workload, small enough to run in well under a second; for each axis of numbers only
/// its first value is kept.
std::vector<Workload> quick(const std::vector<Workload>& workloads);

}  // namespace convexscan::bench
