// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "convexscan/error.hpp"
#include "files/file_bytes.hpp"
#include "files/npz.hpp"

namespace convexscan {
namespace {

struct Tensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// What a network's file holds, array by array.
std::vector<Tensor> tensors_of(const Model& model) {
  std::vector<Tensor> tensors;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    tensors.push_back(
        {fmt::format("the weights of layer {}", l + 1), {layer.outputs, layer.inputs}});
    if (layer.bias)
      tensors.push_back({fmt::format("the biases of layer {}", l + 1), {layer.outputs}});
  }
  return tensors;
}

std::string expected(const std::vector<Tensor>& tensors) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(tensors.size(), most); ++i) {
    text += (i == 0 ? "" : ", ") + shape_text(tensors[i].shape);
  }
  return tensors.size() > most ? text + ", …" : text;
}

std::vector<double> whole_vector(const std::string& name, Array array, std::int64_t parameters) {
  if (array.rank() != 1 || array.shape[0] != parameters) {
    const std::array wanted{parameters};
    const bool many =
        array.rank() == 2 && array.shape[1] == parameters;  // as train --starts writes
    throw Error(
        fmt::format("{}: has shape {}, but {} is needed, one value a parameter; {}", name,
                    shape_text(array.shape), shape_text(wanted),
                    many ? "save one of its rows alone" : "use weights of the same network"));
  }
  require_finite(name, array);
  return std::move(array.values);
}

/// The number N of a key "arr_N", which numpy gives to arrays without a name.
std::optional<std::int64_t> unnamed_index(std::string_view key) {
  constexpr std::string_view prefix = "arr_";
  if (!key.starts_with(prefix)) return std::nullopt;
  std::int64_t index = 0;
  const auto [end, error] =
      std::from_chars(key.data() + prefix.size(), key.data() + key.size(), index);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return index;
}

/// The archive's order, except that arr_2 comes before arr_10 whoever packed it.
std::vector<std::string> ordered_keys(const NpzArchive& archive) {
  std::vector<std::string> keys = archive.keys();
  const auto unnamed = [](const std::string& key) { return unnamed_index(key).has_value(); };
  if (std::ranges::all_of(keys, unnamed)) {
    std::ranges::stable_sort(keys, {}, [](const std::string& key) { return *unnamed_index(key); });
  }
  return keys;
}

void check_shape(const std::string& name, const Array& array, const Tensor& tensor) {
  if (array.shape == tensor.shape) return;
  const bool turned = array.rank() == 2 && tensor.shape.size() == 2 &&
                      array.shape[0] == tensor.shape[1] && array.shape[1] == tensor.shape[0];
  throw Error(fmt::format("{}: has shape {}, but {} have {}; {}", name, shape_text(array.shape),
                          tensor.name, shape_text(tensor.shape),
                          turned ? "transpose it to outputs × inputs"
                                 : "save the arrays layer by layer, weights then biases"));
}

std::vector<double> joined_tensors(const NpzArchive& archive, const Model& model) {
  const std::vector<Tensor> tensors = tensors_of(model);
  const std::vector<std::string> keys = ordered_keys(archive);
  if (keys.size() != tensors.size()) {
    throw Error(fmt::format(
        "{}: has neither a key theta nor as many arrays as the network {}: {} of them instead of "
        "{}, "
        "with shapes {}; use weights of the same network",
        archive.path(), model.description(), keys.size(), tensors.size(), expected(tensors)));
  }
  std::vector<double> theta;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Array array = archive.read(keys[i]);
    const std::string name = archive.name_of(keys[i]);
    check_shape(name, array, tensors[i]);
    require_finite(name, array);
    theta.insert(theta.end(), array.values.begin(), array.values.end());
  }
  return theta;
}

std::vector<double> joined_arrays(const NpzArchive& archive, std::int64_t parameters) {
  std::vector<double> theta;
  for (const std::string& key : ordered_keys(archive)) {
    const Array array = archive.read(key);
    require_finite(archive.name_of(key), array);
    theta.insert(theta.end(), array.values.begin(), array.values.end());
  }
  if (static_cast<std::int64_t>(theta.size()) != parameters) {
    throw Error(
        fmt::format("{}: has no key theta, and its arrays hold {} values, but {} are needed",
                    archive.path(), theta.size(), parameters));
  }
  return theta;
}

/// other reads an archive without the key theta.
template <class Other>
std::vector<double> load(const std::string& path, std::int64_t parameters, Other other) {
  std::string bytes = read_file(path);
  if (bytes.starts_with("\x93NUMPY")) {
    return whole_vector(path, parse_npy(path, bytes), parameters);
  }
  const NpzArchive archive(path, std::move(bytes));
  if (!archive.has("theta")) return other(archive);
  return whole_vector(archive.name_of("theta"), archive.read("theta"), parameters);
}

}  // namespace

std::vector<double> load_weights(const std::string& path, const Model& model) {
  return load(path, model.parameter_count(),
              [&](const NpzArchive& archive) { return joined_tensors(archive, model); });
}

std::vector<double> load_weights(const std::string& path, std::int64_t parameters) {
  return load(path, parameters,
              [&](const NpzArchive& archive) { return joined_arrays(archive, parameters); });
}

void save_starts(const std::string& path, std::span<const TrainingResult> ends, bool overwrite,
                 const std::vector<NamedValues>& further) {
  const auto count = static_cast<std::int64_t>(ends.size());
  std::vector<double> theta;
  std::vector<std::string> reasons;
  std::vector<NamedValues> columns{{"loss", {}},
                                   {"gradient_norm", {}},
                                   {"iterations", {}},
                                   {"evaluations", {}},
                                   {"converged", {}}};
  for (const TrainingResult& end : ends) {
    theta.insert(theta.end(), end.theta.begin(), end.theta.end());
    reasons.push_back(end.reason);
    const double values[] = {end.loss, end.gradient_norm, static_cast<double>(end.iterations),
                             static_cast<double>(end.evaluations), end.converged ? 1.0 : 0.0};
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].second.push_back(values[c]);
  }
  columns.insert(columns.end(), further.begin(), further.end());
  std::vector<NamedArray> arrays{
      {"theta", {count, static_cast<std::int64_t>(theta.size()) / count}, theta},
      {"reason", {count}, {}, reasons}};
  for (const auto& [key, values] : columns) arrays.push_back({key, {count}, values});
  write_npz(path, overwrite, arrays);
}

void save_weights(const std::string& path, const std::vector<double>& theta, bool overwrite,
                  const std::vector<NamedValues>& further) {
  const auto length = [](const std::vector<double>& values) {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(values.size())};
  };
  std::vector<NamedArray> arrays{{"theta", length(theta), theta}};
  for (const auto& [key, values] : further) arrays.push_back({key, length(values), values});
  write_npz(path, overwrite, arrays);
}

}  // namespace convexscan
