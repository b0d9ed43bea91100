// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/weights.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "files/npz.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Numbers = std::vector<double>;

class Weights : public testing::Test {
 protected:
  struct Entry {
    std::string key;
    std::vector<std::int64_t> shape;
    Numbers values;
  };

  std::string npz(const std::vector<Entry>& entries, const std::string& name = "w.npz") {
    std::vector<NamedArray> arrays;
    for (const Entry& entry : entries) arrays.push_back({entry.key, entry.shape, entry.values});
    write_npz(folder.file(name), true, arrays);
    return folder.file(name);
  }

  std::string error(const std::vector<Entry>& entries) {
    const std::string path = npz(entries);
    return error_of([&] { load_weights(path, model); });
  }

  TemporaryFolder folder;
  Model model = mlp("3-2-1", Activation::tanh, 0.0, true, false);
  Numbers theta{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
};

TEST_F(Weights, SavedOnesAreLoadedAgainToTheBit) {
  theta[3] = 0.1;
  save_weights(folder.file("w.npz"), theta, false, {{"loss", {0.25}}});
  EXPECT_EQ(load_weights(folder.file("w.npz"), model), theta);
  EXPECT_EQ(load_weights(folder.file("w.npz"), 11), theta);
  EXPECT_THAT(error_of([&] { save_weights(folder.file("w.npz"), theta, false); }),
              HasSubstr("already exists"));
  save_weights(folder.file("w.npz"), theta, true);
}

TEST_F(Weights, OneArrayATensorInParameterOrder) {
  EXPECT_EQ(load_weights(npz({{"fc1.weight", {2, 3}, {1, 2, 3, 4, 5, 6}},
                              {"fc1.bias", {2}, {7, 8}},
                              {"fc2.weight", {1, 2}, {9, 10}},
                              {"fc2.bias", {1}, {11}}}),
                         model),
            theta);
  EXPECT_EQ(load_weights(npz({{"arr_1", {2}, {7, 8}},
                              {"arr_10", {1}, {11}},
                              {"arr_0", {2, 3}, {1, 2, 3, 4, 5, 6}},
                              {"arr_2", {1, 2}, {9, 10}}}),
                         model),
            theta);
}

TEST_F(Weights, ASingleNpyIsTheta) {
  const std::array<std::int64_t, 1> shape{11};
  EXPECT_EQ(load_weights(folder.write("w.npy", npy_bytes(shape, theta)), model), theta);
}

TEST_F(Weights, OtherShapesAreRefusedWithBoth) {
  EXPECT_THAT(
      error({{"theta", {3}, {1, 2, 3}}}),
      HasSubstr("w.npz[theta]: has shape (3,), but (11,) is needed, one value a parameter"));
  EXPECT_THAT(
      error({{"a", {3, 2}, {1, 2, 3, 4, 5, 6}},
             {"b", {2}, {7, 8}},
             {"c", {1, 2}, {9, 10}},
             {"d", {1}, {11}}}),
      HasSubstr(
          "w.npz[a]: has shape (3, 2), but the weights of layer 1 have (2, 3); transpose it to "
          "outputs × inputs"));
  EXPECT_THAT(
      error({{"b", {2}, {7, 8}},
             {"a", {2, 3}, {1, 2, 3, 4, 5, 6}},
             {"c", {1, 2}, {9, 10}},
             {"d", {1}, {11}}}),
      HasSubstr(
          "w.npz[b]: has shape (2,), but the weights of layer 1 have (2, 3); save the arrays layer "
          "by layer"));
  EXPECT_THAT(
      error({{"a", {2, 3}, {1, 2, 3, 4, 5, 6}}}),
      HasSubstr(
          "w.npz: has neither a key theta nor as many arrays as the network 3-2-1 tanh: 1 of them "
          "instead of 4, with shapes (2, 3), (2,), (1, 2), (1,)"));
  EXPECT_THAT(error_of([&] {
                load_weights(npz({{"a", {2}, {1, 2}}}), 11);
              }),
              HasSubstr("its arrays hold 2 values, but 11 are needed"));
}

TEST_F(Weights, ValuesThatAreNotFiniteAreRefused) {
  theta[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(error({{"theta", {11}, theta}}), HasSubstr("w.npz[theta]: NaN at index 4"));
}

TEST_F(Weights, ATrajectoryIsInTheOrderPeopleCount) {
  for (const char* name : {"step-10.npz", "step-2.npz", "step-1.npz"})
    npz({{"theta", {11}, theta}}, name);
  folder.write("notes.txt", "not a step");
  std::vector<std::string> names;
  for (const NamedValues& step : load_trajectory(folder.file(""), model)) {
    names.push_back(step.first);
    EXPECT_EQ(step.second, theta);
  }
  EXPECT_THAT(names, ElementsAre("step-1.npz", "step-2.npz", "step-10.npz"));
  EXPECT_EQ(load_trajectory(folder.file(""), 11).size(), 3U);
}

TEST_F(Weights, ATrajectoryNeedsTwoSteps) {
  EXPECT_THAT(error_of([&] { load_trajectory(folder.file(""), model); }),
              HasSubstr("holds no .npz"));
  npz({{"theta", {11}, theta}});
  EXPECT_THAT(error_of([&] { load_trajectory(folder.file(""), model); }),
              HasSubstr("holds one .npz; a trajectory needs at least two"));
  EXPECT_THAT(error_of([&] { load_trajectory(folder.file("none"), model); }),
              HasSubstr("no such folder"));
  EXPECT_THAT(error_of([&] { load_trajectory(folder.file("w.npz"), model); }),
              HasSubstr("is not a folder"));
}

TEST_F(Weights, AFolderThatCannotBeReadIsNotCalledMissing) {
  std::filesystem::create_symlink("loop", folder.file("loop"));
  EXPECT_THAT(error_of([&] { trajectory_files(folder.file("loop")); }),
              HasSubstr("loop: cannot be listed (Too many levels of symbolic links)"));
  npz({{"theta", {11}, theta}});
  EXPECT_THAT(error_of([&] { trajectory_files(folder.file("w.npz/steps")); }),
              HasSubstr("no such folder"));
}

TEST_F(Weights, DirectionsAreReadUnderEitherName) {
  const std::vector<Numbers> both{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(load_directions(npz({{"x", {3}, both[0]}, {"y", {3}, both[1]}}), 3), both);
  EXPECT_EQ(load_directions(npz({{"directions", {2, 3}, {1, 2, 3, 4, 5, 6}}}), 3), both);
  EXPECT_EQ(load_directions(npz({{"direction", {3}, {1, 2, 3}}}), 3),
            std::vector<Numbers>{both[0]});
  EXPECT_EQ(load_directions(npz({{"x", {3}, both[0]}}), 3).size(), 1U);
}

TEST_F(Weights, DirectionsThatLeadNowhereAreRefused) {
  const auto failure = [&](const std::vector<Entry>& entries) {
    const std::string path = npz(entries);
    return error_of([&] { load_directions(path, 3); });
  };
  EXPECT_THAT(failure({{"x", {2}, {1, 2}}}),
              HasSubstr("w.npz[x]: has shape (2,), but a direction needs (3,)"));
  EXPECT_THAT(failure({{"directions", {2, 3}, {1, 2, 3, 0, 0, 0}}}),
              HasSubstr("direction 2 is zero"));
  EXPECT_THAT(failure({{"directions", {0, 3}, {}}}), HasSubstr("holds no directions"));
  EXPECT_THAT(failure({{"directions", {3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 8}}}),
              HasSubstr("holds 3 directions"));
  EXPECT_THAT(failure({{"z", {3}, {1, 2, 3}}}), HasSubstr("has no key \"x\", only z"));
}

}  // namespace
}  // namespace convexscan
