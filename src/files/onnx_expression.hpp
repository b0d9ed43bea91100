// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "convexscan/activation.hpp"

namespace convexscan::graph {

enum class Op {
  node,    ///< output of a finished layer, or the input: first = its node in the model
  affine,  ///< W·a + b of the layer being read: first = the layer, second = whether b was added
  scalar,  ///< value
  add,
  sub,
  mul,
  div,
  pow,
  greater,  ///< 1 or 0
  less,
  where,  ///< first ? second : third
  neg,
  erf,
  exp,
  log,
  sqrt,
  relu,
  leaky_relu,  ///< value = slope
  elu,         ///< value = alpha
  gelu,
  gelu_tanh,
  sigmoid,
  silu,
  softplus,
  tanh,
  sin,
  softmax,
  log_softmax,
  two_columns,  ///< 1 − p and p, side by side
};

/// What a graph computes from the network's input, as operations on earlier expressions.
struct Expression {
  Op op = Op::node;
  int first = -1;
  int second = -1;
  int third = -1;
  double value = 0.0;
};

/// The node of the graph that made an expression, for messages.
struct Maker {
  std::string label;  ///< "node "/act/Mul" (Mul)"
  std::string op;     ///< "Mul"
};

struct ActivationAndSlope {
  Activation activation = Activation::identity;
  double slope = 0.0;
};

/// Expressions by number. Equal ones get the same number, and operands come before what uses them.
class Expressions {
 public:
  int add(Expression expression);
  const Expression& operator[](int id) const { return all_[static_cast<std::size_t>(id)]; }
  int count() const { return static_cast<int>(all_.size()); }

  /// The first node that made an expression; none for the network's input.
  void set_maker(int id, const Maker& maker) { makers_.try_emplace(id, maker); }
  const Maker* maker(int id) const;

  /// The activation that id is of base, told by its values: exporters write gelu, silu and others
  /// in many ways, with constants rounded to float32. Nothing when it is none, or depends on
  /// anything else than base.
  std::optional<ActivationAndSlope> activation_of(int id, int base) const;

 private:
  std::vector<Expression> all_;
  std::map<std::tuple<Op, int, int, int, std::uint64_t>, int> number_;
  std::map<int, Maker> makers_;
};

}  // namespace convexscan::graph
