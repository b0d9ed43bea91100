// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// Graphs put together at random are refused, or read as networks that compute what they do.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "naive_network.hpp"
#include "onnx_graph_builder.hpp"

namespace convexscan {
namespace {

using Row = std::vector<double>;

const std::map<std::string, std::function<double(double)>> of_one{
    {"Identity", [](double z) { return z; }},
    {"Neg", [](double z) { return -z; }},
    {"Relu", [](double z) { return z > 0 ? z : 0; }},
    {"Sigmoid", [](double z) { return 1 / (1 + std::exp(-z)); }},
    {"Softplus", [](double z) { return std::log(1 + std::exp(z)); }},
    {"Tanh", [](double z) { return std::tanh(z); }},
    {"Sin", [](double z) { return std::sin(z); }}};

const std::map<std::string, std::function<double(double, double)>> of_two{
    {"Add", [](double a, double b) { return a + b; }},
    {"Sub", [](double a, double b) { return a - b; }},
    {"Mul", [](double a, double b) { return a * b; }},
    {"Greater", [](double a, double b) { return a > b; }}};

/// What a graph computes from one sample, node by node as ONNX defines its operators.
Row evaluate(const onnx::GraphProto& graph, const Row& x) {
  std::map<std::string, Row> values{{"x", x}};
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    values[tensor.name()].assign(tensor.float_data().begin(), tensor.float_data().end());
  }
  for (const onnx::NodeProto& node : graph.node()) {
    const auto at = [&](int input, std::size_t i) {
      const Row& row = values.at(node.input(input));
      return row[row.size() == 1 ? 0 : i];
    };
    Row& made = values[node.output(0)];
    if (node.op_type() == "MatMul" || node.op_type() == "Gemm") {  // x·W + b, W (inputs, outputs)
      const Row& a = values.at(node.input(0));
      const Row& w = values.at(node.input(1));
      made.assign(w.size() / a.size(), 0.0);
      for (std::size_t o = 0; o < made.size(); ++o) {
        for (std::size_t i = 0; i < a.size(); ++i) made[o] += a[i] * w[i * made.size() + o];
        if (node.input_size() > 2) made[o] += at(2, o);
      }
      continue;
    }
    std::size_t width = 1;
    for (const std::string& name : node.input()) width = std::max(width, values.at(name).size());
    for (std::size_t i = 0; i < width; ++i) {
      if (node.op_type() == "Where") {
        made.push_back(at(0, i) != 0 ? at(1, i) : at(2, i));
      } else if (node.input_size() == 2) {
        made.push_back(of_two.at(node.op_type())(at(0, i), at(1, i)));
      } else {
        made.push_back(of_one.at(node.op_type())(at(0, i)));
      }
    }
  }
  return values.at("y");
}

/// A graph of two to nine pieces: products with and without biases, activations, those that are
/// written in several nodes, sums and products of earlier values, and constants.
class RandomGraph : public GraphBuilder {
 public:
  explicit RandomGraph(std::uint64_t seed) : GraphBuilder({-1, inputs}), random_(seed) {
    weights("zero", {}, {0.0F});
    weights("constant", {}, {std::vector<float>{0.5F, 1.0F, 2.0F}[below(3)]});
    made_.push_back({"x", inputs});
    const int pieces = 2 + below(8);
    for (int piece = 0; piece < pieces; ++piece) add_piece();
    node("Identity", {made_.back().name}, "y");
    output("y");
  }

  Row sample() {
    Row x;
    for (int i = 0; i < inputs; ++i) x.push_back(3 * number());
    return x;
  }

 private:
  static constexpr int inputs = 3;
  struct Made {
    std::string name;
    int width;
  };

  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  /// In [−1, 1), a multiple of 2⁻¹⁰.
  float number() { return static_cast<float>(below(2048) - 1024) / 1024.0F; }

  std::vector<float> numbers(int count) {
    std::vector<float> all;
    for (int i = 0; i < count; ++i) all.push_back(number());
    return all;
  }

  /// The latest value more often than not, so that some graphs are chains.
  Made pick() {
    return below(3) != 0 ? made_.back() : made_[static_cast<std::size_t>(below(size()))];
  }
  Made pick_of_width(int width) {
    for (int attempt = 0; attempt < 9; ++attempt) {
      const Made& other = made_[static_cast<std::size_t>(below(size()))];
      if (other.width == width) return other;
    }
    return {"constant", 1};
  }
  int size() const { return static_cast<int>(made_.size()); }

  std::string fresh() { return fmt::format("v{}", ++names_); }
  std::string add(const std::string& op, std::initializer_list<std::string> from, int width) {
    const std::string name = fresh();
    node(op, from, name);
    made_.push_back({name, width});
    return name;
  }

  /// Of one value, or two of the same one side by side.
  void add_products() {
    const Made from = pick();
    const int outputs = 2 + below(2);
    const int count = below(6) == 0 ? 2 : 1;
    for (int i = 0; i < count; ++i) add_product(from, outputs);
  }

  void add_product(const Made& from, int outputs) {
    const std::string w = fresh();
    const std::string b = fresh();
    weights(w, {from.width, outputs}, numbers(from.width * outputs));
    weights(b, {outputs}, numbers(outputs));
    const int form = below(4);
    if (form == 0) {
      add("Gemm", {from.name, w}, outputs);
    } else if (form == 1) {
      add("Gemm", {from.name, w, b}, outputs);
    } else {
      const std::string z = add("MatMul", {from.name, w}, outputs);
      if (form == 2) add("Add", {z, b}, outputs);
    }
  }

  void add_piece() {
    const Made a = pick();
    const Made b = pick_of_width(a.width);
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return add_products();
      case 4:
      case 5: {
        auto op = of_one.begin();
        std::advance(op, below(static_cast<int>(of_one.size())));
        add(op->first, {a.name}, a.width);
        return;
      }
      case 6:
        add("Add", {a.name, b.name}, a.width);
        return;
      case 7: {  // silu, or a gate
        const std::string gate = fresh();
        node("Sigmoid", {b.name}, gate);
        add("Mul", {a.name, gate}, a.width);
        return;
      }
      case 8: {  // relu, or a choice
        const std::string up = fresh();
        node("Greater", {b.name, "zero"}, up);
        add("Where", {up, a.name, "zero"}, a.width);
        return;
      }
      default:
        add(below(2) != 0 ? "Mul" : "Sub", {a.name, b.name}, a.width);
    }
  }

  std::mt19937_64 random_;
  std::vector<Made> made_;
  int names_ = 0;
};

TEST(OnnxRandomGraphs, AreRefusedOrReadAsWhatTheyCompute) {
  int read = 0;
  int refused = 0;
  int gated = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomGraph graph(seed);
    LoadedModel loaded;
    try {
      loaded = graph.load();
    } catch (const Error& error) {
      ++refused;
      gated += std::string_view(error.what()).find(" multiplies ") != std::string_view::npos;
      continue;
    }
    ++read;
    const std::vector<long double> theta(loaded.weights.begin(), loaded.weights.end());
    for (int repeat = 0; repeat < 3; ++repeat) {
      const Row x = graph.sample();
      const Row expected = evaluate(graph.graph(), x);
      const auto found = naive::outputs<long double>(loaded.model, theta, x, 0);
      ASSERT_EQ(found.size(), expected.size()) << "seed " << seed;
      for (std::size_t o = 0; o < found.size(); ++o) {
        auto value = static_cast<double>(found[o]);
        if (loaded.dropped == LoadedModel::Dropped::sigmoid) value = 1 / (1 + std::exp(-value));
        // Weights are at most 1, widths 3 and layers 9: values below 4⁹·3, some hundred roundings.
        ASSERT_LE(std::abs(value - expected[o]), 1e-14 * 100 * (1 << 18))
            << "seed " << seed << ", output " << o << ", read as " << loaded.model.description();
      }
    }
  }
  // Both sides are tried, and the way on which two products of one value could be taken for one.
  EXPECT_GT(read, 100);
  EXPECT_GT(refused, 100);
  EXPECT_GT(gated, 20);
}

}  // namespace
}  // namespace convexscan
