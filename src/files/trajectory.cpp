// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"
#include "files/folder.hpp"

namespace convexscan {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front of text, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

/// Letters by letters and numbers by value: step-2 before step-10.
bool counts_before(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view left = take_number(a);
      const std::string_view right = take_number(b);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;
}

template <class Shape>
std::vector<NamedValues> load(const std::string& folder, const Shape& shape) {
  std::vector<NamedValues> steps;
  for (const std::string& path : trajectory_files(folder)) {
    steps.emplace_back(fs::path(path).filename().string(), load_weights(path, shape));
  }
  return steps;
}

}  // namespace

std::vector<std::string> trajectory_files(const std::string& folder) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with('.') || fs::path(name).extension() != ".npz";
  });
  if (names.size() < 2) {
    throw Error(fmt::format("{}: holds {} .npz; a trajectory needs at least two", folder,
                            names.empty() ? "no" : "one"));
  }
  std::ranges::sort(names, counts_before);
  for (std::string& name : names) name = (fs::path(folder) / name).string();
  return names;
}

std::vector<NamedValues> load_trajectory(const std::string& folder, const Model& model) {
  return load(folder, model);
}

std::vector<NamedValues> load_trajectory(const std::string& folder, std::int64_t parameters) {
  return load(folder, parameters);
}

}  // namespace convexscan
