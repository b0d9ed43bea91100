// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/sample_line.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/activation_loops.hpp"
#include "cpu/layer_loops.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"
#include "shared/losses.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t n = SampleLine::columns;

enum Part { pre_activation, value, tangent, jump, value_size, tangent_size, jump_size, parts };

/// sup |σ'|, with the factor that makes up for dropped units
double steepest(const LayerPlan<double>& layer) {
  return layer.mask.scale * shared::activation_errors(layer.activation, layer.slope).lipschitz;
}

/// A z below it may be what underflow left of one with the other sign.
constexpr double lost = 0x1p-900;

/// Whether σ' is known as soon as the side of the kink is.
bool is_straight(Activation kind) {
  return kind == Activation::identity || kind == Activation::relu || kind == Activation::leaky_relu;
}

}  // namespace

KinkSlopes kink_slopes(Activation kind, double slope) {
  switch (kind) {
    case Activation::relu:
      return {0.0, 1.0};
    case Activation::leaky_relu:
    case Activation::elu:
      return {slope, 1.0};
    default:
      return {};
  }
}

SampleLine::SampleLine(const NetworkSlice<double>& slice, const SliceMagnitudes& magnitudes)
    : slice_(slice), magnitudes_(magnitudes) {
  std::int64_t widest = slice.data.layers.front().inputs;
  offsets_.push_back(0);
  size_ = slice.data.layers.front().inputs * n;
  for (const LayerPlan<double>& layer : slice.data.layers) {
    offsets_.push_back(size_);
    size_ += layer.outputs * n;
    widest = std::max(widest, layer.outputs);
  }
  // A sum of inputs; weights on two axes, bias, skip, activation and dropout are a dozen more.
  std::int64_t roundings = 0;
  for (const LayerPlan<double>& layer : slice.data.layers) roundings += layer.inputs + 12;
  value_error_ = shared::gamma_bound(roundings);
  // Value, tangent and jump each go through all of it.
  relative_error_ = shared::gamma_bound(3 * roundings);
  memory_.resize(static_cast<std::size_t>(parts * size_));
  scratch_.resize(static_cast<std::size_t>(widest * n));
  theta_.resize(static_cast<std::size_t>(slice.parameters));
  magnitude_.resize(theta_.size());
}

void SampleLine::set(const double* coordinates, int axis, double reach) {
  std::copy_n(coordinates, slice_.axes, coordinates_);
  axis_ = axis;
  reach_ = reach;
  slice_.weights_at(coordinates_, 0, theta_.data());
  magnitudes_.at(coordinates_, magnitude_.data());
  const auto& direction = magnitudes_.parameter[static_cast<std::size_t>(axis) + 1];
  for (std::size_t i = 0; i < magnitude_.size(); ++i) magnitude_[i] += reach * direction[i];
}

/// out += (W + place·A) in, columns at their own places.
CONVEXSCAN_VECTOR_TARGETS void SampleLine::add_line_product(int l, const double* in,
                                                            const LineColumn* at,
                                                            std::int64_t count, double* out) {
  const LayerPlan<double>& layer = slice_.data.layers[static_cast<std::size_t>(l)];
  add_product<double>({theta_.data() + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs,
                      in, n, n, out, n);
  const bool moved =
      std::any_of(at, at + count, [](const LineColumn& c) { return c.place != 0.0; });
  if (!moved) return;
  const double* direction = slice_.parameter[static_cast<std::size_t>(axis_) + 1].data();
  double* const product = scratch_.data();
  std::fill_n(product, layer.outputs * n, 0.0);
  add_product<double>({direction + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs, in,
                      n, n, product, n);
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    for (std::int64_t c = 0; c < count; ++c) out[o * n + c] += at[c].place * product[o * n + c];
  }
}

void SampleLine::evaluate(std::span<const LineColumn> at) {
  const NetworkData<double>& data = slice_.data;
  const auto count = static_cast<std::int64_t>(at.size());
  const double* direction = slice_.parameter[static_cast<std::size_t>(axis_) + 1].data();
  for (std::int64_t i = 0; i < data.layers.front().inputs; ++i) {
    double* row = part(value, 0) + i * n;
    for (std::int64_t c = 0; c < count; ++c) {
      row[c] = data.inputs[static_cast<std::size_t>(i * data.stride +
                                                    at[static_cast<std::size_t>(c)].sample)];
    }
  }
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    double* z = part(pre_activation, l + 1);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t c = 0; c < count; ++c) {
        const LineColumn& column = at[static_cast<std::size_t>(c)];
        if (l == 0) {
          const auto s = static_cast<std::size_t>(o * data.stride + column.sample);
          double sum = slice_.first[0][s];
          for (int j = 0; j < slice_.axes; ++j) {
            sum += coordinates_[j] * slice_.first[static_cast<std::size_t>(j) + 1][s];
          }
          z[o * n + c] = sum + column.place * slice_.first[static_cast<std::size_t>(axis_) + 1][s];
        } else {
          z[o * n + c] = layer.bias < 0 ? 0.0
                                        : theta_[static_cast<std::size_t>(layer.bias + o)] +
                                              column.place * direction[layer.bias + o];
        }
      }
    }
    if (l > 0) add_line_product(l, part(value, l), at.data(), count, z);
    const auto add_skip = [&](int from, double* to) {
      if (from != Layer::no_skip) add_rows<double>({part(value, from), n}, layer.outputs, n, to, n);
    };
    add_skip(layer.skip_before, z);
    double* a = part(value, l + 1);
    std::copy_n(z, layer.outputs * n, a);
    activate(layer.activation, layer.slope, layer.outputs * n, a);
    for (std::int64_t o = 0; layer.mask.drops() && o < layer.outputs; ++o) {
      const shared::MaskRow<double> mask = layer.mask.row(o);
      for (std::int64_t c = 0; c < count; ++c) {
        a[o * n + c] *= mask.at(at[static_cast<std::size_t>(c)].sample);
      }
    }
    add_skip(layer.skip_after, a);
  }
}

/// Bounds of what a and ȧ are sums of: rounding errors are relative to these.
void SampleLine::make_sizes(std::span<const LineColumn> at) {
  const NetworkData<double>& data = slice_.data;
  const auto count = static_cast<std::int64_t>(at.size());
  const double* direction = magnitudes_.parameter[static_cast<std::size_t>(axis_) + 1].data();
  for (std::int64_t i = 0; i < data.layers.front().inputs * n; ++i) {
    part(value_size, 0)[i] = std::fabs(part(value, 0)[i]);
    part(tangent_size, 0)[i] = 0.0;
  }
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    double* a = part(value_size, l + 1);
    double* t = part(tangent_size, l + 1);
    const bool bias = layer.bias >= 0;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t c = 0; c < count; ++c) {
        const auto s =
            static_cast<std::size_t>(o * data.stride + at[static_cast<std::size_t>(c)].sample);
        const auto first = [&](int j) { return magnitudes_.first[static_cast<std::size_t>(j)][s]; };
        if (l == 0) {
          double sum = first(0) + reach_ * first(axis_ + 1);
          for (int j = 0; j < slice_.axes; ++j) sum += std::fabs(coordinates_[j]) * first(j + 1);
          a[o * n + c] = sum;
          t[o * n + c] = first(axis_ + 1);
        } else {
          a[o * n + c] = bias ? magnitude_[static_cast<std::size_t>(layer.bias + o)] : 0.0;
          t[o * n + c] = bias ? direction[layer.bias + o] : 0.0;
        }
      }
    }
    if (l > 0) {
      const Weights<double> w{magnitude_.data() + layer.weight, layer.inputs, 1};
      add_product<double>(w, layer.outputs, layer.inputs, part(value_size, l), n, n, a, n);
      add_product<double>(w, layer.outputs, layer.inputs, part(tangent_size, l), n, n, t, n);
      add_product<double>({direction + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs,
                          part(value_size, l), n, n, t, n);
    }
    const auto add_skip = [&](int from) {
      if (from == Layer::no_skip) return;
      add_rows<double>({part(value_size, from), n}, layer.outputs, n, a, n);
      add_rows<double>({part(tangent_size, from), n}, layer.outputs, n, t, n);
    };
    add_skip(layer.skip_before);
    // jump_size still holds nothing of this layer: keep what a flip multiplies, the size of ż.
    std::copy_n(t, layer.outputs * n, part(jump_size, l + 1));
    const double steep = steepest(layer);
    const bool straight = is_straight(layer.activation);
    for (std::int64_t i = 0; i < layer.outputs * n; ++i) {
      const double bend = straight ? 1.0 : 1.0 + a[i];  // σ' itself is uncertain
      t[i] *= steep * bend;
      a[i] = steep * a[i] + std::fabs(part(value, l + 1)[i]);
    }
    add_skip(layer.skip_after);
  }
}

void SampleLine::add_loss(std::int64_t c, std::int64_t sample, SlopeJump& result) const {
  const NetworkData<double>& data = slice_.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t outputs = data.layers.back().outputs;
  const auto at = [&](Part kind, std::int64_t o) { return part(kind, depth)[o * n + c]; };
  double slope = 0.0, size = 0.0;
  const auto add = [&](std::int64_t o, double first, double uncertain) {
    slope += first * at(tangent, o);
    size += (std::fabs(first) + uncertain) * at(tangent_size, o);
    result.value += first * at(jump, o);
    result.error += relative_error_ * (std::fabs(first) + uncertain) * at(jump_size, o);
  };
  if (data.task.loss == Loss::output) {
    add(data.task.output, 1.0, 0.0);
  } else if (data.task.loss == Loss::cross_entropy) {
    double largest = at(value, 0);
    double sizes = 0.0;
    for (std::int64_t o = 0; o < outputs; ++o) {
      largest = std::max(largest, at(value, o));
      sizes += at(value_size, o);
    }
    double total = 0.0;
    for (std::int64_t o = 0; o < outputs; ++o) total += std::exp(at(value, o) - largest);
    const std::int64_t label = data.task.labels[static_cast<std::size_t>(sample)];
    for (std::int64_t o = 0; o < outputs; ++o) {
      const double p = std::exp(at(value, o) - largest) / total;
      add(o, o == label ? p - 1.0 : p, 1.0 + sizes);
    }
  } else {
    shared::with_pointwise_loss(data.task.loss, [&]<Loss kind>() {
      for (std::int64_t o = 0; o < outputs; ++o) {
        const double y = data.targets[static_cast<std::size_t>(o * data.stride + sample)];
        add(o, shared::pointwise_loss<kind>(at(value, o), y).first,
            2.0 * (at(value_size, o) + std::fabs(y)));
      }
    });
  }
  // Units that move no faster than rounding may be on either side of a kink: in every layer that is
  // up to twice the largest slope, of a ż of up to twice its rounding.
  result.slope = {slope, (1.0 + 4.0 * depth) * relative_error_ * size};
}

void SampleLine::jumps(std::span<const LineColumn> at, std::span<const std::vector<KinkFlip>> flips,
                       std::span<SlopeJump> found) {
  const NetworkData<double>& data = slice_.data;
  const auto count = static_cast<std::int64_t>(at.size());
  const double* direction = slice_.parameter[static_cast<std::size_t>(axis_) + 1].data();
  make_sizes(at);
  for (const Part kind : {tangent, jump, jump_size}) {
    std::fill_n(part(kind, 0), data.layers.front().inputs * n, 0.0);
  }
  std::ranges::fill(found, SlopeJump{});
  Aligned<double> z_sizes;  // of ż
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    const std::int64_t size = layer.outputs * n;
    double* t = part(tangent, l + 1);
    double* d = part(jump, l + 1);
    double* d_size = part(jump_size, l + 1);
    z_sizes.assign(d_size, d_size + size);
    std::fill_n(d, size, 0.0);
    std::fill_n(d_size, size, 0.0);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t c = 0; c < count; ++c) {
        const auto s =
            static_cast<std::size_t>(o * data.stride + at[static_cast<std::size_t>(c)].sample);
        t[o * n + c] = l == 0 ? slice_.first[static_cast<std::size_t>(axis_) + 1][s]
                              : (layer.bias < 0 ? 0.0 : direction[layer.bias + o]);
      }
    }
    if (l > 0) {  // ż = (W + place·A)·ȧ + A·a + b_A
      add_line_product(l, part(tangent, l), at.data(), count, t);
      add_product<double>({direction + layer.weight, layer.inputs, 1}, layer.outputs, layer.inputs,
                          part(value, l), n, n, t, n);
      add_line_product(l, part(jump, l), at.data(), count, d);
      add_product<double>({magnitude_.data() + layer.weight, layer.inputs, 1}, layer.outputs,
                          layer.inputs, part(jump_size, l), n, n, d_size, n);
    }
    const auto add_skip = [&](int from) {
      if (from <= 0) return;  // the inputs do not move
      add_rows<double>({part(tangent, from), n}, layer.outputs, n, t, n);
      add_rows<double>({part(jump, from), n}, layer.outputs, n, d, n);
      add_rows<double>({part(jump_size, from), n}, layer.outputs, n, d_size, n);
    };
    add_skip(layer.skip_before);
    const double steep = steepest(layer);
    const bool straight = is_straight(layer.activation);
    const KinkSlopes slopes = kink_slopes(layer.activation, layer.slope);
    const double* z = part(pre_activation, l + 1);
    const auto flip = [&](std::int64_t o, std::int64_t c) -> const KinkFlip* {
      for (const KinkFlip& f : flips[static_cast<std::size_t>(c)]) {
        if (f.layer == l && f.unit == o) return &f;
      }
      return nullptr;
    };
    shared::with_activation(layer.activation, [&]<Activation kind>() {
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        const shared::MaskRow<double> mask = layer.mask.row(o);
        for (std::int64_t c = 0; c < count; ++c) {
          const std::int64_t i = o * n + c;
          const KinkFlip* const f = flip(o, c);
          const double kept =
              layer.mask.drops() ? mask.at(at[static_cast<std::size_t>(c)].sample) : 1.0;
          const double rounding = relative_error_ * z_sizes[static_cast<std::size_t>(i)];
          const auto moving = [&](double speed) {
            return std::fabs(speed) <= rounding ? 0.0 : speed;
          };
          const double z_before = moving(t[i]);
          const double z_after = moving(t[i] + d[i]);
          const double z_size = part(value_size, l + 1)[i];
          const double fastest = std::max(std::fabs(z_before), std::fabs(z_after));
          SlopeJump& jump = found[static_cast<std::size_t>(c)];
          const double known = jump.place_error <= widest_place * reach_ ? jump.place_error : 0.0;
          const bool at_zero = std::fabs(z[i]) <= value_error_ * z_size +
                                                      (same_place * reach_ + known) * fastest +
                                                      lost;
          const bool at_kink = f != nullptr || (slopes.kinked() && at_zero && fastest > 0.0);
          double before = shared::activation<kind>(z[i], layer.slope).first;
          double after = before;
          if (at_kink) {
            const bool from_above = f != nullptr ? !f->up : z_before < 0.0;
            const bool to_above = f != nullptr ? f->up : z_after > 0.0;
            before = from_above ? slopes.above : slopes.below;
            after = to_above ? slopes.above : slopes.below;
            jump.at_kink = true;
            jump.place_error = std::max(jump.place_error, value_error_ * z_size / fastest);
          }
          const bool bends = at_kink || (slopes.kinked() && at_zero);
          const double bend = bends ? std::fabs(slopes.above - slopes.below) : 0.0;
          before *= kept;
          after *= kept;
          d[i] = after * d[i] + (after - before) * t[i];
          d_size[i] = steep * d_size[i] * (straight ? 1.0 : 1.0 + z_size) +
                      kept * bend * z_sizes[static_cast<std::size_t>(i)];
          t[i] *= before;
        }
      }
    });
    add_skip(layer.skip_after);
  }
  for (std::int64_t c = 0; c < count; ++c) {
    const auto k = static_cast<std::size_t>(c);
    add_loss(c, at[k].sample, found[k]);
  }
}

}  // namespace convexscan::cpu
