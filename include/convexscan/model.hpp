// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/activation.hpp"

namespace convexscan {

/// One fully connected layer: z = W·a + b (+ skip), output = m ⊙ σ(z) (+ skip), where the mask m is
/// of inverted dropout: 0 for a fraction P of units and samples, 1/(1 − P) for the others. It is
/// fixed by a seed, so that the network is one function, and its formula is in
/// src/shared/dropout.hpp.
///
/// The *nodes* of a network are its input (node 0) and the output of layer l (node l + 1); a skip
/// names the earlier node that is added, or no_skip.
struct Layer {
  static constexpr int no_skip = -1;

  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  bool bias = true;
  Activation activation = Activation::identity;
  double slope = 0.0;         ///< leaky_relu: slope below zero; elu: alpha; else unused
  int skip_before = no_skip;  ///< node added to z, before the activation
  int skip_after = no_skip;   ///< node added to m ⊙ σ(z)
  double dropout = 0.0;       ///< P in [0, 1); 0: no mask
  std::uint64_t dropout_seed = 0;
};

/// A multilayer perceptron, possibly residual, without its parameters.
///
/// Parameters lie in one vector, layer by layer: W (outputs × inputs, row-major), then b, which is
/// the order of PyTorch's parameters() for the same network.
class Model {
 public:
  Model() = default;

  /// Throws Error when widths do not chain, a skip joins nodes of different width or a fraction of
  /// dropout is not one.
  explicit Model(std::vector<Layer> layers);

  std::span<const Layer> layers() const { return layers_; }
  int depth() const { return static_cast<int>(layers_.size()); }
  std::int64_t inputs() const { return layers_.front().inputs; }
  std::int64_t outputs() const { return layers_.back().outputs; }
  std::int64_t parameter_count() const { return offsets_.back(); }

  /// Width of a node: the network's input for 0, else the output of layer node − 1.
  std::int64_t width(int node) const;

  /// Where W of a layer starts; weight_offset(depth()) is parameter_count().
  std::int64_t weight_offset(int layer) const { return offsets_[static_cast<std::size_t>(layer)]; }

  /// Where b of a layer starts; meaningless for a layer without bias.
  std::int64_t bias_offset(int layer) const;

  /// One line, for people and for the result file: "64-32-10 tanh".
  std::string description() const;

 private:
  std::vector<Layer> layers_;
  std::vector<std::int64_t> offsets_{0};
};

/// The network of `--mlp`: "64-16-10" with one activation after every layer but the last.
/// residual adds each hidden layer's input to its output wherever the two are equally wide.
/// Throws UsageError when the text is not two or more positive widths.
Model mlp(std::string_view widths, Activation activation, double slope, bool bias, bool residual);

/// The network with masks of inverted dropout on every hidden layer's output, fixed by the seed.
/// Throws UsageError unless 0 ≤ rate < 1, and where there is no hidden layer.
Model with_dropout(const Model& model, double rate, std::uint64_t seed);

/// How fresh weights are drawn; biases start at zero except for normal.
struct Initialization {
  enum class Kind { xavier, he, normal, zero } kind = Kind::xavier;
  double deviation = 1.0;  ///< normal only
};

/// Weights (parameters), the same for a seed on every machine.
/// xavier: uniform on ±√(6/(in+out)) (Glorot & Bengio 2010, eq. 16); he: normal with variance 2/in
/// (He et al. 2015, eq. 10); normal: every parameter normal with the given deviation.
std::vector<double> initial_weights(const Model& model, const Initialization& initialization,
                                    std::uint64_t seed);

/// Normal numbers with the given deviation, the same for a seed on every machine.
std::vector<double> normal_numbers(std::int64_t count, double deviation, std::uint64_t seed);

/// Names as the command line spells them; parse_ throws UsageError with the near miss.
std::string_view name(Activation activation);
Activation parse_activation(std::string_view text);
double default_slope(Activation activation);
Initialization parse_initialization(std::string_view text);

}  // namespace convexscan
