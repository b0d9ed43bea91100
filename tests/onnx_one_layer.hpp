// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <string>

#include "onnx_graph_builder.hpp"

namespace convexscan {

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

}  // namespace convexscan
