// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/sample_factors.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/blas.hpp"

namespace convexscan::cpu {
namespace {

/// Bytes of tangents that stay in the second-level cache; a constant, because the number of
/// tangents carried at once shows in the error bounds' last bits.
constexpr std::int64_t tangent_bytes = 3 << 19;

}  // namespace

namespace {

std::shared_ptr<const Aligned<double>> sizes_of(const Aligned<double>& numbers) {
  auto sizes = std::make_shared<Aligned<double>>(numbers.size());
  std::ranges::transform(numbers, sizes->begin(), [](double x) { return std::fabs(x); });
  return sizes;
}

}  // namespace

SliceMagnitudes::SliceMagnitudes(const NetworkSlice<double>& slice)
    : SliceMagnitudes(slice, sizes_of(slice.data.inputs)) {}

SliceMagnitudes::SliceMagnitudes(const NetworkSlice<double>& slice, const SliceMagnitudes& other)
    : SliceMagnitudes(slice, other.inputs_) {}

SliceMagnitudes::SliceMagnitudes(const NetworkSlice<double>& slice,
                                 std::shared_ptr<const Aligned<double>> inputs)
    : axes(slice.axes), inputs_(std::move(inputs)) {
  for (int j = 0; j <= axes; ++j) take(slice, j);
}

void SliceMagnitudes::take(const NetworkSlice<double>& slice, int j) {
  const NetworkData<double>& data = slice.data;
  const LayerPlan<double>& layer = data.layers.front();
  const auto index = static_cast<std::size_t>(j);
  const auto& from = slice.parameter[index];
  auto& size = parameter[index];
  size.resize(from.size());
  std::ranges::transform(from, size.begin(), [](double x) { return std::fabs(x); });
  auto& z = first[index];
  z.resize(static_cast<std::size_t>(layer.outputs * data.stride));
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    std::fill_n(z.begin() + o * data.stride, data.stride,
                layer.bias < 0 ? 0.0 : size[static_cast<std::size_t>(layer.bias + o)]);
  }
  add_matrix_product(layer.outputs, data.stride, layer.inputs, size.data() + layer.weight,
                     layer.inputs, inputs_->data(), data.stride, z.data(), data.stride);
}

void SliceMagnitudes::at(const double* coordinates, double* magnitude) const {
  std::ranges::copy(parameter[0], magnitude);
  for (int j = 0; j < axes; ++j) {
    const double c = std::fabs(coordinates[j]);
    const auto& direction = parameter[static_cast<std::size_t>(j) + 1];
    for (std::size_t i = 0; i < direction.size(); ++i) magnitude[i] += c * direction[i];
  }
}

FactorWorkspace::FactorWorkspace(const NetworkData<double>& data) {
  constexpr int kinds = 17;
  const auto width = [&](int node) {
    return node == 0 ? data.layers.front().inputs
                     : data.layers[static_cast<std::size_t>(node - 1)].outputs;
  };
  const int depth = static_cast<int>(data.layers.size());
  for (int node = 0; node <= depth; ++node) {
    offsets_.push_back(size_);
    size_ += (width(node) + 1) * hessian_block;
  }
  std::int64_t rows = 0;  // of tangents behind a layer
  std::vector<std::int64_t> rows_behind(static_cast<std::size_t>(depth + 1), 0);
  for (int l = depth - 1; l >= 0; --l) {
    rows += 3 * width(l + 1);
    rows_behind[static_cast<std::size_t>(l)] = rows;
  }
  std::int64_t longest = 1;
  for (int l = 0; l < depth; ++l) {
    const std::int64_t row_bytes = rows_behind[static_cast<std::size_t>(l)] * hessian_block * 8;
    const std::int64_t fitting =
        std::clamp<std::int64_t>(tangent_bytes / row_bytes / 4 * 4, 4, most_tangents);
    chunk_.push_back(std::min(fitting, width(l + 1)));
    longest = std::max(longest, chunk_.back());
  }
  tangent_offsets_.push_back(0);  // the input has no tangents
  for (int node = 1; node <= depth; ++node) {
    tangent_offsets_.push_back(tangent_size_);
    tangent_size_ += width(node) * hessian_block * longest;
  }
  memory_.resize(static_cast<std::size_t>(kinds * size_));
  tangents_.resize(static_cast<std::size_t>(3 * tangent_size_));
  loss_.resize(static_cast<std::size_t>(2 * width(depth) * hessian_block));
  scratch_.resize(static_cast<std::size_t>(16 * hessian_block));
  source_norms_.resize(static_cast<std::size_t>(hessian_block));
}

bool FactorWorkspace::holds(const HessianPoint& point, std::int64_t block) const {
  return slice_ == point.slice.identity && block_ == block &&
         (!by_norms_ || point.lengths != nullptr) &&
         std::equal(point.coordinates, point.coordinates + point.slice.axes, coordinates_.begin());
}

void FactorWorkspace::will_hold(const HessianPoint& point, std::int64_t block) {
  slice_ = point.slice.identity;
  block_ = block;
  by_norms_ = point.lengths != nullptr;
  std::copy_n(point.coordinates, point.slice.axes, coordinates_.begin());
}

}  // namespace convexscan::cpu
