// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/onnx.hpp"

#include <gmock/gmock.h>

#include "onnx_one_layer.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

using Numbers = std::vector<double>;

TEST_F(OneLayer, MatMulWeightsAreTransposedAndEitherOrderOfAddIsABias) {
  g.node("Identity", {"z"}, "y");
  const LoadedModel loaded = g.load();
  EXPECT_EQ(loaded.weights, (Numbers{1, 3, 2, 4, 5, 6}));
  EXPECT_EQ(loaded.model.description(), "2-2 identity");
}

TEST_F(OneLayer, OnlyANetworkWithNoBiasAtAllIsDescribedAsWithoutBias) {
  g.node("Relu", {"z"}, "h");
  second_layer("h");
  EXPECT_EQ(g.load().model.description(), "2-2-1 relu");
  g.graph().mutable_node(2)->set_input(0, "product");
  EXPECT_EQ(g.load().model.description(), "2-2-1 relu without bias");
}

TEST(OnnxGemm, AlphaBetaAndTransBGoIntoTheWeights) {
  for (const std::int64_t turned : {0, 1}) {
    GraphBuilder g;
    g.weights("w", {2, 2}, {1, 2, 3, 4});
    g.weights("b", {1, 2}, {5, 6});
    auto& gemm = g.node("Gemm", {"x", "w", "b"}, "y");
    GraphBuilder::set(gemm, "transB", turned);
    GraphBuilder::set(gemm, "alpha", 2.0F);
    GraphBuilder::set(gemm, "beta", 10.0F);
    g.output("y");
    EXPECT_EQ(g.load().weights,
              turned != 0 ? (Numbers{2, 4, 6, 8, 50, 60}) : (Numbers{2, 6, 4, 8, 50, 60}));
  }
}

TEST(OnnxGemm, ABiasOfOneNumberIsThatOfEveryOutput) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, std::vector<std::int64_t>{1},
        std::vector<std::int64_t>{1, 1}}) {
    GraphBuilder g;
    g.weights("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    g.weights("b", shape, {7});
    GraphBuilder::set(g.node("Gemm", {"x", "w", "b"}, "y"), "beta", 2.0F);
    g.output("y");
    EXPECT_EQ(g.load().weights, (Numbers{1, 4, 2, 5, 3, 6, 14, 14, 14})) << shape.size();
  }
}

TEST_F(OneLayer, ActivationsAreRead) {
  const std::vector<std::pair<std::string, Activation>> known{
      {"Relu", Activation::relu},         {"LeakyRelu", Activation::leaky_relu},
      {"Elu", Activation::elu},           {"Gelu", Activation::gelu},
      {"Sigmoid", Activation::sigmoid},   {"Tanh", Activation::tanh},
      {"Softplus", Activation::softplus}, {"Sin", Activation::sin}};
  second_layer("h");
  auto& product = *g.graph().mutable_node()->ReleaseLast();
  auto& activation = g.node("", {"z"}, "h");
  g.graph().mutable_node()->AddAllocated(&product);
  for (const auto& [op, expected] : known) {
    activation.set_op_type(op);
    const Layer layer = g.load().model.layers()[0];
    EXPECT_EQ(layer.activation, expected) << op;
    EXPECT_EQ(layer.slope, static_cast<double>(static_cast<float>(default_slope(expected)))) << op;
  }
  activation.set_op_type("Gelu");
  GraphBuilder::set(activation, "approximate", std::string("tanh"));
  EXPECT_EQ(g.load().model.layers()[0].activation, Activation::gelu_tanh);
  activation.clear_attribute();
  activation.set_op_type("Elu");
  GraphBuilder::set(activation, "alpha", 0.25F);
  EXPECT_EQ(g.load().model.layers()[0].slope, 0.25);
  activation.mutable_attribute(0)->set_f(-0.5F);
  EXPECT_EQ(g.load().model.layers()[0].slope, -0.5);
}

TEST_F(OneLayer, TanhGeluWrittenWithPowIsRecognised) {
  g.weights("three", {}, {3});
  g.weights("c", {}, {0.044715F});
  g.weights("r", {}, {0.7978846F});
  g.weights("one", {}, {1});
  g.weights("half", {1}, {0.5F});
  g.node("Pow", {"z", "three"}, "cube");
  g.node("Mul", {"cube", "c"}, "small");
  g.node("Add", {"z", "small"}, "sum");
  g.node("Mul", {"r", "sum"}, "scaled");
  g.node("Tanh", {"scaled"}, "t");
  g.node("Add", {"t", "one"}, "shifted");
  g.node("Mul", {"z", "half"}, "halved");
  g.node("Mul", {"shifted", "halved"}, "h");
  second_layer("h");
  EXPECT_EQ(g.load().model.layers()[0].activation, Activation::gelu_tanh);
}

TEST_F(OneLayer, BranchesThatMakeAnActivationAreRecognised) {
  g.weights("zero", {}, {0});
  g.node("Greater", {"z", "zero"}, "up");
  g.node("Where", {"up", "z", "zero"}, "h");
  second_layer("h");
  EXPECT_EQ(g.load().model.layers()[0].activation, Activation::relu);
}

TEST_F(OneLayer, AnActivationWhoseExpOverflowsIsStillRecognised) {
  g.weights("one", {}, {1});
  g.node("Exp", {"z"}, "e");
  g.node("Add", {"e", "one"}, "sum");
  g.node("Log", {"sum"}, "h");
  second_layer("h");
  EXPECT_EQ(g.load().model.layers()[0].activation, Activation::softplus);
}

TEST_F(OneLayer, ResidualAdditionsBeforeAndAfterTheActivation) {
  g.node("Add", {"x", "z"}, "sum");
  g.node("Relu", {"sum"}, "r");
  g.node("Add", {"r", "x"}, "h");
  second_layer("h");
  const LoadedModel loaded = g.load();
  EXPECT_EQ(loaded.model.layers()[0].skip_before, 0);
  EXPECT_EQ(loaded.model.layers()[0].skip_after, 0);
  EXPECT_EQ(loaded.model.layers()[0].activation, Activation::relu);
}

TEST_F(OneLayer, ShapeGivesTheSizesFromItsStartToItsEnd) {
  auto& shape = g.node("Shape", {"x"}, "width");
  GraphBuilder::set(shape, "start", std::int64_t{1});
  GraphBuilder::set(shape, "end", std::int64_t{2});
  g.sizes("rest", {-1});
  g.node("Concat", {"rest", "width"}, "sizes").set_name("sizes");
  g.node("Reshape", {"z", "sizes"}, "y");
  EXPECT_EQ(g.error(), "(no error)");
  shape.mutable_attribute(0)->set_i(-2);
  shape.mutable_attribute(1)->set_i(-1);
  EXPECT_THAT(g.error(), HasSubstr("node \"n_y\" (Reshape): would mix samples"));
}

TEST_F(OneLayer, FinalSigmoidIsLeftOutWithANotice) {
  g.node("Sigmoid", {"z"}, "y");
  const LoadedModel loaded = g.load();
  EXPECT_EQ(loaded.model.layers()[0].activation, Activation::identity);
  ASSERT_EQ(loaded.notices.size(), 1U);
  EXPECT_THAT(
      loaded.notices[0],
      HasSubstr("node \"n_y\" (Sigmoid) is left out, as --loss binary-cross-entropy contains it"));
}

TEST_F(OneLayer, ConstantsAreFolded) {
  g.weights("turned", {1, 2}, {1, 1});
  g.weights("shift", {}, {10});
  g.node("Transpose", {"turned"}, "column");
  g.node("Mul", {"column", "shift"}, "scaled");
  g.node("Identity", {"scaled"}, "named");
  g.node("Relu", {"z"}, "r");
  g.node("MatMul", {"r", "named"}, "y");
  EXPECT_EQ(g.load().weights, (Numbers{1, 3, 2, 4, 5, 6, 10, 10}));
}

TEST_F(OneLayer, ConstantsFoldAsOnnxBroadcastsThem) {
  g.weights("one", {1, 1}, {10});
  g.node("Add", {"one", "b"}, "sum");
  g.node("Add", {"z", "sum"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_sum\" (Add): combines constants of shapes (1, 1) and "
                                   "(2,)"));
}

TEST_F(OneLayer, ConstantsThatAreCastToWholeNumbersAreCut) {
  g.weights("shift", {2}, {1.75F, -2.75F});
  GraphBuilder::set(g.node("Cast", {"shift"}, "whole"), "to",
                    std::int64_t{onnx::TensorProto::INT64});
  GraphBuilder::set(g.node("Cast", {"whole"}, "real"), "to",
                    std::int64_t{onnx::TensorProto::FLOAT});
  g.node("MatMul", {"x", "w"}, "again");
  g.node("Add", {"again", "real"}, "y");
  EXPECT_EQ(g.load().weights, (Numbers{1, 3, 2, 4, 1, -2}));
}

/// 7 / 2 and −7 / 2 of whole numbers are 3 and −3, of real ones 3.5 and −3.5.
TEST_F(OneLayer, QuotientsOfWholeConstantsAreCut) {
  g.sizes("sevens", {7, -7});
  GraphBuilder::set(g.node("Constant", {}, "two"), "value_int", std::int64_t{2});
  g.node("Div", {"sevens", "two"}, "threes");
  GraphBuilder::set(g.node("Cast", {"threes"}, "real"), "to",
                    std::int64_t{onnx::TensorProto::FLOAT});
  g.weights("half", {}, {2});
  g.node("Div", {"real", "half"}, "shift");
  g.node("MatMul", {"x", "w"}, "again");
  g.node("Add", {"again", "shift"}, "y");
  EXPECT_EQ(g.load().weights, (Numbers{1, 3, 2, 4, 1.5, -1.5}));
}

TEST_F(OneLayer, BiasOfOneNumberIsThatOfEveryOutput) {
  g.weights("shift", {1}, {7});
  g.node("MatMul", {"x", "w"}, "again");
  g.node("Add", {"again", "shift"}, "y");
  EXPECT_EQ(g.load().weights, (Numbers{1, 3, 2, 4, 7, 7}));
}

TEST(OnnxGraph, ReshapeMayNotMixSamples) {
  for (const auto& [shape, whole] :
       std::vector<std::pair<std::vector<std::int64_t>, bool>>{{{0, 4}, true},
                                                               {{-1, 4}, true},
                                                               {{0, -1}, true},
                                                               {{-1, 2}, false},
                                                               {{4, -1}, false},
                                                               {{-1}, false}}) {
    GraphBuilder g({-1, 2, 2});
    g.sizes("shape", shape);
    g.weights("w", {4, 1}, {1, 2, 3, 4});
    g.node("Reshape", {"x", "shape"}, "rows");
    g.node("MatMul", {"rows", "w"}, "y");
    g.output("y");
    EXPECT_EQ(g.error() == "(no error)", whole) << testing::PrintToString(shape) << g.error();
  }
}

}  // namespace
}  // namespace convexscan
