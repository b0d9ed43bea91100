// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "convexscan/error.hpp"
#include "convexscan/segments.hpp"
#include "named.hpp"
#include "random_stream.hpp"
#include "shared/skips.hpp"
#include "symmetry.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 3> names{"permute", "flip", "rescale"};

/// Hidden layers whose neurons may be changed: no skip adds to them or takes from them.
std::vector<int> layers_with(const Model& model, Symmetry symmetry) {
  std::vector<int> found;
  for (int l = 0; l + 1 < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    const bool skipped = shared::is_skipped(model.layers(), l + 1);
    const bool added = layer.skip_before != Layer::no_skip || layer.skip_after != Layer::no_skip;
    if (skipped || added) continue;
    // A neuron's mask stays where it is.
    if (symmetry == Symmetry::permute && layer.dropout > 0.0) continue;
    if (symmetry == Symmetry::permute && layer.outputs < 2) continue;
    if (symmetry == Symmetry::flip && !is_odd(layer.activation)) continue;
    if (symmetry == Symmetry::rescale && !is_positively_homogeneous(layer.activation)) continue;
    found.push_back(l);
  }
  return found;
}

/// Calls change(parameter, is_incoming) for every weight of a hidden neuron.
template <class Change>
void for_each_weight(const Model& model, int l, std::int64_t neuron, Change&& change) {
  const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
  const Layer& next = model.layers()[static_cast<std::size_t>(l) + 1];
  for (std::int64_t i = 0; i < layer.inputs; ++i) {
    change(static_cast<std::size_t>(model.weight_offset(l) + neuron * layer.inputs + i), true);
  }
  if (layer.bias) change(static_cast<std::size_t>(model.bias_offset(l) + neuron), true);
  for (std::int64_t o = 0; o < next.outputs; ++o) {
    change(static_cast<std::size_t>(model.weight_offset(l + 1) + o * next.inputs + neuron), false);
  }
}

}  // namespace

Symmetry parse_symmetry(std::string_view text) {
  return static_cast<Symmetry>(index_of_name("--twin", text, names));
}

Twin twin(const Model& model, std::span<const double> theta, Symmetry symmetry,
          std::uint64_t seed) {
  const std::vector<int> layers = layers_with(model, symmetry);
  if (layers.empty()) {
    constexpr std::array<std::string_view, 3> needs{
        "a hidden layer of two or more neurons without dropout",
        "a hidden layer with tanh, sin or identity",
        "a hidden layer with relu, leaky-relu or identity"};
    const auto which = static_cast<std::size_t>(symmetry);
    throw UsageError(
        fmt::format("--twin {} needs {}, without skip connections", names[which], needs[which]));
  }
  boost::random::mt19937_64 random(stream_seed(seed, RandomUse::twins));
  const auto draw = [&](std::int64_t count) {
    return boost::random::uniform_int_distribution<std::int64_t>(0, count - 1)(random);
  };
  const int l = layers[static_cast<std::size_t>(draw(static_cast<std::int64_t>(layers.size())))];
  const std::int64_t width = model.layers()[static_cast<std::size_t>(l)].outputs;
  const std::int64_t neuron = draw(width);
  Twin result{{theta.begin(), theta.end()}, {}};
  if (symmetry == Symmetry::permute) {
    const std::int64_t other = (neuron + 1 + draw(width - 1)) % width;
    std::vector<std::size_t> places;
    for_each_weight(model, l, neuron, [&](std::size_t at, bool) { places.push_back(at); });
    std::size_t next = 0;
    for_each_weight(model, l, other, [&](std::size_t at, bool) {
      std::swap(result.theta[at], result.theta[places[next++]]);
    });
    result.description =
        fmt::format("hidden neurons {} and {} of layer {} change places",
                    std::min(neuron, other) + 1, std::max(neuron, other) + 1, l + 1);
  } else if (symmetry == Symmetry::flip) {
    for_each_weight(model, l, neuron,
                    [&](std::size_t at, bool) { result.theta[at] = -result.theta[at]; });
    result.description =
        fmt::format("hidden neuron {} of layer {} changes its signs", neuron + 1, l + 1);
  } else {
    // Powers of two, so that not a bit of the function changes.
    const double factor = static_cast<double>(std::int64_t{2} << draw(3));
    for_each_weight(model, l, neuron, [&](std::size_t at, bool incoming) {
      result.theta[at] *= incoming ? factor : 1.0 / factor;
    });
    result.description = fmt::format(
        "hidden neuron {} of layer {} has its input weights times {:g}, its "
        "output weights divided by that",
        neuron + 1, l + 1, factor);
  }
  return result;
}

}  // namespace convexscan
