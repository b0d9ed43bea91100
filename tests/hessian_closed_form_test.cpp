// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/hessian.hpp"
#include "curvature_problems.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

struct Assembled {
  std::vector<double> matrix;
  double bound = 0.0;
};

Assembled hessian_at(const Objective& objective, const std::vector<double>& theta) {
  const Slice slice{theta, {}};
  const cpu::NetworkData<double> data(*objective.network());
  const cpu::NetworkSlice<double> network_slice(data, slice);
  const cpu::NetworkHessian hessian(objective, network_slice, slice);
  cpu::NetworkHessian::Workspace workspace(hessian);
  Assembled result;
  result.matrix.resize(static_cast<std::size_t>(hessian.matrix_doubles()));
  result.bound = hessian.assemble(nullptr, workspace, result.matrix.data());
  return result;
}

/// A layer alone, H = (1/N) Σ_samples S(z) ⊗ x̄x̄ᵀ with S the loss's second derivative in z, in the
/// order weights then biases.
void expect_single_layer(const Objective& objective, const std::vector<double>& theta,
                         const std::function<long double(const std::vector<long double>& z,
                                                         std::size_t i, std::size_t k)>& second) {
  const NetworkTask& task = *objective.network();
  const auto inputs = static_cast<std::size_t>(task.model.inputs());
  const auto outputs = static_cast<std::size_t>(task.model.outputs());
  const std::size_t size = outputs * (inputs + 1);
  const auto index = [&](std::size_t i, std::size_t j) {
    return j < inputs ? i * inputs + j : outputs * inputs + i;
  };
  std::vector<long double> exact(size * size, 0.0L);
  for (std::size_t s = 0; s < static_cast<std::size_t>(task.samples); ++s) {
    std::vector<long double> x(task.inputs.begin() + static_cast<std::ptrdiff_t>(s * inputs),
                               task.inputs.begin() + static_cast<std::ptrdiff_t>((s + 1) * inputs));
    x.push_back(1.0L);
    std::vector<long double> z(outputs, 0.0L);
    for (std::size_t i = 0; i < outputs; ++i) {
      for (std::size_t j = 0; j <= inputs; ++j) z[i] += theta[index(i, j)] * x[j];
    }
    for (std::size_t i = 0; i < outputs; ++i) {
      for (std::size_t k = 0; k < outputs; ++k) {
        const long double h = second(z, i, k) / static_cast<long double>(task.samples);
        for (std::size_t j = 0; j <= inputs; ++j) {
          for (std::size_t p = 0; p <= inputs; ++p) {
            exact[index(i, j) * size + index(k, p)] += h * x[j] * x[p];
          }
        }
      }
    }
  }
  const Assembled hessian = hessian_at(objective, theta);
  double largest = 0.0;
  for (std::size_t r = 0; r < size; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      const double value = static_cast<double>(exact[r * size + c]);
      EXPECT_LE(std::fabs(hessian.matrix[r * size + c] - value), hessian.bound) << r << "," << c;
      largest = std::max(largest, std::fabs(value));
    }
  }
  EXPECT_LE(hessian.bound, 1e-12 * largest);
}

TEST(ClosedForm, LinearRegressionIsTheInputsSecondMoment) {
  Random random(1);
  for (const std::int64_t samples : {1, 31, 300}) {
    const Objective objective =
        network(random, mlp("5-3", Activation::identity, 0.0, true, false), Loss::mse, samples);
    expect_single_layer(
        objective, normal(random, objective.parameter_count()),
        [](const auto&, std::size_t i, std::size_t k) { return i == k ? 2.0L / 3.0L : 0.0L; });
  }
}

TEST(ClosedForm, LogisticRegressionWeighsByPTimesOneMinusP) {
  Random random(2);
  const Objective objective = network(random, mlp("7-1", Activation::identity, 0.0, true, false),
                                      Loss::binary_cross_entropy, 65);
  expect_single_layer(objective, normal(random, objective.parameter_count()),
                      [](const auto& z, std::size_t, std::size_t) {
                        const long double p = 1 / (1 + std::exp(-z[0]));
                        return p * (1 - p);
                      });
}

TEST(ClosedForm, SoftmaxRegressionHasTheCovarianceOfTheClasses) {
  Random random(3);
  const Objective objective =
      network(random, mlp("4-3", Activation::identity, 0.0, true, false), Loss::cross_entropy, 33);
  expect_single_layer(objective, normal(random, objective.parameter_count()),
                      [](const auto& z, std::size_t i, std::size_t k) {
                        long double sum = 0;
                        for (const long double x : z) sum += std::exp(x);
                        const long double p = std::exp(z[i]) / sum;
                        return (i == k ? p : 0) - p * std::exp(z[k]) / sum;
                      });
}

TEST(ClosedForm, RankIsThatOfTheInputsTimesTheOutputs) {
  Random random(4);
  const Objective objective =
      network(random, mlp("9-2", Activation::identity, 0.0, false, false), Loss::mse, 4);
  Assembled hessian = hessian_at(objective, normal(random, objective.parameter_count()));
  const cpu::DenseEigenvalues eigenvalues(hessian.matrix.data(), 18);
  const double bound = hessian.bound + eigenvalues.error();
  EXPECT_EQ(18 - eigenvalues.count_below(bound), 4 * 2);
  EXPECT_EQ(eigenvalues.count_below(-bound), 0);
}

TEST(Symmetry, PermutedNeuronsHaveTheSameSpectrum) {
  Random random(5);
  const Objective objective =
      network(random, mlp("3-5-4-2", Activation::tanh, 0.0, true, false), Loss::cross_entropy, 70);
  const Model& model = objective.network()->model;
  const std::vector<double> theta = normal(random, objective.parameter_count(), 0.7);
  constexpr std::array<std::size_t, 5> order{3, 0, 4, 2, 1};
  std::vector<double> moved = theta;
  const auto weight = [&](int l, std::size_t i, std::size_t j) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    return static_cast<std::size_t>(model.weight_offset(l) +
                                    static_cast<std::int64_t>(i) * layer.inputs) +
           j;
  };
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 3; ++j) moved[weight(0, i, j)] = theta[weight(0, order[i], j)];
    const auto bias = static_cast<std::size_t>(model.bias_offset(0));
    moved[bias + i] = theta[bias + order[i]];
    for (std::size_t o = 0; o < 4; ++o) moved[weight(1, o, i)] = theta[weight(1, o, order[i])];
  }
  Assembled a = hessian_at(objective, theta);
  Assembled b = hessian_at(objective, moved);
  const std::int64_t size = objective.parameter_count();
  const cpu::DenseEigenvalues first(a.matrix.data(), size);
  const cpu::DenseEigenvalues second(b.matrix.data(), size);
  const double bound = a.bound + b.bound + first.error() + second.error();
  const std::vector<double> left = first.all();
  const std::vector<double> right = second.all();
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_LE(std::fabs(left[i] - right[i]), bound);
}

TEST(Subset, IsTheFullHessiansRowsAndColumns) {
  Random random(6);
  Objective objective =
      network(random, mlp("3-5-4-2", Activation::sigmoid, 0.0, true, false), Loss::mse, 41);
  const std::vector<double> theta = normal(random, objective.parameter_count());
  const Assembled full = hessian_at(objective, theta);
  const auto all = static_cast<std::size_t>(objective.parameter_count());
  for (const char* text : {"last", "first", "layer:2", "weights", "biases", "biases+layer:2"}) {
    objective.subset = parameter_subset(objective, text);
    const Assembled part = hessian_at(objective, theta);
    const std::size_t size = objective.subset.size();
    for (std::size_t r = 0; r < size; ++r) {
      for (std::size_t c = 0; c <= r; ++c) {
        const double whole = full.matrix[static_cast<std::size_t>(objective.subset[r]) * all +
                                         static_cast<std::size_t>(objective.subset[c])];
        EXPECT_NEAR(part.matrix[r * size + c], whole, part.bound) << text;
      }
    }
  }
}

}  // namespace
}  // namespace convexscan
