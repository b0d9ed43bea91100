// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "commands/command.hpp"
#include "convexscan/backend.hpp"
#include "convexscan/dataset.hpp"
#include "convexscan/describe.hpp"
#include "convexscan/error.hpp"
#include "convexscan/landscape.hpp"
#include "convexscan/onnx.hpp"
#include "files/npz.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

void describe_model(const std::string& path) {
  const LoadedModel loaded = load_onnx(path);
  const Model& model = loaded.model;
  print_line("{}: {}", path, model.description());
  print_line("{} parameters in {} layer{}", model.parameter_count(), model.depth(),
             model.depth() == 1 ? "" : "s");
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    print_line("  layer {}: {} to {}, {}{}{}", l + 1, layer.inputs, layer.outputs,
               name(layer.activation), layer.bias ? "" : ", no bias",
               layer.skip_before != Layer::no_skip || layer.skip_after != Layer::no_skip
                   ? ", residual"
                   : "");
  }
  for (const std::string& notice : loaded.notices) print_line("note: {}", notice);
  print_line("SHA-256 {}", loaded.hash);
}

void describe_data(const std::string& path) {
  const Dataset data = load_dataset(path);
  const auto [low, high] = std::ranges::minmax(data.inputs);
  print_line("{}: {} samples of {} features from {:.6g} to {:.6g}", path, data.samples,
             data.features, low, high);
  if (data.labels.empty()) {
    print_line("{} real targets a sample", data.target_width);
  } else {
    const auto [first, last] = std::ranges::minmax(data.labels);
    print_line("one whole-number label a sample, from {} to {}", first, last);
  }
  print_line("SHA-256 {}", data.hash);
}

/// Weights or directions: arrays that are not samples in rows, with their targets.
bool holds_arrays_alone(const std::string& path) {
  if (path.ends_with(".npy")) return true;
  if (!path.ends_with(".npz")) return false;
  const NpzArchive archive(path);
  return !archive.has("x") || !archive.has("y") || archive.read("x").rank() < 2;
}

void print(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_line("{}", line);
}

void describe_file(const std::string& path) {
  std::error_code unknown;  // then reading it says why
  if (path.ends_with(".onnx")) {
    describe_model(path);
  } else if (path.ends_with(".nc")) {
    const std::string kind = kind_of_result(path);
    print(kind == "grid"        ? describe(read_result(path))
          : kind == "convexify" ? describe_convexify(path)
                                : describe(read_segments(path)));
  } else if (std::filesystem::is_directory(path, unknown)) {
    print(describe_checkpoints(path));
  } else if (holds_arrays_alone(path)) {
    print(describe_arrays(path));
  } else {
    describe_data(path);
  }
}

void list_devices() {
  for (const std::string& device : available_devices()) print_line("{}", device);
  if (const std::string why = why_unavailable("cuda"); !why.empty()) print_line("no cuda: {}", why);
}

void list_landscapes() {
  for (const Landscape& landscape : landscapes()) {
    print_line("{:20} {} parameters  {}", landscape.name, landscape.parameters, landscape.formula);
  }
}

int run(const std::vector<std::string>& paths, bool landscapes) {
  if (landscapes) list_landscapes();
  if (!landscapes && paths.empty()) list_devices();
  int code = 0;
  for (const std::string& path : paths) {
    try {
      describe_file(path);
    } catch (const Error& error) {
      if (paths.size() == 1) throw;
      std::fflush(stdout);  // where both go to one place, in the order of the names
      print_message("convexscan", error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "info",
      "What a model, data, weight or result file or a folder of checkpoints holds; without a file, "
      "which devices there are.");
  auto paths = std::make_shared<std::vector<std::string>>();
  auto landscapes = std::make_shared<bool>(false);
  command
      ->add_option("file", *paths,
                   ".onnx, .nc, .npz, data as for --data, or a folder of checkpoints")
      ->type_name("FILE");
  command->add_flag("--landscapes", *landscapes, "the built-in functions");
  command->callback([=, &action] { action = [=] { return run(*paths, *landscapes); }; });
}

}  // namespace convexscan::commands
