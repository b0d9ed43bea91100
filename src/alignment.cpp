// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "assignment.hpp"
#include "symmetry.hpp"

namespace convexscan {
namespace {

using Index = std::size_t;

Index at(std::int64_t i) { return static_cast<Index>(i); }

/// Which unit of the other network comes to each place, and with which sign.
struct Renaming {
  std::vector<std::int64_t> unit;
  std::vector<double> sign;
};

/// Nodes whose units change places together.
struct Group {
  std::int64_t width = 0;
  bool free = true;  ///< neither the inputs nor the outputs are among them
  bool odd = true;   ///< every layer that ends in one has an odd activation
};

class Matching {
 public:
  Matching(const Model& model, std::span<const double> reference, std::span<const double> other)
      : model_(model), reference_(reference), other_(other) {
    group_nodes();
    for (const Group& group : groups_) {
      Renaming same{std::vector<std::int64_t>(at(group.width)),
                    std::vector<double>(at(group.width), 1.0)};
      std::iota(same.unit.begin(), same.unit.end(), 0);
      renaming_.push_back(std::move(same));
    }
  }

  /// Matches incoming weights alone, each layer after those before it.
  void match_in_order() {
    std::vector<bool> known(groups_.size());
    for (Index g = 0; g < groups_.size(); ++g) known[g] = !groups_[g].free;
    for (int l = 0; l < model_.depth(); ++l) {
      const Index g = out_group(l);
      if (known[g]) continue;
      renaming_[g] = best(g, similarity(g, known));
      known[g] = true;
    }
  }

  /// Coordinate descent, until no group's best renaming brings the networks nearer.
  void descend() {
    constexpr int most_sweeps = 100;
    const std::vector<bool> all(groups_.size(), true);
    for (int sweep = 0; sweep < most_sweeps; ++sweep) {
      bool nearer = false;
      for (Index g = 0; g < groups_.size(); ++g) {
        if (!groups_[g].free) continue;
        const double before = distance();
        Renaming kept = std::move(renaming_[g]);
        renaming_[g] = kept;
        renaming_[g] = best(g, similarity(g, all));
        // Where a skip spans a single layer the layer joins a group to itself, and what is best for
        // the renaming as it was need not be an improvement.
        if (distance() < before) {
          nearer = true;
        } else {
          renaming_[g] = std::move(kept);
        }
      }
      if (!nearer) return;
    }
  }

  std::vector<double> renamed() const { return renamed(other_); }

  /// The units of other weights renamed as those of this network.
  std::vector<double> renamed(std::span<const double> other) const {
    std::vector<double> theta(other.size());
    for (int l = 0; l < model_.depth(); ++l) {
      const Layer& layer = model_.layers()[at(l)];
      const Renaming& out = renaming_[out_group(l)];
      const Renaming& in = renaming_[in_group(l)];
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        for (std::int64_t i = 0; i < layer.inputs; ++i) {
          theta[weight(l, o, i)] =
              out.sign[at(o)] * in.sign[at(i)] * other[weight(l, out.unit[at(o)], in.unit[at(i)])];
        }
        if (layer.bias) {
          const std::int64_t b = model_.bias_offset(l);
          theta[at(b + o)] = out.sign[at(o)] * other[at(b + out.unit[at(o)])];
        }
      }
    }
    return theta;
  }

  double distance() const {
    const std::vector<double> theta = renamed();
    double squares = 0.0;
    for (Index i = 0; i < theta.size(); ++i) squares += std::pow(reference_[i] - theta[i], 2);
    return std::sqrt(squares);
  }

  void count(Alignment& alignment) const {
    for (int l = 0; l + 1 < model_.depth(); ++l) {
      const Index g = out_group(l);
      if (!groups_[g].free) continue;
      alignment.units += groups_[g].width;
      for (std::int64_t i = 0; i < groups_[g].width; ++i) {
        alignment.moved += renaming_[g].unit[at(i)] != i ? 1 : 0;
        alignment.flipped += renaming_[g].sign[at(i)] < 0.0 ? 1 : 0;
      }
    }
  }

 private:
  Index out_group(int layer) const { return group_[at(layer) + 1]; }
  Index in_group(int layer) const { return group_[at(layer)]; }
  Index weight(int l, std::int64_t o, std::int64_t i) const {
    return at(model_.weight_offset(l) + o * model_.layers()[at(l)].inputs + i);
  }

  void group_nodes() {
    const int nodes = model_.depth() + 1;
    std::vector<int> first(at(nodes));  // the earliest node that each is joined with
    std::iota(first.begin(), first.end(), 0);
    const auto root = [&](int node) {
      while (first[at(node)] != node) node = first[at(node)];
      return node;
    };
    for (int l = 0; l < model_.depth(); ++l) {
      const Layer& layer = model_.layers()[at(l)];
      for (const int skip : {layer.skip_before, layer.skip_after}) {
        if (skip == Layer::no_skip) continue;
        const int a = root(skip);
        const int b = root(l + 1);
        first[at(std::max(a, b))] = std::min(a, b);
      }
    }
    std::vector<Index> number(at(nodes));
    for (int node = 0; node < nodes; ++node) {
      if (root(node) == node) {
        number[at(node)] = groups_.size();
        groups_.push_back({model_.width(node), true, true});
      }
      const Index g = number[at(root(node))];
      group_.push_back(g);
      // A unit's dropout mask stays where it is.
      const bool masked = node > 0 && model_.layers()[at(node) - 1].dropout > 0.0;
      if (node == 0 || node == nodes - 1 || masked) groups_[g].free = false;
      if (node > 0 && !is_odd(model_.layers()[at(node) - 1].activation)) groups_[g].odd = false;
    }
  }

  /// score[i, j]: what the squared distance loses, by half, when unit j comes to place i, other
  /// groups as they are. Only weights from and to groups that are known count.
  std::vector<double> similarity(Index g, const std::vector<bool>& known) const {
    const std::int64_t n = groups_[g].width;
    std::vector<double> score(at(n * n), 0.0);
    for (int l = 0; l < model_.depth(); ++l) {
      const Layer& layer = model_.layers()[at(l)];
      const Renaming& out = renaming_[out_group(l)];
      const Renaming& in = renaming_[in_group(l)];
      const bool incoming = out_group(l) == g && known[in_group(l)];
      const bool outgoing = in_group(l) == g && known[out_group(l)] && known[g];
      for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          double sum = 0.0;
          for (std::int64_t k = 0; incoming && k < layer.inputs; ++k) {
            sum +=
                reference_[weight(l, i, k)] * in.sign[at(k)] * other_[weight(l, j, in.unit[at(k)])];
          }
          if (incoming && layer.bias) {
            const std::int64_t b = model_.bias_offset(l);
            sum += reference_[at(b + i)] * other_[at(b + j)];
          }
          for (std::int64_t k = 0; outgoing && k < layer.outputs; ++k) {
            sum += reference_[weight(l, k, i)] * out.sign[at(k)] *
                   other_[weight(l, out.unit[at(k)], j)];
          }
          score[at(i * n + j)] += sum;
        }
      }
    }
    return score;
  }

  Renaming best(Index g, std::vector<double> score) const {
    const std::int64_t n = groups_[g].width;
    std::vector<double> sizes = score;
    if (groups_[g].odd) {
      for (double& s : sizes) s = std::fabs(s);
    }
    Renaming result{best_assignment(sizes, n), std::vector<double>(at(n), 1.0)};
    for (std::int64_t i = 0; groups_[g].odd && i < n; ++i) {
      if (score[at(i * n + result.unit[at(i)])] < 0.0) result.sign[at(i)] = -1.0;
    }
    return result;
  }

  const Model& model_;
  const std::span<const double> reference_;
  const std::span<const double> other_;
  std::vector<Index> group_;  ///< of each node
  std::vector<Group> groups_;
  std::vector<Renaming> renaming_;  ///< of each group
};

/// The weights divided by unit, a power of two, which changes no comparison.
std::vector<double> in_units(std::span<const double> theta, double unit) {
  std::vector<double> scaled(theta.begin(), theta.end());
  for (double& w : scaled) w /= unit;
  return scaled;
}

}  // namespace

Alignment align(const Model& model, std::span<const double> reference,
                std::span<const double> other) {
  // Squares of weights as they are may be no numbers.
  double largest = 0.0;
  for (const double w : reference) largest = std::max(largest, std::fabs(w));
  for (const double w : other) largest = std::max(largest, std::fabs(w));
  const double unit = largest > 0.0 ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
  const std::vector<double> scaled_reference = in_units(reference, unit);
  const std::vector<double> scaled_other = in_units(other, unit);
  Matching as_it_is(model, scaled_reference, scaled_other);
  Alignment result;
  result.distance_before = as_it_is.distance() * unit;
  Matching in_order(model, scaled_reference, scaled_other);
  as_it_is.descend();
  in_order.match_in_order();
  in_order.descend();
  const Matching& nearer = in_order.distance() < as_it_is.distance() ? in_order : as_it_is;
  nearer.count(result);
  result.theta = nearer.renamed(other);
  result.distance_after = nearer.distance() * unit;
  return result;
}

}  // namespace convexscan
