// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "convexscan/scan.hpp"
#include "small_workload.hpp"
#include "surfaces.hpp"

namespace convexscan::bench {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace convexscan::bench
