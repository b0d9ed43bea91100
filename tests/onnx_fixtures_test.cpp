// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// Networks that PyTorch and scikit-learn wrote give the losses that those programs computed.

#include <gtest/gtest.h>

#include <cmath>

#include "convexscan/backend.hpp"
#include "convexscan/onnx.hpp"
#include "files/npz.hpp"
#include "temporary_folder.hpp"
#include "test_data.hpp"

namespace convexscan {
namespace {

struct Fixture {
  std::string name;
  Loss loss;
  std::string description;
  std::size_t notices = 0;
};

void PrintTo(const Fixture& fixture, std::ostream* out) { *out << fixture.name; }

class ExportedNetwork : public testing::TestWithParam<Fixture> {
 protected:
  LoadedModel network = load_onnx(test_data(GetParam().name + ".onnx"));
  std::string data = test_data(GetParam().name + ".npz");
};

TEST_P(ExportedNetwork, HasTheLossOfItsFramework) {
  Objective objective{
      network_task(network.model, load_dataset(data), GetParam().loss, std::nullopt),
      {},
      {},
      "all"};
  for (std::int64_t i = 0; i < network.model.parameter_count(); ++i) objective.subset.push_back(i);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const Slice point{network.weights, {}};
  const ValueTable values = backend->evaluator(point, {Quantity::loss})->evaluate({}, 1);
  const double loss = values.at(Quantity::loss).data.at(0);
  const double expected = NpzArchive(data).read("loss").values.at(0);
  EXPECT_LE(std::abs(loss - expected), 1e-6 * std::abs(expected))
      << loss << " against " << expected;
}

TEST_P(ExportedNetwork, IsTheArchitectureThatWasWritten) {
  EXPECT_EQ(network.model.description(), GetParam().description);
  EXPECT_EQ(network.notices.size(), GetParam().notices);
  EXPECT_EQ(static_cast<std::int64_t>(network.weights.size()), network.model.parameter_count());
}

constexpr Loss entropy = Loss::cross_entropy;
constexpr Loss binary = Loss::binary_cross_entropy;

INSTANTIATE_TEST_SUITE_P(
    Fixtures, ExportedNetwork,
    testing::Values(Fixture{"torch-relu", entropy, "5-8-6-3 relu"},
                    Fixture{"torch-tanh-no-bias", Loss::mse, "5-8-6-3 tanh without bias"},
                    Fixture{"torch-tanh-matmul-add", Loss::huber, "5-6-4-2 tanh"},
                    Fixture{"torch-leaky-relu", entropy, "5-8-6-3 leaky-relu"},
                    Fixture{"torch-elu", entropy, "5-8-6-3 elu"},
                    Fixture{"torch-gelu", entropy, "5-8-6-3 gelu"},
                    Fixture{"torch-gelu-tanh", entropy, "5-8-6-3 gelu-tanh"},
                    Fixture{"torch-silu", entropy, "5-8-6-3 silu"},
                    Fixture{"torch-softplus", entropy, "5-8-6-3 softplus"},
                    Fixture{"torch-residual", entropy, "5-7-7-7-7-7-3 tanh+gelu+sigmoid residual"},
                    Fixture{"torch-view", entropy, "12-6-3 sin"},
                    Fixture{"torch-equal-biases", entropy, "5-6-6-3 relu"},
                    Fixture{"torch-softmax", entropy, "5-8-6-3 relu", 1},
                    Fixture{"torch-log-softmax", entropy, "5-8-6-3 sigmoid", 1},
                    Fixture{"torch-sigmoid", binary, "5-6-1 relu", 1},
                    Fixture{"sklearn-mlp-classifier", entropy, "4-6-5-3 relu", 1},
                    Fixture{"sklearn-mlp-binary", binary, "4-5-1 tanh", 1},
                    Fixture{"sklearn-mlp-regressor", Loss::mse, "4-5-2 sigmoid", 1},
                    Fixture{"sklearn-mlp-regressor-one", Loss::mse, "4-5-4-1 relu"},
                    Fixture{"sklearn-logistic", entropy, "4-3 identity", 1},
                    Fixture{"sklearn-logistic-binary", binary, "4-1 identity", 1},
                    Fixture{"sklearn-linear", Loss::mse, "4-2 identity"},
                    Fixture{"dynamo-tanh-matmul-add", Loss::huber, "5-6-4-2 tanh"},
                    Fixture{"dynamo-silu", entropy, "5-8-6-3 silu"},
                    Fixture{"dynamo-softplus", entropy, "5-8-6-3 softplus"},
                    Fixture{"dynamo-residual", entropy, "5-7-7-7-7-7-3 tanh+gelu+sigmoid residual"},
                    Fixture{"dynamo-view", entropy, "12-6-3 sin"},
                    Fixture{"dynamo-log-softmax", entropy, "5-8-6-3 sigmoid", 1},
                    Fixture{"dynamo-sigmoid", binary, "5-6-1 relu", 1},
                    Fixture{"dynamo-external", entropy, "5-24-24-3 gelu"}),
    [](const testing::TestParamInfo<Fixture>& fixture) {
      std::string name = fixture.param.name;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

TEST(OnnxWeights, AreInTheOrderOfPyTorchsParameters) {
  for (const char* name :
       {"torch-relu", "torch-tanh-no-bias", "torch-residual", "torch-view", "torch-equal-biases"}) {
    const NpzArchive archive(test_data(name + std::string(".npz")));
    std::vector<double> theta;
    for (const std::string& key : archive.keys()) {
      if (!key.starts_with("parameter_")) continue;
      const Array array = archive.read(key);
      theta.insert(theta.end(), array.values.begin(), array.values.end());
    }
    EXPECT_EQ(load_onnx(test_data(name + std::string(".onnx"))).weights, theta) << name;
  }
}

TEST(OnnxNotices, SayWhichNodeWasLeftOutAndWhatItMeans) {
  const LoadedModel softmax = load_onnx(test_data("torch-softmax.onnx"));
  EXPECT_NE(softmax.notices.at(0).find("node \"/final/Softmax\" (Softmax) is left out, as --loss "
                                       "cross-entropy contains it"),
            std::string::npos)
      << softmax.notices.at(0);
  const LoadedModel two = load_onnx(test_data("sklearn-mlp-binary.onnx"));
  EXPECT_NE(two.notices.at(0).find("two columns"), std::string::npos) << two.notices.at(0);
}

TEST(OnnxHash, CoversTheExternalData) {
  const TemporaryFolder folder;
  const std::string model =
      folder.write("dynamo-external.onnx", bytes_of(test_data("dynamo-external.onnx")));
  std::string weights = bytes_of(test_data("dynamo-external.onnx.data"));
  folder.write("dynamo-external.onnx.data", weights);
  const std::string before = load_onnx(model).hash;
  EXPECT_EQ(before, load_onnx(test_data("dynamo-external.onnx")).hash);
  weights[0] = static_cast<char>(weights[0] ^ 1);
  folder.write("dynamo-external.onnx.data", weights);
  EXPECT_NE(load_onnx(model).hash, before);
  EXPECT_EQ(before.size(), 64U + 1U + 64U);
}

}  // namespace
}  // namespace convexscan
