// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// Files cut short or with wrong bytes are read or refused; nothing else happens.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "convexscan/dataset.hpp"
#include "convexscan/onnx.hpp"
#include "convexscan/weights.hpp"
#include "temporary_folder.hpp"
#include "test_data.hpp"

namespace convexscan {
namespace {

/// Some fifty lengths of a file, and some hundred places with a wrong byte each, and pairs of them.
template <class Read>
void read_damaged(const std::string& path, const std::string& beside, const Read& read) {
  const TemporaryFolder folder;
  const std::string whole = bytes_of(path);
  const std::string name = std::filesystem::path(path).filename().string();
  if (!beside.empty()) folder.write(name + ".data", bytes_of(beside));
  const auto attempt = [&](const std::string& bytes) {
    const std::string damaged = folder.write(name, bytes);
    try {
      read(damaged);
    } catch (const Error& error) {
      EXPECT_NE(std::string_view(error.what()).find(name), std::string_view::npos) << error.what();
      const std::string_view text = error.what();
      EXPECT_TRUE(std::ranges::none_of(text, [](char c) { return c >= 0 && c < 32; })) << text;
    }
  };
  for (std::size_t i = 0; i < 50; ++i) attempt(whole.substr(0, i * whole.size() / 50));
  boost::random::mt19937 random(7);
  boost::random::uniform_int_distribution<std::size_t> place(0, whole.size() - 1);
  boost::random::uniform_int_distribution<int> flip(1, 255);
  for (int i = 0; i < 150; ++i) {
    std::string bytes = whole;
    for (int k = 0; k <= i % 2; ++k) {
      char& byte = bytes[place(random)];
      byte = static_cast<char>(byte ^ flip(random));
    }
    attempt(bytes);
  }
}

TEST(DamagedFiles, OnnxIsReadOrRefused) {
  for (const auto& entry : std::filesystem::directory_iterator(test_data(""))) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string beside = entry.path().string() + ".data";
    read_damaged(entry.path().string(), std::filesystem::exists(beside) ? beside : "",
                 [](const std::string& path) { load_onnx(path); });
  }
}

TEST(DamagedFiles, NpzIsReadOrRefused) {
  const Model model = load_onnx(test_data("torch-relu.onnx")).model;
  const auto read = [&](const std::string& path) {
    EXPECT_THROW(load_weights(path, model), Error);
    EXPECT_THROW(load_directions(path, 3), Error);
    load_dataset(path);
  };
  read_damaged(test_data("torch-relu.npz"), "", read);
  read_damaged(test_data("sklearn-linear.npz"), "", read);
}

TEST(DamagedFiles, PackedTablesAreReadOrRefused) {
  const TemporaryFolder folder;
  std::string table = "a,b,c\n";
  for (int i = 0; i < 60; ++i) table += std::to_string(i) + ",1.5,\"2\"\n";
  read_damaged(folder.write("d.csv", table), "",
               [](const std::string& path) { load_dataset(path); });
}

TEST(DamagedFiles, IdxIsReadOrRefused) {
  const TemporaryFolder folder;
  std::string images("\0\0\x08\x03\0\0\0\x14\0\0\0\x03\0\0\0\x03", 16);
  std::string labels("\0\0\x08\x01\0\0\0\x14", 8);
  images += std::string(180, '\x40');
  labels += std::string(20, '\x01');
  const std::string beside = folder.write("labels", labels);
  read_damaged(folder.write("images", images), "",
               [&](const std::string& path) { load_dataset(path + "," + beside); });
}

}  // namespace
}  // namespace convexscan
