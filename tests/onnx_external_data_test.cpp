// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "convexscan/onnx.hpp"
#include "onnx_graph_builder.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

/// y = x·w for w (2, 2) that lies in a file beside the model.
class OnnxExternalData : public testing::Test {
 protected:
  OnnxExternalData() {
    tensor_.set_data_location(onnx::TensorProto::EXTERNAL);
    g.node("MatMul", {"x", "w"}, "y");
    g.output("y");
  }

  void say(const std::string& key, const std::string& value) {
    auto& entry = *tensor_.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }

  GraphBuilder g;

 private:
  onnx::TensorProto& tensor_ = g.weights("w", {2, 2}, {});
};

class OnnxLocation : public OnnxExternalData, public testing::WithParamInterface<const char*> {};

TEST_P(OnnxLocation, OutsideTheFolderIsRefused) {
  say("location", GetParam());
  EXPECT_THAT(g.error(), HasSubstr("outside the model's folder"));
}

INSTANTIATE_TEST_SUITE_P(, OnnxLocation,
                         testing::Values("../secret", "/etc/passwd", "", "a/../../secret"));

TEST_F(OnnxExternalData, TruncatedOrMissingIsRefused) {
  say("location", "w.bin");
  say("offset", "4");
  EXPECT_THAT(g.error(), HasSubstr("w.bin: no such file"));
  g.folder().write("w.bin", std::string(19, '\0'));
  EXPECT_THAT(
      g.error(),
      HasSubstr("external data w.bin is truncated: 16 bytes at 4 are needed, there are 15"));
  g.folder().write("w.bin", std::string(20, '\0'));
  EXPECT_EQ(g.load().weights, std::vector<double>(4, 0.0));
}

TEST_F(OnnxExternalData, ALinkOutOfTheFolderIsRefused) {
  const TemporaryFolder outside;
  say("location", "w.bin");
  std::filesystem::create_symlink(outside.write("w.bin", std::string(16, '\0')),
                                  g.folder().file("w.bin"));
  EXPECT_THAT(g.error(), HasSubstr("outside the model's folder"));
}

}  // namespace
}  // namespace convexscan
