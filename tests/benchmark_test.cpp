// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "benchmark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include "check.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "peak_memory.hpp"
#include "report.hpp"
#include "surfaces.hpp"

namespace convexscan::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The one small workload of a row.
Workload small(const std::string& row) {
  const std::vector<Workload> all = workloads(Json::parse("[" + row + "]"));
  EXPECT_EQ(all.size(), 1U);
  return all.front();
}

constexpr const char* losses = R"({"name": "a", "mlp": "2-3-1", "samples": 20, "side": 4})";
constexpr const char* curvature = R"({"name": "b", "mlp": "2-3-1", "samples": 20, "side": 3,
                                      "quantities": "min_eigenvalue,negative_count,verdict"})";
constexpr const char* lines = R"({"name": "c", "kind": "segments", "mlp": "2-3-1", "samples": 20,
                                  "segments": 4, "places": 9})";

/// A backend whose losses are off by a millionth.
class Liar final : public Backend {
 public:
  explicit Liar(std::unique_ptr<Backend> honest) : honest_(std::move(honest)) {}

  std::string device() const override { return honest_->device(); }
  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    return std::make_unique<LyingEvaluator>(honest_->evaluator(slice, quantities, options));
  }
  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return honest_->gradient(theta, gradient);
  }

 private:
  class LyingEvaluator final : public Evaluator {
   public:
    explicit LyingEvaluator(std::unique_ptr<Evaluator> honest) : honest_(std::move(honest)) {}
    std::int64_t points_per_tile() const override { return honest_->points_per_tile(); }
    ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
      ValueTable table = honest_->evaluate(coordinates, points);
      for (double& value : table[Quantity::loss].data) value *= 1.0 + 1e-6;
      return table;
    }

   private:
    std::unique_ptr<Evaluator> honest_;
  };

  std::unique_ptr<Backend> honest_;
};

std::unique_ptr<Backend> honest(const Objective& objective, Precision precision) {
  return make_backend("cpu", objective, precision);
}

std::unique_ptr<Backend> lying(const Objective& objective, Precision precision) {
  return std::make_unique<Liar>(honest(objective, precision));
}

TEST(Benchmarks, WrongAnswersAreSaidAndNotTimed) {
  const auto probe = make_device_probe("cpu");
  Ceilings ceilings(*probe);
  for (const char* row : {losses, lines}) {
    const Ran ran = run(small(row), lying, *probe, &ceilings, {});
    EXPECT_EQ(ran.outcome.status, Outcome::Status::wrong);
    EXPECT_THAT(ran.outcome.reason, HasSubstr("wrong loss at"));
    EXPECT_TRUE(ran.outcome.times.hot.seconds.empty());
    EXPECT_EQ(run(small(row), honest, *probe, nullptr, {}).outcome.status, Outcome::Status::done);
  }
}

/// A backend that has memory for a few scans only.
class Exhausted final : public Backend {
 public:
  Exhausted(std::unique_ptr<Backend> honest, int scans)
      : honest_(std::move(honest)), left_(scans) {}

  std::string device() const override { return honest_->device(); }
  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    if (left_-- == 0) throw Error("the device's memory is used up");
    return honest_->evaluator(slice, quantities, options);
  }
  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return honest_->gradient(theta, gradient);
  }

 private:
  std::unique_ptr<Backend> honest_;
  int left_;
};

TEST(Benchmarks, ARunThatFailsWhileItIsTimedIsNotAvailableAndEndsNothing) {
  const auto probe = make_device_probe("cpu");
  Ceilings ceilings(*probe);
  for (const int scans : {0, 1, 2}) {  // fails in the first run, a cold one, a hot one
    const BackendMaker exhausted = [&](const Objective& objective, Precision precision) {
      return std::make_unique<Exhausted>(honest(objective, precision), scans);
    };
    const Ran ran = run(small(losses), exhausted, *probe, &ceilings, {});
    EXPECT_EQ(ran.outcome.status, Outcome::Status::unavailable) << scans;
    EXPECT_EQ(ran.outcome.reason, "the device's memory is used up");
    EXPECT_THAT(line_of(small(losses), ran), HasSubstr("not available: the device's memory"));
  }
}

/// A device that has memory for what empties caches, and for nothing else beside a workload.
class Crowded final : public DeviceProbe {
 public:
  std::string device() const override { return honest_->device(); }
  std::vector<std::pair<std::string, std::string>> versions() const override { return {}; }
  Work copy(std::int64_t bytes) override { return honest_->copy(bytes); }
  Work product(Precision, std::int64_t) override { throw OutOfMemory(); }
  Work activation(Activation, Precision, std::int64_t, std::int64_t) override {
    throw OutOfMemory();
  }
  Spectra eigenvalues(SpectrumPart, std::int64_t, std::span<const double>, std::int64_t) override {
    throw OutOfMemory();
  }

 private:
  std::unique_ptr<DeviceProbe> honest_ = make_device_probe("cpu");
};

TEST(Benchmarks, TimesAreKeptWhereNoCeilingCanBeMeasuredBesideThem) {
  Crowded probe;
  Ceilings ceilings(probe);
  const Ran ran = run(small(losses), honest, probe, &ceilings, {});
  EXPECT_EQ(ran.outcome.status, Outcome::Status::done);
  EXPECT_THAT(line_of(small(losses), ran), testing::Not(HasSubstr(" of ")));
  const Json record = record_of(small(losses), ran);
  EXPECT_TRUE(record.contains("seconds"));
  EXPECT_FALSE(record.contains("ceiling_share"));
}

/// What empties caches takes 2·512 MiB, far more than 16 losses do.
TEST(Benchmarks, PeakMemoryIsTheWorkloadsOwn) {
  const auto probe = make_device_probe("cpu");
  Ceilings ceilings(*probe);
  const Effort once{.least = 1, .noise = 1e9, .budget = 100.0};
  probe->copy(std::int64_t{1} << 29)();
  std::ofstream clear("/proc/self/clear_refs");
  if (!(clear << "5" << std::flush)) GTEST_SKIP() << "no peak can be reset on this machine";
  probe->copy(std::int64_t{1} << 29)();
  run(small(losses), honest, *probe, &ceilings, once);
  const Ran second = run(small(losses), honest, *probe, &ceilings, once);
  EXPECT_EQ(second.outcome.times.cold.seconds.size(), 1U);
  EXPECT_LT(second.outcome.peak_bytes, 0x1p29);
}

/// The message of the Error that a check throws.
template <class F>
std::string complaint(F&& check) {
  try {
    check();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// The curvature of a small problem, for checks of it.
struct Answered {
  Problem problem = make_problem(small(curvature));
  ValueTable right = scan(*honest(problem.objective, problem.precision), problem.slice,
                          problem.points, problem.quantities)
                         .values;
};

constexpr std::array<CurvatureCheck, 3> curvature_checks{
    CurvatureCheck::whole, CurvatureCheck::along_eigenvector, CurvatureCheck::between};

TEST(Benchmarks, WrongCurvatureIsFound) {
  const Answered answered;
  const Problem& problem = answered.problem;
  const ValueTable& right = answered.right;
  EXPECT_EQ(complaint([&] { check_scan(problem, right); }), "");
  for (const Quantity quantity :
       {Quantity::min_eigenvalue, Quantity::negative_count, Quantity::verdict}) {
    ValueTable wrong = right;
    for (double& value : wrong.at(quantity).data) {
      value = quantity == Quantity::min_eigenvalue ? value + 1e-3 * (std::fabs(value) + 1.0)
              : quantity == Quantity::verdict      ? 3.0 - value
                                                   : value + 1.0;
    }
    EXPECT_THAT(complaint([&] { check_scan(problem, wrong); }),
                HasSubstr("wrong " + std::string(info(quantity).name)));
  }
}

TEST(Benchmarks, NoCheckOfCurvatureIsPassedByNonsense) {
  const Answered answered;
  const Problem& problem = answered.problem;
  const ValueTable& right = answered.right;
  // Of the point that all checks look at, the curvature is far below zero.
  const std::size_t middle = right.at(Quantity::verdict).data.size() / 2;
  ASSERT_EQ(right.at(Quantity::verdict).data[middle], 2.0);
  const auto says = [&](CurvatureCheck check, Quantity quantity, double value) {
    ValueTable wrong = right;
    for (double& one : wrong.at(quantity).data) one = value;
    return complaint([&] { check_curvature(problem, wrong, check); });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const CurvatureCheck check : curvature_checks) {
    EXPECT_EQ(complaint([&] { check_curvature(problem, right, check); }), "");
    for (const double value : {-1e300, 1e300, nan}) {
      EXPECT_THAT(says(check, Quantity::min_eigenvalue, value), HasSubstr("wrong min_eigenvalue"));
    }
    // No more than ten times λ_min itself would be less than the Hessian's norm.
    const double some = 10.0 * std::fabs(right.at(Quantity::min_eigenvalue).data[middle]);
    for (const double value : {-1.0, some, 1e300, nan}) {
      EXPECT_THAT(says(check, Quantity::min_eigenvalue_error, value),
                  HasSubstr("wrong min_eigenvalue_error"));
    }
    for (const double value : {0.0, 1.0, 3.0, nan}) {
      EXPECT_THAT(says(check, Quantity::verdict, value), HasSubstr("wrong verdict"));
    }
  }
}

/// A penalty of λ‖θ‖² adds 2·λ to every eigenvalue, far more than the network's are below zero.
TEST(Benchmarks, ConvexPointsMustBeDecidedWhereThereIsAMatrix) {
  Problem problem = make_problem(small(curvature));
  problem.objective.penalty.terms.push_back(parse_penalty("l2=10"));
  const ValueTable right = scan(*honest(problem.objective, problem.precision), problem.slice,
                                problem.points, problem.quantities)
                               .values;
  ASSERT_THAT(right.at(Quantity::verdict).data, testing::Each(1.0));
  const auto says = [&](CurvatureCheck check, double verdict) {
    ValueTable said = right;
    for (double& one : said.at(Quantity::verdict).data) one = verdict;
    return complaint([&] { check_curvature(problem, said, check); });
  };
  for (const CurvatureCheck check : curvature_checks) {
    problem.options.eigensolver = Eigensolver::automatic;
    EXPECT_EQ(says(check, 1.0), "");
    EXPECT_THAT(says(check, 0.0), HasSubstr("wrong verdict"));
    EXPECT_THAT(says(check, 2.0), HasSubstr("wrong verdict"));
    problem.options.eigensolver =
        Eigensolver::lanczos;  // nobody can decide that, by products alone
    EXPECT_EQ(says(check, 0.0), "");
    EXPECT_THAT(says(check, 2.0), HasSubstr("wrong verdict"));
  }
}

TEST(Benchmarks, AWrongGapOfASegmentIsFound) {
  const Problem problem = make_problem(small(lines));
  const auto backend = honest(problem.objective, problem.precision);
  const SegmentResult result = scan_segments(*backend, problem.objective, problem.precision,
                                             problem.segments(), 4, problem.places)
                                   .result;
  const std::vector<double>& f = result.values.at(Quantity::loss).data;
  std::vector<double> gaps = result.derived.front().data;
  const Segments segments = problem.segments()(4);
  EXPECT_EQ(complaint([&] { check_segments(problem, segments, f, gaps); }), "");
  gaps[5] += 1e-9;
  EXPECT_THAT(complaint([&] { check_segments(problem, segments, f, gaps); }),
              HasSubstr("wrong convexity gap on segment 0"));
}

TEST(Benchmarks, AWrongEnvelopeIsFound) {
  constexpr std::int64_t side = 15;
  const std::vector<double> heights = surface("waves", side);
  const SurfaceConvexity right = surface_convexity({side, side, heights});
  EXPECT_EQ(complaint([&] { check_envelope(side, heights, right); }), "");
  for (const double error : {-1e-9, 1e-9}) {  // too high an envelope, and too low a one
    SurfaceConvexity wrong = right;
    wrong.gap[static_cast<std::size_t>(wrong.worst.point)] += error;
    EXPECT_NE(complaint([&] { check_envelope(side, heights, wrong); }), "");
  }
  const std::vector<double> holed = surface("holes", side);
  SurfaceConvexity filled = surface_convexity({side, side, holed});
  EXPECT_EQ(complaint([&] { check_envelope(side, holed, filled); }), "");
  for (double& gap : filled.gap) gap = std::isnan(gap) ? 0.0 : gap;
  EXPECT_THAT(complaint([&] { check_envelope(side, holed, filled); }), HasSubstr("a hole"));
}

TEST(Benchmarks, WrongEigenvaluesAreFound) {
  constexpr std::int64_t n = 20;
  const std::vector<double> matrices = symmetric_matrices(n, 2);
  const auto probe = make_device_probe("cpu");
  for (const SpectrumPart part : {SpectrumPart::smallest, SpectrumPart::all}) {
    const DeviceProbe::Spectra spectra = probe->eigenvalues(part, n, matrices, 2);
    spectra.solve();
    std::vector<double> values = spectra.values();
    EXPECT_EQ(complaint([&] { check_spectra(part, n, matrices, values); }), "");
    for (const double error : {1e-9, -2e-9}) {
      values.back() += error;
      EXPECT_THAT(complaint([&] { check_spectra(part, n, matrices, values); }), HasSubstr("wrong"));
    }
  }
}

/// (1, ±1)/√2 belong to the eigenvalues 2 ± 1 of this matrix.
TEST(Benchmarks, WrongEigenvectorsAreFound) {
  const std::vector<double> matrix{2.0, 1.0, 1.0, 2.0};
  const std::vector<double> values{1.0, 3.0};
  const double half = std::sqrt(0.5);
  const auto says = [&](const std::vector<double>& vectors) {
    return complaint([&] { check_spectra(SpectrumPart::vectors, 2, matrix, values, vectors); });
  };
  EXPECT_EQ(says({half, -half, half, half}), "");
  for (const std::vector<double>& wrong : {std::vector{half, half, half, -half},  // each other's
                                           {half, -half, 1.0, 1.0},               // too long
                                           {half, -half, half, half + 1e-12},
                                           {half, -half, half, std::nan("")},
                                           {half, -half},
                                           {}}) {
    EXPECT_THAT(says(wrong), HasSubstr("wrong eigenvector"));
  }
}

TEST(Benchmarks, EveryRowMakesSenseAndHasOneForTheCpu) {
  std::set<std::string> names;
  for (const Workload& workload : workloads(built_in_table())) names.insert(workload.benchmark);
  EXPECT_GE(names.size(), 40U);
  for (const std::string& name : names) {
    EXPECT_TRUE(name.ends_with("-cpu") || names.contains(name + "-cpu")) << name;
  }
}

TEST(Benchmarks, RowsTakeWhatTheyDoNotSayFromTheRowTheyAreLike) {
  const std::vector<Workload> all = workloads(Json::parse(R"([
    {"name": "a", "mlp": "2-{width}-1", "samples": 9, "axes": {"width": [3, 5], "side": [2, 4]}},
    {"name": "b", "like": "a", "mlp": "2-7-1", "samples": 8}])"));
  std::vector<std::string> names;
  for (const Workload& workload : all) names.push_back(workload.name);
  EXPECT_THAT(names, ElementsAre("a width=3 side=2", "a width=3 side=4", "a width=5 side=2",
                                 "a width=5 side=4", "b"));
  EXPECT_EQ(all[3].mlp, "2-5-1");
  EXPECT_EQ(all[3].side, 4);
  EXPECT_EQ(all[3].samples, 9);
  EXPECT_EQ(all[4].mlp, "2-7-1");
  EXPECT_EQ(all[4].samples, 8);
}

TEST(Benchmarks, RowsThatMakeNoSenseAreNamed) {
  const auto says = [](const std::string& row) {
    return complaint([&] { workloads(Json::parse("[" + row + "]")); });
  };
  EXPECT_THAT(says(R"({"name": "a", "mlp": "2-1", "sample": 3})"),
              HasSubstr("workload a: unknown field \"sample\""));
  EXPECT_THAT(says(R"({"name": "a", "mlp": "2-1"})"), HasSubstr("workload a"));
  EXPECT_THAT(says(R"({"name": "a", "like": "b"})"), HasSubstr("no workload \"b\""));
}

/// By hand for N = 20, 2-3-1: 4·20·3 for the first layer, 2·20·3 for the second, 20·3 activations;
/// P = 13 and 9 points for the dense Hessian.
TEST(Benchmarks, WorkIsWhatTheFormulasSay) {
  const Workload of_losses = small(losses);
  const Work loss = work_of_scan(of_losses, make_problem(of_losses));
  EXPECT_EQ(loss.flop, 16.0 * (240.0 + 120.0));
  EXPECT_EQ(loss.activations, 16.0 * 60.0);
  EXPECT_EQ(loss.bytes, 16.0 * 24.0);
  const Workload of_curvature = small(curvature);
  const Work dense = work_of_scan(of_curvature, make_problem(of_curvature));
  EXPECT_DOUBLE_EQ(dense.flop, 9.0 * (20.0 * 169.0 + 4.0 / 3.0 * 2197.0));
}

TEST(Measure, StopsWhenTimesAgreeOrTheBudgetIsSpent) {
  int runs = 0;
  int flushes = 0;
  const auto run = [&] { ++runs; };
  const auto flush = [&] { ++flushes; };
  // Any noise is little enough: the least number of rounds, each with a cold and a hot run.
  const Measured calm = measure(run, flush, {.least = 4, .noise = 1e9, .budget = 100.0});
  EXPECT_EQ(calm.hot.seconds.size(), 4U);
  EXPECT_EQ(calm.cold.seconds.size(), 4U);
  EXPECT_EQ(runs, 8);
  EXPECT_EQ(flushes, 4);
  // No budget: one round, however noisy.
  EXPECT_EQ(measure(run, {}, {.least = 4, .noise = 0.0, .budget = 0.0}).hot.seconds.size(), 1U);
}

TEST(Measure, NoiseIsTheMedianDistanceFromTheMedian) {
  const Times times{{4.0, 1.0, 2.0, 2.5, 2.0}};
  EXPECT_EQ(times.median(), 2.0);
  EXPECT_EQ(times.low(), 1.0);
  EXPECT_EQ(times.high(), 4.0);
  EXPECT_EQ(times.noise(), 0.25);  // distances 0 0 0.5 1 2 over 2
  EXPECT_EQ((Times{{1.0, 4.0}}.median()), 2.5);
}

}  // namespace
}  // namespace convexscan::bench
