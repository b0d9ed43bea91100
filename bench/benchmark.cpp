// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "benchmark.hpp"

#include <fmt/format.h>

#include <array>

#include "check.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "files/npz.hpp"
#include "named.hpp"
#include "peak_memory.hpp"
#include "surfaces.hpp"

namespace convexscan::bench {
namespace {

std::string network_text(const Workload& workload, const Problem& problem) {
  return fmt::format("{} {}, N = {}, P = {}{}", workload.mlp, workload.activation, workload.samples,
                     problem.objective.parameter_count(),
                     workload.precision == "float64" ? "" : ", " + workload.precision);
}

/// How many verdicts rest on which stage.
Json settled(const ValueTable& values) {
  Json stages = Json::object();
  const auto found = values.find(Quantity::settled_by);
  if (found == values.end()) return stages;
  for (const double stage : found->second.data) {
    const std::string key(name(static_cast<SettledBy>(static_cast<int>(stage))));
    stages[key] = stages.value(key, 0) + 1;
  }
  return {{"settled_by", stages}};
}

/// What a benchmark on a network keeps from its preparation to its check.
template <class Answers>
struct Held {
  Problem problem;
  std::unique_ptr<Backend> backend;
  Answers answers{};
};

/// Sets what every benchmark on a network says of itself.
template <class Answers>
std::shared_ptr<Held<Answers>> hold(const Workload& workload, const BackendMaker& make_backend,
                                    std::int64_t points, Benchmark& benchmark) {
  auto held = std::make_shared<Held<Answers>>(Held<Answers>{make_problem(workload), nullptr});
  held->backend = make_backend(held->problem.objective, held->problem.precision);
  benchmark.work = work_of_scan(workload, held->problem);
  benchmark.what = network_text(workload, held->problem);
  benchmark.items = static_cast<double>(points > 0 ? points : held->problem.points.count());
  benchmark.item = "point";
  return held;
}

Benchmark prepare_grid(const Workload& workload, const BackendMaker& make_backend) {
  Benchmark benchmark;
  const auto held = hold<ValueTable>(workload, make_backend, 0, benchmark);
  benchmark.run = [held] {
    const Problem& p = held->problem;
    held->answers =
        scan(*held->backend, p.slice, p.points, p.quantities, {}, nullptr, p.options).values;
  };
  benchmark.check = [held] { return check_scan(held->problem, held->answers); };
  benchmark.facts = [held] { return settled(held->answers); };
  benchmark.save = [held](const std::filesystem::path& folder) {
    std::vector<NamedArray> arrays;
    for (const auto& [quantity, values] : held->answers) {
      arrays.push_back({std::string(info(quantity).name),
                        {static_cast<std::int64_t>(values.data.size())},
                        values.data});
    }
    write_npz(folder / "answers.npz", true, arrays);
  };
  return benchmark;
}

Benchmark prepare_segments(const Workload& workload, const BackendMaker& make_backend) {
  Benchmark benchmark;
  const auto held =
      hold<SegmentScan>(workload, make_backend, workload.segments * workload.places, benchmark);
  const std::int64_t count = workload.segments;
  benchmark.run = [held, count] {
    const Problem& p = held->problem;
    held->answers =
        scan_segments(*held->backend, p.objective, p.precision, p.segments(), count, p.places);
  };
  benchmark.check = [held, count] {
    const SegmentResult& result = held->answers.result;
    return check_segments(held->problem, held->problem.segments()(count),
                          result.values.at(Quantity::loss).data, result.derived.front().data);
  };
  benchmark.facts = [held] { return Json{{"violations", held->answers.violations}}; };
  benchmark.save = [held, count](const std::filesystem::path& folder) {
    const std::vector<double>& losses = held->answers.result.values.at(Quantity::loss).data;
    const auto places = static_cast<std::int64_t>(held->problem.places.size());
    write_npz(folder / "answers.npz", true,
              std::vector<NamedArray>{{"loss", {count, places}, losses}});
  };
  return benchmark;
}

Benchmark prepare_envelope(const Workload& workload) {
  struct Surface {
    std::vector<double> heights;
    SurfaceConvexity found;
  };
  const auto held =
      std::make_shared<Surface>(Surface{surface(workload.surface, workload.side), {}});
  const std::int64_t side = workload.side;
  Benchmark benchmark;
  benchmark.work = work_of_envelope(workload);
  benchmark.what = fmt::format("{}, {} x {}, on the CPU", workload.surface, side, side);
  benchmark.items = static_cast<double>(side * side);
  benchmark.item = "point";
  benchmark.run = [held, side] { held->found = surface_convexity({side, side, held->heights}); };
  benchmark.check = [held, side] { return check_envelope(side, held->heights, held->found); };
  benchmark.facts = [] { return Json::object(); };
  benchmark.save = [held, side](const std::filesystem::path& folder) {
    write_npz(folder / "answers.npz", true,
              std::vector<NamedArray>{{"convexity_gap", {side, side}, held->found.gap}});
  };
  return benchmark;
}

Benchmark prepare_spectra(const Workload& workload, DeviceProbe& probe) {
  constexpr std::array<std::string_view, 3> parts{"smallest", "all", "vectors"};
  const auto part =
      static_cast<SpectrumPart>(index_of_name("part of a spectrum", workload.part, parts));
  const std::int64_t n = workload.parameters;
  struct Matrices {
    std::vector<double> matrices;
    DeviceProbe::Spectra spectra;
  };
  const auto held = std::make_shared<Matrices>();
  held->matrices = symmetric_matrices(n, std::min<std::int64_t>(workload.batch(), 3));
  held->spectra = probe.eigenvalues(part, n, held->matrices, workload.batch());
  Benchmark benchmark;
  benchmark.work = work_of_spectra(workload);
  benchmark.what = fmt::format("P = {}, {} matrices", n, workload.batch());
  benchmark.items = static_cast<double>(workload.batch());
  benchmark.item = "matrix";
  benchmark.run = [held] { held->spectra.solve(); };
  benchmark.check = [held, part, n] {
    std::vector<double> vectors;
    if (held->spectra.vectors) vectors = held->spectra.vectors();
    return check_spectra(part, n, held->matrices, held->spectra.values(), vectors);
  };
  benchmark.facts = [] { return Json::object(); };
  benchmark.save = [](const std::filesystem::path&) {};
  return benchmark;
}

/// Says of the outcome what agreed, or what did not.
bool answers_are_right(Ran& ran) {
  try {
    ran.outcome.checked = ran.benchmark.check();
    return true;
  } catch (const Error& error) {
    ran.outcome.status = Outcome::Status::wrong;
    ran.outcome.reason = error.what();
    return false;
  }
}

}  // namespace

Benchmark prepare(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe) {
  Benchmark benchmark = [&] {
    switch (workload.kind) {
      case Kind::segments:
        return prepare_segments(workload, make_backend);
      case Kind::envelope:
        return prepare_envelope(workload);
      case Kind::spectra:
        return prepare_spectra(workload, probe);
      case Kind::grid:
        break;
    }
    return prepare_grid(workload, make_backend);
  }();
  benchmark.activation = parse_activation(workload.activation);
  benchmark.precision = workload.precision == "float32" ? Precision::float32 : Precision::float64;
  return benchmark;
}

Ran run(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe,
        Ceilings* ceilings, const Effort& effort) {
  Ran ran;
  PeakMemory memory;
  try {
    ran.outcome.ready_seconds =
        seconds_of([&] { ran.benchmark = prepare(workload, make_backend, probe); });
    ran.outcome.first_seconds = seconds_of(ran.benchmark.run);
    ran.outcome.peak_bytes = memory.bytes();
    if (!answers_are_right(ran) || ceilings == nullptr) return ran;
    if (ran.outcome.first_seconds > effort.budget) {
      // One more would take the time of all of them: what is known is the first.
      ran.outcome.times.hot.seconds = {ran.outcome.first_seconds};
    } else {
      ran.outcome.times = measure(
          ran.benchmark.run, [&] { ceilings->empty_caches(); }, effort);
      ceilings->free_memory();
    }
  } catch (const std::exception& error) {
    // At any run: a device may have memory for one and, beside what empties caches, for no second.
    ran.outcome.status = Outcome::Status::unavailable;
    ran.outcome.reason = error.what();
    if (ceilings != nullptr) ceilings->free_memory();
    return ran;
  }
  try {
    ran.outcome.floor =
        ceilings->floor(ran.benchmark.work, ran.benchmark.activation, ran.benchmark.precision);
  } catch (const std::exception&) {
    // Times without a share are better than none: a ceiling needs memory beside the workload's.
    ran.outcome.floor = {};
  }
  return ran;
}

}  // namespace convexscan::bench
