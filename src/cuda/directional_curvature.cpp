// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/directional_curvature.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "cpu/product_error.hpp"
#include "cuda/host_index.hpp"

namespace convexscan::cuda {
namespace {

constexpr double u = shared::unit_roundoff;

}  // namespace

DirectionalCurvature::DirectionalCurvature(const Objective& objective, SampleFactors& factors)
    : objective_(objective), factors_(factors), underflow_(*objective.network(), factors.slice()) {}

std::int64_t DirectionalCurvature::bytes_per_point() const {
  return 3 * std::min(factor_samples, factors_.data().stride) *
         static_cast<std::int64_t>(sizeof(double));
}

void DirectionalCurvature::reserve(std::int64_t group) {
  partial_.reserve(group * 3 * std::min(factor_samples, factors_.data().stride));
}

std::vector<cpu::ValueWithError> DirectionalCurvature::of_loss(
    std::span<const double> coordinates, std::int64_t points,
    std::span<const Directions> directions) {
  const cudaStream_t stream = factors_.context().queue();
  const double divisor = factors_.data().loss_divisor();
  factors_.set_points(coordinates, points);
  const auto count = static_cast<std::int64_t>(directions.size());
  forms_.reserve(count * 2 * points);
  forms_.clear(count * 2 * points, stream);
  for (std::int64_t b = 0; b < factors_.blocks(); ++b) {
    const kernels::FactorTask task = factors_.block(b);
    kernels::primal_factors(task, stream);
    const double gamma = shared::gamma_bound(kernels::sum_depth(task.columns) + factors_.blocks());
    for (std::int64_t k = 0; k < count; ++k) {
      const Directions& along = directions[index(k)];
      double* const values = forms_.data() + 2 * k * points;
      kernels::add_directional_curvature(
          task,
          {along.vector, along.magnitude, along.stride, along.roundings, partial_.data(), values,
           values + points, gamma},
          stream);
    }
  }
  std::vector<double> forms(index(count * 2 * points));
  forms_.download(forms, stream);
  std::vector<cpu::ValueWithError> values;
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::int64_t p = 0; p < points; ++p) {
      const std::size_t at = index(2 * k * points + p);
      const double value = forms[at] / divisor;
      const double error = forms[at + index(points)] / divisor;
      const double underflow = underflow_.along(coordinates.data() + p * factors_.slice().axes(),
                                                directions[index(k)].size);
      values.push_back({value, 1.01 * error + 2.0 * u * std::fabs(value) + underflow});
    }
  }
  return values;
}

std::vector<cpu::ValueWithError> DirectionalCurvature::at(std::span<const double> coordinates,
                                                          std::int64_t points,
                                                          std::span<const Directions> directions,
                                                          std::span<const HostDirections> host) {
  std::vector<cpu::ValueWithError> values = of_loss(coordinates, points, directions);
  if (objective_.penalty.empty()) return values;
  const Slice& slice = factors_.slice();
  for (std::size_t k = 0; k < directions.size(); ++k) {
#pragma omp parallel for
    for (std::int64_t p = 0; p < points; ++p) {
      const std::int64_t offset = p * directions[k].stride;
      const cpu::ValueWithError share =
          cpu::penalty_form(objective_, slice, coordinates.data() + p * slice.axes(),
                            host[k].vector + offset, host[k].magnitude + offset);
      cpu::ValueWithError& value = values[k * index(points) + index(p)];
      value.value += share.value;
      value.error += share.error + u * std::fabs(value.value);
    }
  }
  return values;
}

std::vector<double> DirectionalCurvature::product_errors(std::span<const double> coordinates,
                                                         std::int64_t points) {
  const cudaStream_t stream = factors_.context().queue();
  const Slice& slice = factors_.slice();
  const double gamma = shared::gamma_bound(factors_.data().stride + 4);
  factors_.set_points(coordinates, points);
  forms_.reserve(points);
  forms_.clear(points, stream);
  for (std::int64_t b = 0; b < factors_.blocks(); ++b) {
    const kernels::FactorTask task = factors_.block(b);
    norms_.reserve(points * task.depth);
    if (b == 0) kernels::weight_norms(task, norms_.data(), stream);
    kernels::primal_factors(task, stream);
    kernels::add_product_errors(task, norms_.data(), gamma, forms_.data(), stream);
  }
  std::vector<double> errors(index(points));
  forms_.download(errors, stream);
  for (std::int64_t p = 0; p < points; ++p) {
    errors[index(p)] = cpu::whole_product_error(objective_, slice, underflow_,
                                                coordinates.data() + p * slice.axes(),
                                                errors[index(p)] / factors_.data().loss_divisor());
  }
  return errors;
}

std::vector<cpu::ValueWithError> DirectionalCurvature::rayleigh(std::span<const double> coordinates,
                                                                std::int64_t points,
                                                                const PointDirections& directions) {
  const cudaStream_t stream = factors_.context().queue();
  const std::int64_t parameters = factors_.data().parameters;
  std::vector<double> squares(index(points));
  directions.square.download(squares, stream);
  std::vector<double> vectors;
  std::vector<double> magnitudes;
  if (!objective_.penalty.empty()) {
    vectors.resize(index(points * parameters));
    magnitudes.resize(vectors.size());
    directions.vector.download(vectors, stream);
    directions.magnitude.download(magnitudes, stream);
  }
  // Vectors are of length 1 but for rounding: Σ|v| is at most the root of their number.
  const double sizes = 2.0 * std::sqrt(static_cast<double>(parameters));
  const Directions along{
      .vector = directions.vector.data(),
      .magnitude = directions.magnitude.data(),
      .stride = parameters,
      .size = sizes,
  };
  const HostDirections host{vectors.data(), magnitudes.data()};
  std::vector<cpu::ValueWithError> forms = at(coordinates, points, {&along, 1}, {&host, 1});
  const auto size = static_cast<std::int64_t>(objective_.subset.size());
  for (std::int64_t p = 0; p < points; ++p) {
    cpu::ValueWithError& form = forms[index(p)];
    const double square = squares[index(p)];
    form.value /= square;
    form.error = 1.01 * form.error / square + shared::gamma_bound(size + 2) * std::fabs(form.value);
  }
  return forms;
}

}  // namespace convexscan::cuda
