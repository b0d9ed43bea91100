// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/hessian_vector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cpu/hessian.hpp"
#include "cpu/hessian_vector.hpp"
#include "curvature_problems.hpp"
#include "network_shapes.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

/// Products (points, vectors, size) of a group that has more room than there are points.
std::vector<double> products(const Objective& objective, const Slice& slice, const Points& points,
                             std::span<const double> vectors, std::int64_t count) {
  const cuda::DeviceContext context;
  const cuda::NetworkData<double> data(*objective.network(), context.queue());
  cuda::NetworkSlice<double> network(data, context);
  network.set(slice);
  cuda::HessianVector product(objective, {data, network, context}, slice, points.count() + 1,
                              count + 1);
  const cuda::DeviceBuffer<double> coordinates(points.coordinates, context.queue());
  product.set_points({coordinates.data(), points.axes}, points.count());
  const cuda::DeviceBuffer<double> from(vectors, context.queue());
  cuda::DeviceBuffer<double> to(static_cast<std::int64_t>(vectors.size()));
  const cuda::HessianVector::Layout layout{count * product.size(), product.size()};
  product.apply(from.data(), layout, count, to.data(), layout);
  std::vector<double> result(vectors.size());
  to.download(result, context.queue());
  return result;
}

/// Against the CPU's products and the assembled matrix, whose bound allows for what sums of so many
/// terms round.
void expect_products(const Objective& objective, const Slice& slice, const Points& points,
                     std::int64_t count) {
  SCOPED_TRACE(objective.description());
  const auto size = static_cast<std::int64_t>(objective.subset.size());
  const std::vector<double> vectors = random_numbers(points.count() * count * size, 23);
  const std::vector<double> cuda = products(objective, slice, points, vectors, count);

  const cpu::NetworkData<double> data(*objective.network());
  const cpu::NetworkSlice<double> network(data, slice);
  const cpu::NetworkHessian hessian(objective, network, slice);
  cpu::NetworkHessian::Workspace workspace(hessian);
  std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
  cpu::HessianVector product(objective, data, slice);
  std::vector<double> cpu(static_cast<std::size_t>(size));
  for (std::int64_t p = 0; p < points.count(); ++p) {
    const double* const at = points.coordinates.data() + p * points.axes;
    const double bound = hessian.assemble(at, workspace, matrix.data());
    product.set_point(at);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t begin = (p * count + k) * size;
      const double* const v = vectors.data() + begin;
      product.apply(v, 1, cpu.data());
      double length = 0.0;
      for (std::int64_t i = 0; i < size; ++i) length = std::hypot(length, v[i]);
      for (std::int64_t r = 0; r < size; ++r) {
        double dense = 0.0;
        for (std::int64_t c = 0; c < size; ++c) {
          dense += matrix[static_cast<std::size_t>(std::max(r, c) * size + std::min(r, c))] * v[c];
        }
        const double value = cuda[static_cast<std::size_t>(begin + r)];
        ASSERT_LE(std::fabs(value - dense), 2.0 * bound * length) << p << " " << k << " " << r;
        ASSERT_LE(std::fabs(value - cpu[static_cast<std::size_t>(r)]), 2.0 * bound * length);
      }
    }
  }
}

TEST(CudaHessianVector, IsTheCpusForEveryActivationLossAndShape) {
  testing_objectives::Random random(3);
  std::int64_t count = 0;
  for (int activation = 0; activation <= static_cast<int>(Activation::sin); ++activation) {
    for (int loss = 0; loss <= static_cast<int>(Loss::output); ++loss) {
      for (const NetworkShape shape :
           {NetworkShape::plain, NetworkShape::residual, NetworkShape::no_bias,
            NetworkShape::subset, NetworkShape::dropout}) {
        Objective objective = testing_objectives::network(
            random, network_of(static_cast<Activation>(activation), shape), static_cast<Loss>(loss),
            5 + 61 * (count % 2));
        if (shape == NetworkShape::subset) objective.subset = network_subset();
        const Slice slice = testing_objectives::plane(random, objective.parameter_count());
        expect_products(objective, slice, random_points(2, 1 + count % 2), 1 + count % 3);
        ++count;
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(CudaHessianVector, IncludesThePenalty) {
  Objective objective = random_objective({.widths = "3-5-2", .samples = 9});
  objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.3},
                             {.kind = PenaltyTerm::Kind::lp, .value = 0.1, .exponent = 1.5}};
  objective.penalty.centre = random_numbers(objective.parameter_count(), 17);
  objective.subset = parameter_subset(objective, "layer:1");
  expect_products(objective, random_slice(objective, 1), random_points(1, 3), 2);
}

TEST(CudaHessianVector, SumsOverMoreSamplesThanOneChunk) {
  const Objective objective = random_objective({.widths = "2-3-2", .samples = 2500});
  expect_products(objective, random_slice(objective, 2), random_points(2, 2), 2);
}

TEST(CudaHessianVector, WithoutHiddenLayersAndOnAPoint) {
  expect_products(random_objective({.widths = "4-3", .samples = 11}),
                  random_slice(random_objective({.widths = "4-3", .samples = 11}), 0), Points{}, 3);
}

}  // namespace
}  // namespace convexscan
