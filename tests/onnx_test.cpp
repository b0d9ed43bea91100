// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/onnx.hpp"

#include <gmock/gmock.h>

#include "onnx_graph_builder.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

using Values = std::vector<double>;

/// x → MatMul w, Add b → …, so that tests add what is odd.
class OneLayer : public testing::Test {
 protected:
  OneLayer() {
    g.weights("w", {2, 2}, {1, 2, 3, 4});
    g.weights("b", {2}, {5, 6});
    g.node("MatMul", {"x", "w"}, "product");
    g.node("Add", {"b", "product"}, "z");
    g.output("y");
  }

  /// A second layer from a value, to the output.
  void second_layer(const std::string& from) {
    g.weights("w2", {2, 1}, {7, 8});
    g.node("MatMul", {from, "w2"}, "y");
  }

  GraphBuilder g;
};

TEST_F(OneLayer, MatMulWeightsAreTransposedAndEitherOrderOfAddIsABias) {
  g.node("Identity", {"z"}, "y");
  const LoadedModel loaded = g.load();
  EXPECT_EQ(loaded.weights, (Values{1, 3, 2, 4, 5, 6}));
  EXPECT_EQ(loaded.model.description(), "2-2 identity");
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
              turned != 0 ? (Values{2, 4, 6, 8, 50, 60}) : (Values{2, 6, 4, 8, 50, 60}));
  }
}

TEST(OnnxGemm, RefusesTransposedSamples) {
  GraphBuilder g;
  g.weights("w", {2, 2}, {1, 2, 3, 4});
  GraphBuilder::set(g.node("Gemm", {"x", "w"}, "y"), "transA", std::int64_t{1});
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_y\" (Gemm): transposes the samples (transA)"));
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

TEST(OnnxSoftplus, ThatTurnsIntoALineTooEarlyIsRefused) {
  for (const float threshold : {20.0F, 2.0F}) {
    GraphBuilder g;
    g.weights("w", {2, 2}, {1, 2, 3, 4});
    g.weights("w2", {2, 1}, {7, 8});
    g.weights("threshold", {}, {threshold});
    g.node("MatMul", {"x", "w"}, "z");
    g.node("Softplus", {"z"}, "soft");
    g.node("Less", {"threshold", "z"}, "line");
    g.node("Where", {"line", "z", "soft"}, "h");
    g.node("MatMul", {"h", "w2"}, "y");
    g.output("y");
    // log(1 + e^z) − z is 2e-9 at 20 and 0.13 at 2.
    if (threshold == 20.0F) {
      EXPECT_EQ(g.load().model.layers()[0].activation, Activation::softplus);
    } else {
      EXPECT_THAT(g.error(), HasSubstr("is no activation that is known"));
    }
  }
}

TEST_F(OneLayer, AFunctionThatIsNoActivationIsRefused) {
  g.weights("two", {}, {2});
  g.node("Tanh", {"z"}, "t");
  g.node("Mul", {"t", "two"}, "h");
  second_layer("h");
  EXPECT_THAT(g.error(),
              HasSubstr("node \"n_y\" (MatMul): what follows the matrix product of layer 1 is no "
                        "activation that is known"));
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

TEST_F(OneLayer, APreActivationUsedTwiceIsRefused) {
  g.node("Relu", {"z"}, "r");
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"r", "w2"}, "z2");
  g.node("Add", {"z2", "z"}, "h");
  g.weights("w3", {2, 1}, {1, 2});
  g.node("MatMul", {"h", "w3"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("what follows the matrix product of layer 2 is no activation"));
}

TEST_F(OneLayer, AProductWithAnEarlierLayerIsRefused) {
  g.node("Relu", {"z"}, "r");
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"r", "w2"}, "z2");
  g.node("Tanh", {"z2"}, "t");
  g.weights("w3", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"x", "w3"}, "shortcut");
  g.node("Add", {"shortcut", "t"}, "y");
  EXPECT_THAT(g.error(),
              HasSubstr("node \"n_shortcut\" (MatMul): multiplies the network's input, though "
                        "layer 1 was read since"));
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
  EXPECT_EQ(g.load().weights, (Values{1, 3, 2, 4, 5, 6, 10, 10}));
}

TEST_F(OneLayer, UnknownOperatorIsNamedWithItsNode) {
  g.node("Conv", {"z", "w"}, "y");
  EXPECT_THAT(g.error(),
              HasSubstr("net.onnx: node \"n_y\" (Conv): this operator is not read; convexscan "
                        "reads multilayer perceptrons of Gemm"));
}

TEST_F(OneLayer, TiedWeightsAreRefused) {
  g.node("Relu", {"z"}, "r");
  g.node("MatMul", {"r", "w"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("uses \"w\" a second time; tied weights are not read"));
}

TEST_F(OneLayer, AVectorThatScalesIsRefused) {
  g.node("Mul", {"z", "b"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("combines a value with a constant of shape (2,)"));
}

TEST_F(OneLayer, WeightsThatAreNotFiniteAreRefused) {
  g.graph().mutable_initializer(0)->set_float_data(3, std::numeric_limits<float>::infinity());
  g.node("Identity", {"z"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("infinity at row 1, column 1"));
}

TEST_F(OneLayer, SeveralInputsOrOutputsAreRefused) {
  g.node("Identity", {"z"}, "y");
  g.output("z");
  EXPECT_THAT(g.error(),
              HasSubstr("has 2 outputs that could be the network's (y, z); export it with one"));
  g.graph().mutable_output()->RemoveLast();
  g.input("other", {-1, 2});
  EXPECT_THAT(g.error(), HasSubstr("has 2 inputs (x, other); export a network with one"));
}

TEST(OnnxGraph, WithoutWeightsIsRefused) {
  GraphBuilder g;
  g.node("Identity", {"x"}, "y");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("has no weights"));
}

TEST(OnnxGraph, DataOfAnotherShapeThanItsWeightsIsRefused) {
  GraphBuilder g;
  g.weights("w", {2, 2}, {1, 2, 3});
  g.node("MatMul", {"x", "w"}, "y");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("tensor \"w\": its data do not fill its shape (2, 2)"));
  g.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 62);
  EXPECT_THAT(g.error(), HasSubstr("impossible shape"));
}

TEST(OnnxGraph, ImagesAreFlattenedOrRefused) {
  for (const bool flat : {true, false}) {
    GraphBuilder g({-1, 1, 2, 2});
    g.weights("w", {4, 1}, {1, 2, 3, 4});
    g.node(flat ? "Flatten" : "Relu", {"x"}, "rows");
    g.node("MatMul", {"rows", "w"}, "y");
    g.output("y");
    if (flat) {
      EXPECT_EQ(g.load().model.inputs(), 4);
    } else {
      EXPECT_THAT(g.error(),
                  HasSubstr("takes more than one row a sample; flatten the input first"));
    }
  }
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

TEST(OnnxGraph, OpenSizesBesideTheBatchAreRefused) {
  GraphBuilder g({-1, -1, 2});
  g.node("Flatten", {"x"}, "rows");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("has a size that is left open beside the batch"));
}

TEST(OnnxExternalData, OutsideTheFolderIsRefused) {
  for (const char* location : {"../secret", "/etc/passwd", "", "a/../../secret"}) {
    GraphBuilder g;
    auto& tensor = g.weights("w", {2, 2}, {});
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& entry = *tensor.add_external_data();
    entry.set_key("location");
    entry.set_value(location);
    g.node("MatMul", {"x", "w"}, "y");
    g.output("y");
    EXPECT_THAT(g.error(), HasSubstr("outside the model's folder")) << location;
  }
}

TEST(OnnxExternalData, TruncatedOrMissingIsRefused) {
  GraphBuilder g;
  auto& tensor = g.weights("w", {2, 2}, {});
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair{"location", "w.bin"}, std::pair{"offset", "4"}}) {
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  g.node("MatMul", {"x", "w"}, "y");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("w.bin: no such file"));
  g.folder().write("w.bin", std::string(19, '\0'));
  EXPECT_THAT(
      g.error(),
      HasSubstr("external data w.bin is truncated: 16 bytes at 4 are needed, there are 15"));
  g.folder().write("w.bin", std::string(20, '\0'));
  EXPECT_EQ(g.load().weights, Values(4, 0.0));
}

TEST(OnnxExternalData, ALinkOutOfTheFolderIsRefused) {
  const TemporaryFolder outside;
  GraphBuilder g;
  auto& tensor = g.weights("w", {2, 2}, {});
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto& entry = *tensor.add_external_data();
  entry.set_key("location");
  entry.set_value("w.bin");
  g.node("MatMul", {"x", "w"}, "y");
  g.output("y");
  std::filesystem::create_symlink(outside.write("w.bin", std::string(16, '\0')),
                                  g.folder().file("w.bin"));
  EXPECT_THAT(g.error(), HasSubstr("outside the model's folder"));
}

TEST(OnnxFile, WhatIsNoNetworkIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { load_onnx(folder.file("none.onnx")); }),
              HasSubstr("none.onnx: no such file"));
  EXPECT_THAT(error_of([&] { load_onnx(folder.write("e.onnx", "")); }),
              HasSubstr("holds no ONNX graph"));
  EXPECT_THAT(error_of([&] { load_onnx(folder.write("t.onnx", "some words")); }),
              HasSubstr("is no whole ONNX file"));
}

}  // namespace
}  // namespace convexscan
