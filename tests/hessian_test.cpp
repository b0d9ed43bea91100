// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "cpu/curvature_probe.hpp"
#include "curvature_problems.hpp"
#include "network_shapes.hpp"
#include "reference_network.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

/// Compares with a network in long double, at coordinates whose products with small whole
/// directions are exact, so that both programs see the same parameters.
void expect_within_bound(const Objective& objective, Random& random, const std::string& what) {
  const Slice slice = plane(random, objective.parameter_count());
  const cpu::NetworkData<double> data(*objective.network());
  const cpu::NetworkSlice<double> network_slice(data, slice);
  const cpu::NetworkHessian hessian(objective, network_slice, slice);
  cpu::NetworkHessian::Workspace workspace(hessian);
  std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
  const double coordinates[] = {0.5, -0.25};
  const double bound = hessian.assemble(coordinates, workspace, matrix.data());

  std::vector<reference::Real> theta;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    theta.push_back(reference::Real(slice.origin[i]) + 0.5L * slice.directions[0][i] -
                    0.25L * slice.directions[1][i]);
  }
  // The reference takes its time: of a large matrix, some rows and columns.
  constexpr std::size_t most = 16;
  std::vector<std::size_t> rows(objective.subset.size());
  std::iota(rows.begin(), rows.end(), 0);
  if (rows.size() > 2 * most) {
    for (std::size_t i = 0; i < most; ++i) {
      std::swap(rows[i], rows[i + static_cast<std::size_t>(random()) % (rows.size() - i)]);
    }
    rows.resize(most);
    std::ranges::sort(rows);
  }
  std::vector<std::int64_t> compared;
  for (const std::size_t row : rows) compared.push_back(objective.subset[row]);
  const auto exact = reference::hessian(*objective.network(), theta, compared);
  long double square = 0;
  long double norm = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows.size(); ++c) {
      const std::size_t row = std::max(rows[r], rows[c]);
      const double computed = matrix[row * objective.subset.size() + std::min(rows[r], rows[c])];
      square += std::pow(computed - exact[r * rows.size() + c], 2.0L);
      norm += exact[r * rows.size() + c] * exact[r * rows.size() + c];
    }
  }
  EXPECT_LE(static_cast<double>(std::sqrt(square)), bound) << what;
  EXPECT_LE(bound, 1e-9 * static_cast<double>(std::sqrt(norm)) + 1e-12) << what;
}

class EveryNetwork : public testing::TestWithParam<NetworkCase> {};

TEST_P(EveryNetwork, HessianIsThatOfTheFormulaInLongDoubleWithinItsBound) {
  const auto [activation, loss, shape] = GetParam();
  Random random(11);
  for (const std::int64_t samples : {1, 13}) {
    Objective objective = network(random, network_of(activation, shape), loss, samples);
    if (shape == NetworkShape::subset) objective.subset = network_subset();
    expect_within_bound(objective, random, std::to_string(samples) + " samples");
  }
}

/// Layers of few columns and of many, one neuron behind a layer or several, more neurons than are
/// carried as tangents at once, and more samples than are held at once.
TEST(Hessian, OfEveryWidthIsWithinItsBound) {
  Random random(12);
  for (const char* const widths : {"2-16-1", "2-8-8-1", "4-12-10-1", "12-5-12-1", "19-6-20-2",
                                   "2-40-1", "11-34-2", "9-1-9-1", "20-40-2", "8-3", "1-1-1"}) {
    for (const Loss loss : {Loss::mse, Loss::cross_entropy}) {
      const Model model = mlp(widths, Activation::tanh, 0.0, true, false);
      if (loss == Loss::cross_entropy && model.outputs() == 1) continue;  // which is always 0
      Objective objective = network(random, model, loss, model.parameter_count() > 200 ? 9 : 131);
      expect_within_bound(objective, random, widths);
      // Of twelve columns, the fifth and the sixth.
      std::erase_if(objective.subset, [](std::int64_t p) { return p % 12 != 4 && p % 12 != 5; });
      if (objective.subset.empty()) continue;
      expect_within_bound(objective, random, std::string(widths) + ", a part");
    }
  }
}

/// A neuron's weights and S make Q alone only where nothing else leads there.
TEST(Hessian, BehindOneNeuronKeepsWhatASkipAdds) {
  constexpr int none = Layer::no_skip;
  Random random(13);
  for (const bool before : {false, true}) {
    const Model model({{3, 4, true, Activation::tanh, 0.0, none, none},
                       {4, 1, true, Activation::tanh, 0.0, none, none},
                       {1, 4, true, Activation::tanh, 0.0, before ? 1 : none, before ? none : 1},
                       {4, 2, true, Activation::identity, 0.0, none, none}});
    const Objective objective = network(random, model, Loss::mse, 20);
    expect_within_bound(objective, random, before ? "before" : "after");
  }
}

void expect_own_factors(std::int64_t samples) {
  Random random(14);
  const Objective objective =
      network(random, mlp("2-5-1", Activation::tanh, 0.0, true, false), Loss::mse, samples);
  const cpu::NetworkData<double> data(*objective.network());
  const std::vector<double> along = normal(random, objective.parameter_count());
  cpu::FactorWorkspace kept(data);
  for (int round = 0; round < 3; ++round) {
    const Slice slice = plane(random, objective.parameter_count());
    const cpu::NetworkSlice<double> network_slice(data, slice);  // where the last one was
    const cpu::NetworkHessian hessian(objective, network_slice, slice);
    cpu::NetworkHessian::Workspace assembling(hessian);
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    for (const double x : {0.25, -0.5}) {
      const double coordinates[] = {x, 0.125};
      const auto asked = [&](cpu::FactorWorkspace& work) {
        cpu::Prober prober(objective, network_slice, hessian.magnitudes(), slice, work);
        const cpu::Probe probe(data, Slice{along, {}}, hessian.magnitudes());
        const std::vector<cpu::Probe::Direction> directions{probe.at({0.0, 0.0})};
        // Factors with larger errors are for nobody else.
        prober.sign(coordinates, directions);
        const cpu::ValueWithError first = prober.rayleigh(coordinates, along);
        const cpu::ValueWithError again = prober.rayleigh(coordinates, along);
        EXPECT_EQ(first.value, again.value);
        EXPECT_EQ(first.error, again.error);
        return std::pair(first.value, first.error);
      };
      cpu::FactorWorkspace fresh(data);
      const auto expected = asked(fresh);
      EXPECT_EQ(asked(kept), expected);
      hessian.assemble(coordinates, assembling, matrix.data());
      const std::vector<double> assembled = matrix;
      EXPECT_EQ(asked(assembling.factors), expected);
      hessian.assemble(coordinates, assembling, matrix.data());
      for (std::int64_t r = 0; r < hessian.size(); ++r) {
        for (std::int64_t c = 0; c <= r; ++c) {
          const auto at = static_cast<std::size_t>(r * hessian.size() + c);
          EXPECT_EQ(matrix[at], assembled[at]);
        }
      }
    }
  }
}

/// A workspace keeps the factors of a block, but not for another point, block or network.
TEST(Hessian, FactorsAreMadeAgainWhereverSomethingElseIsAsked) {
  // One block, which is always there, and two.
  for (const std::int64_t samples : {100, 200}) expect_own_factors(samples);
}

/// Factors of the first block, which a probe leaves and an assembly begins with, may have larger
/// errors than it asks for.
TEST(Hessian, HasTheSameBoundBehindAProbe) {
  Random random(15);
  for (const std::int64_t samples : {100, 200}) {
    const Objective objective =
        network(random, mlp("2-5-4-1", Activation::tanh, 0.0, true, false), Loss::mse, samples);
    const cpu::NetworkData<double> data(*objective.network());
    const Slice slice = plane(random, objective.parameter_count());
    const cpu::NetworkSlice<double> network_slice(data, slice);
    const cpu::NetworkHessian hessian(objective, network_slice, slice);
    const cpu::Probe probe(data, Slice{normal(random, objective.parameter_count()), {}},
                           hessian.magnitudes());
    const std::vector<cpu::Probe::Direction> directions{probe.at({0.0, 0.0})};
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    constexpr std::array coordinates{0.25, 0.125};
    std::array<double, 2> bounds{};
    for (const bool probed : {false, true}) {
      cpu::NetworkHessian::Workspace work(hessian);
      if (probed) {
        cpu::Prober prober(objective, network_slice, hessian.magnitudes(), slice, work.factors);
        prober.sign(coordinates.data(), directions);
      }
      bounds[probed ? 1 : 0] = hessian.assemble(coordinates.data(), work, matrix.data());
    }
    EXPECT_EQ(bounds[0], bounds[1]);
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryNetwork, every_network(), network_name);

}  // namespace
}  // namespace convexscan
