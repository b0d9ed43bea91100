// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_nodes.hpp"

#include <algorithm>
#include <bit>

#include "kernels/weights.hpp"

namespace convexscan::cuda {
namespace {

template <class Real>
std::int64_t most_columns(const NetworkData<Real>& data) {
  return std::min(sample_chunk, data.stride);
}

}  // namespace

template <class Real>
NetworkNodes<Real>::NetworkNodes(const NetworkData<Real>& data, std::int64_t group, int components)
    : components_(components) {
  for (const LayerPlan<Real>& layer : data.layers) {
    widths_.push_back(layer.outputs);
    buffers_.emplace_back(group * layer.outputs * components * most_columns(data));
  }
}

template <class Real>
std::int64_t NetworkNodes<Real>::bytes_per_point(const NetworkData<Real>& data, int components) {
  std::int64_t rows = 0;
  for (const LayerPlan<Real>& layer : data.layers) rows += layer.outputs;
  return rows * components * most_columns(data) * static_cast<std::int64_t>(sizeof(Real));
}

template <class Real>
kernels::Batch<Real> NetworkNodes<Real>::at(int node, std::int64_t columns) {
  const std::int64_t row = components_ * columns;
  return {buffer(node).data(), widths_[static_cast<std::size_t>(node - 1)] * row, row};
}

template <class Real>
GroupWeights<Real>::GroupWeights(const NetworkData<Real>& data, const NetworkSlice<Real>& slice,
                                 const DeviceContext& context, std::int64_t group)
    : slice_(slice),
      context_(context),
      begin_(data.deep_begin()),
      count_(data.parameters - data.deep_begin()),
      weights_(group * count_) {}

template <class Real>
void GroupWeights<Real>::make(kernels::Coordinates coordinates, std::int64_t points) {
  if (count_ == 0) return;
  kernels::point_weights(slice_.parameter().from(begin_), coordinates, points, count_,
                         weights_.data(), context_.queue());
}

template <class Real>
void multiply_layer(const Blas& blas, const LayerPlan<Real>& layer, const Real* weights,
                    std::int64_t weight_stride, Columns<const Real> a, Columns<Real> z, Real beta,
                    std::int64_t group) {
  // In column-major terms zᵀ = aᵀ·Wᵀ, and what lies there row-major is already transposed.
  blas.multiply<Real>(a.count, layer.outputs, layer.inputs,
                      {a.batch.data + a.from, a.batch.row_stride, a.batch.point_stride},
                      {weights, layer.inputs, weight_stride}, beta, z.batch.data + z.from,
                      z.batch.row_stride, z.batch.point_stride, group);
}

template <class Real>
void multiply_transposed(const Blas& blas, const LayerPlan<Real>& layer, const Real* weights,
                         std::int64_t weight_stride, Columns<const Real> g, Columns<Real> to,
                         std::int64_t group) {
  blas.multiply<Real>(g.count, layer.inputs, layer.outputs,
                      {g.batch.data + g.from, g.batch.row_stride, g.batch.point_stride},
                      {weights, layer.inputs, weight_stride, true}, Real(1),
                      to.batch.data + to.from, to.batch.row_stride, to.batch.point_stride, group);
}

template <class Real>
void multiply_outer(const Blas& blas, const LayerPlan<Real>& layer, Columns<const Real> g,
                    Columns<const Real> a, Real beta, Real* out, std::int64_t out_stride,
                    std::int64_t group) {
  // In column-major terms a·gᵀ.
  blas.multiply<Real>(layer.inputs, layer.outputs, g.count,
                      {a.batch.data + a.from, a.batch.row_stride, a.batch.point_stride, true},
                      {g.batch.data + g.from, g.batch.row_stride, g.batch.point_stride}, beta, out,
                      layer.inputs, out_stride, group);
}

std::int64_t points_per_group(std::int64_t bytes_per_point) {
  constexpr std::int64_t most = 256;
  constexpr std::int64_t budget = std::int64_t{1} << 30;
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total));
  const std::int64_t bytes = std::min(budget, static_cast<std::int64_t>(free) / 8);
  const std::int64_t points = std::clamp<std::int64_t>(bytes / bytes_per_point, 1, most);
  // A power of two, so that a little more or less memory seldom changes it.
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(points)));
}

template class NetworkNodes<double>;
template class NetworkNodes<float>;
template class GroupWeights<double>;
template class GroupWeights<float>;
template void multiply_layer(const Blas&, const LayerPlan<double>&, const double*, std::int64_t,
                             Columns<const double>, Columns<double>, double, std::int64_t);
template void multiply_layer(const Blas&, const LayerPlan<float>&, const float*, std::int64_t,
                             Columns<const float>, Columns<float>, float, std::int64_t);

template void multiply_transposed(const Blas&, const LayerPlan<double>&, const double*,
                                  std::int64_t, Columns<const double>, Columns<double>,
                                  std::int64_t);
template void multiply_outer(const Blas&, const LayerPlan<double>&, Columns<const double>,
                             Columns<const double>, double, double*, std::int64_t, std::int64_t);
template void multiply_transposed(const Blas&, const LayerPlan<float>&, const float*, std::int64_t,
                                  Columns<const float>, Columns<float>, std::int64_t);
template void multiply_outer(const Blas&, const LayerPlan<float>&, Columns<const float>,
                             Columns<const float>, float, float*, std::int64_t, std::int64_t);

}  // namespace convexscan::cuda
