// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/onnx.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <utility>

#include "onnx_one_layer.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;
using testing::Not;

using Numbers = std::vector<double>;

using OnnxRefusal = OneLayer;

TEST(OnnxGemm, RefusesTransposedSamples) {
  GraphBuilder g;
  g.weights("w", {2, 2}, {1, 2, 3, 4});
  GraphBuilder::set(g.node("Gemm", {"x", "w"}, "y"), "transA", std::int64_t{1});
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_y\" (Gemm): transposes the samples (transA)"));
}

TEST(OnnxGemm, RefusesABiasThatDiffersBetweenSamples) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{3}, std::vector<std::int64_t>{3, 1},
        std::vector<std::int64_t>{1, 3}, std::vector<std::int64_t>{1, 1, 1}}) {
    GraphBuilder g;
    g.weights("w", {2, 2}, {1, 2, 3, 4});
    g.weights("b", shape, std::vector<float>(shape.size() == 3 ? 1 : 3, 1.0F));
    g.node("Gemm", {"x", "w", "b"}, "y");
    g.output("y");
    EXPECT_THAT(g.error(), HasSubstr("but 2 outputs need (2,)")) << shape.size();
  }
}

TEST_F(OnnxRefusal, AnAlphaThatIsNotFiniteIsRefused) {
  second_layer("h");
  auto& product = *g.graph().mutable_node()->ReleaseLast();
  auto& activation = g.node("", {"z"}, "h");
  g.graph().mutable_node()->AddAllocated(&product);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  GraphBuilder::set(activation, "alpha", infinity);
  for (const std::string op : {"Elu", "LeakyRelu"}) {
    activation.set_op_type(op);
    for (const auto& [alpha, shown] :
         {std::pair{std::nanf(""), "NaN"}, {infinity, "infinity"}, {-infinity, "infinity"}}) {
      activation.mutable_attribute(0)->set_f(alpha);
      EXPECT_THAT(g.error(), HasSubstr("net.onnx: node \"n_h\" (" + op + "): its alpha is " +
                                       shown + "; every value must be finite"));
    }
  }
}

TEST(OnnxNames, ThatAreNotUtf8HaveTheirBytesWrittenOut) {
  GraphBuilder g;
  g.node("Co\xe2nv", {"x"}, "caf\xc3\xa9\xc2\x9b\xff");
  g.output("caf\xc3\xa9\xc2\x9b\xff");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_caf\xc3\xa9?\\xff\" (Co\\xe2nv): "));
}

TEST(OnnxNames, AreShownWholeWhateverTheyHold) {
  using namespace std::string_literals;
  GraphBuilder unknown;
  unknown.node("Conv", {"x"}, "a\0b\nc"s);
  unknown.output("a\0b\nc"s);
  EXPECT_THAT(unknown.error(), HasSubstr("node \"n_a?b?c\" (Conv): "));
  EXPECT_THAT(unknown.error(), Not(HasSubstr("\n")));
  GraphBuilder twice;
  twice.weights("w", {2, 2}, {1, 2, 3, 4});
  twice.node("MatMul", {"x", "w"}, "y\0"s);
  twice.node("MatMul", {"x", "w"}, "y\0"s);
  twice.output("y\0"s);
  EXPECT_THAT(twice.error(), HasSubstr("makes \"y?\" twice; the file is damaged, export it again"));
}

TEST_F(OnnxRefusal, BranchesFarFromZeroAreSeen) {
  // relu below the limit, but not beyond.
  for (const float limit : {1.07F, 40.0F, 5000.0F}) {
    GraphBuilder capped;
    capped.weights("w", {2, 2}, {1, 2, 3, 4});
    capped.weights("w2", {2, 1}, {7, 8});
    capped.weights("limit", {}, {limit});
    capped.weights("above", {}, {limit + 0.01F});
    capped.node("MatMul", {"x", "w"}, "z");
    capped.node("Relu", {"z"}, "r");
    capped.node("Greater", {"r", "limit"}, "beyond");
    capped.node("Where", {"beyond", "above", "r"}, "h");
    capped.node("MatMul", {"h", "w2"}, "y");
    capped.output("y");
    EXPECT_THAT(capped.error(), HasSubstr("node \"n_h\" (Where): what follows")) << limit;
  }
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

TEST_F(OnnxRefusal, AFunctionThatIsNoActivationIsRefused) {
  g.weights("two", {}, {2});
  g.node("Tanh", {"z"}, "t");
  g.node("Mul", {"t", "two"}, "h");
  second_layer("h");
  EXPECT_THAT(
      g.error(),
      HasSubstr("node \"n_h\" (Mul): what follows the matrix product of layer 1 (Tanh, Mul) "
                "is no activation that is known"));
}

TEST_F(OnnxRefusal, ScaledOutputsNameTheOperatorThatScales) {
  g.weights("two", {}, {2});
  g.node("Mul", {"z", "two"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("net.onnx: node \"n_y\" (Mul): what follows the matrix product "
                                   "of layer 1 (Mul) is no activation that is known"));
}

TEST_F(OnnxRefusal, AScaledSkipNamesTheOperatorThatScales) {
  g.weights("half", {}, {0.5F});
  g.node("Relu", {"z"}, "r");
  g.node("Mul", {"x", "half"}, "scaled");
  g.node("Add", {"r", "scaled"}, "h");
  second_layer("h");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_scaled\" (Mul): computes with the network's input; "
                                   "only chains of layers"));
}

TEST_F(OnnxRefusal, AFunctionOfAnEarlierLayerNamesItsOperator) {
  g.node("Relu", {"z"}, "r");
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"r", "w2"}, "z2");
  g.node("Tanh", {"r"}, "t");
  g.node("Add", {"z2", "t"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_t\" (Tanh): computes with the output of layer 1; "));
}

TEST(OnnxInput, PreparedInTheGraphNamesTheOperator) {
  GraphBuilder g;
  g.weights("mean", {}, {0.3F});
  g.weights("deviation", {}, {2});
  g.weights("w", {2, 1}, {1, 2});
  g.node("Sub", {"x", "mean"}, "centred");
  g.node("Div", {"centred", "deviation"}, "scaled");
  g.node("MatMul", {"scaled", "w"}, "y");
  g.output("y");
  EXPECT_THAT(g.error(),
              HasSubstr("node \"n_scaled\" (Div): computes with the network's input "
                        "before the first layer, which is not read; do this to the data"));
}

TEST_F(OnnxRefusal, APreActivationUsedTwiceIsRefused) {
  g.node("Relu", {"z"}, "r");
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"r", "w2"}, "z2");
  g.node("Add", {"z2", "z"}, "h");
  g.weights("w3", {2, 1}, {1, 2});
  g.node("MatMul", {"h", "w3"}, "y");
  EXPECT_THAT(g.error(),
              HasSubstr("node \"n_h\" (Add): computes with the matrix product of layer 1 "
                        "and the matrix product of layer 2; only chains of layers"));
}

TEST_F(OnnxRefusal, APreActivationThatALaterLayerTakesIsRefused) {
  g.node("Relu", {"z"}, "r");
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"r", "w2"}, "z2");
  g.weights("w3", {2, 2}, {1, 2, 3, 4});
  g.node("MatMul", {"z", "w3"}, "z3");
  g.node("Add", {"z2", "z3"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_z3\" (MatMul): takes the matrix product of layer 1, "
                                   "which others took already"));
}

TEST_F(OnnxRefusal, ASecondProductOfTheSameValueIsRefused) {
  // a(x)·sigmoid(b(x)) is no silu, and where(a(x) > 0, b(x), 0) no relu.
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.weights("b2", {2}, {5, 6});
  g.weights("zero", {}, {0});
  g.node("Gemm", {"x", "w2", "b2"}, "other");
  g.node("Sigmoid", {"other"}, "gate");
  g.node("Mul", {"z", "gate"}, "glu");
  g.node("Greater", {"z", "zero"}, "up");
  g.node("Where", {"up", "other", "zero"}, "choice");
  for (const char* from : {"glu", "choice"}) {
    g.node("Identity", {from}, "y");
    EXPECT_THAT(g.error(), HasSubstr("net.onnx: node \"n_other\" (Gemm): multiplies the network's "
                                     "input, as node \"n_z\" (Add) does; only chains of layers"));
    g.graph().mutable_node()->RemoveLast();
  }
}

TEST(OnnxLinearClassifier, BesideAnotherOnTheSameValueIsRefused) {
  GraphBuilder g;
  for (const char* name : {"first", "second"}) {
    auto& node = g.node("LinearClassifier", {"x"}, std::string(name) + "_label");
    node.set_domain("ai.onnx.ml");
    node.add_output(name);
    GraphBuilder::set(node, "post_transform", std::string("LOGISTIC"));
    for (const auto& [key, values] :
         {std::pair{"coefficients", std::vector<float>{-1, -2, 1, 2}}, {"intercepts", {-3, 3}}}) {
      auto& attribute = *node.add_attribute();
      attribute.set_name(key);
      attribute.set_type(onnx::AttributeProto::FLOATS);
      for (const float value : values) attribute.add_floats(value);
    }
  }
  g.node("Add", {"first", "second"}, "y");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_second_label\" (ai.onnx.ml::LinearClassifier): "
                                   "multiplies the network's input, as node \"n_first_label\""));
}

TEST_F(OnnxRefusal, ALayerThatGivesNothingButItsShapeIsRefused) {
  g.weights("w2", {2, 2}, {1, 2, 3, 4});
  g.node("Relu", {"z"}, "h");
  g.node("MatMul", {"h", "w2"}, "like");
  g.node("Shape", {"like"}, "shape");
  g.node("Reshape", {"h", "shape"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("output \"y\" is not that of the last layer"));
}

TEST_F(OnnxRefusal, TheNumberOfSamplesIsNoNumberToComputeWith) {
  g.node("Relu", {"z"}, "r");
  g.sizes("first", {0});
  g.node("Shape", {"x"}, "shape");
  g.node("Gather", {"shape", "first"}, "samples");
  GraphBuilder::set(g.node("Cast", {"samples"}, "number"), "to",
                    std::int64_t{onnx::TensorProto::FLOAT});
  g.node("Add", {"r", "number"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_y\" (Add): computes with the number of samples"));
  g.graph().mutable_node()->RemoveLast();
  g.node("Mul", {"samples", "first"}, "twice");
  g.node("Reshape", {"r", "twice"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("node \"n_twice\" (Mul): computes with the number of samples"));
}

TEST_F(OnnxRefusal, AProductWithAnEarlierLayerIsRefused) {
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

TEST_F(OnnxRefusal, UnknownOperatorIsNamedWithItsNode) {
  g.node("Conv", {"z", "w"}, "y");
  EXPECT_THAT(g.error(),
              HasSubstr("net.onnx: node \"n_y\" (Conv): this operator is not read; convexscan "
                        "reads multilayer perceptrons of Gemm"));
}

TEST_F(OnnxRefusal, TiedWeightsAreRefused) {
  g.node("Relu", {"z"}, "r");
  g.node("MatMul", {"r", "w"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("uses \"w\" a second time; tied weights are not read"));
}

TEST_F(OnnxRefusal, AVectorThatScalesIsRefused) {
  g.node("Mul", {"z", "b"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("combines a value with a constant of shape (2,)"));
}

TEST_F(OnnxRefusal, WeightsThatAreNotFiniteAreRefused) {
  g.graph().mutable_initializer(0)->set_float_data(3, std::numeric_limits<float>::infinity());
  g.node("Identity", {"z"}, "y");
  EXPECT_THAT(g.error(), HasSubstr("infinity at row 1, column 1"));
}

TEST_F(OnnxRefusal, SeveralInputsOrOutputsAreRefused) {
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

TEST(OnnxGraph, OpenSizesBesideTheBatchAreRefused) {
  GraphBuilder g({-1, -1, 2});
  g.node("Flatten", {"x"}, "rows");
  g.output("y");
  EXPECT_THAT(g.error(), HasSubstr("has a size that is left open beside the batch"));
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
