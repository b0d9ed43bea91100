// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "convexscan/backend.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"
#include "ulps.hpp"

namespace convexscan {
namespace {

class CudaActivation : public TestedCuda {};
INSTANTIATE_TEST_SUITE_P(Backends, CudaActivation, testing::Values(tested_cuda_name()),
                         [](const auto& info) { return info.param; });

/// The largest error, in ulp, of the activation of a network's only neuron, which sees its bias
/// alone: the loss is its output.
template <class Real>
double worst_error(Activation activation, long double (*exact)(long double)) {
  NetworkTask task;
  task.model = Model({{1, 1, true, activation, 0.0, Layer::no_skip, Layer::no_skip}});
  task.loss = Loss::output;
  task.samples = 1;
  task.inputs = {0.0};
  const Objective objective{std::move(task), {}, {0, 1}, "all"};
  const Slice along_bias{{0.0, 0.0}, {{0.0, 1.0}}};
  Points points{1, {}};
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-20.0, 20.0);
  std::uniform_real_distribution<double> exponent(-30.0, 1.0);
  for (int i = 0; i < 3000; ++i) {
    points.coordinates.push_back(static_cast<Real>(uniform(random)));
    const double size = std::pow(10.0, exponent(random));
    points.coordinates.push_back(static_cast<Real>(i % 2 == 0 ? size : -size));
  }
  const auto backend =
      make_tested_cuda(objective, sizeof(Real) == 8 ? Precision::float64 : Precision::float32);
  const ValueTable table = backend->evaluator(along_bias, {Quantity::loss})
                               ->evaluate(points.coordinates, points.count());
  double worst = 0.0;
  for (std::size_t p = 0; p < points.coordinates.size(); ++p) {
    const double error = ulps<Real>(static_cast<Real>(table.at(Quantity::loss).data[p]),
                                    exact(points.coordinates[p]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

/// As on the host (elementary_test), where another compiler chooses the instructions.
TEST_P(CudaActivation, IsWithinTwoUlp) {
  const auto tanh = [](long double z) { return std::tanh(z); };
  const auto sigmoid = [](long double z) { return 1.0L / (1.0L + std::exp(-z)); };
  EXPECT_LE(worst_error<double>(Activation::tanh, tanh), 2.0);
  EXPECT_LE(worst_error<float>(Activation::tanh, tanh), 2.0);
  EXPECT_LE(worst_error<double>(Activation::sigmoid, sigmoid), 2.0);
  EXPECT_LE(worst_error<float>(Activation::sigmoid, sigmoid), 2.0);
}

}  // namespace
}  // namespace convexscan
