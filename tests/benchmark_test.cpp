// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "benchmark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "peak_memory.hpp"
#include "report.hpp"
#include "small_workload.hpp"

namespace convexscan::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
  EXPECT_DOUBLE_EQ(dense.flop, 9.0 * (20.0 * 169.0 + 2197.0 / 3.0));
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
