// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/export.hpp"

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/output_options.hpp"
#include "convexscan/result_file.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

struct ExportOptions {
  std::string from;
  std::string to;
  bool overwrite = false;
};

/// One number a point and map is all that these formats have room for.
void note_what_is_left_out(const GridResult& result, const std::string& to) {
  if (!to.ends_with(".csv") && !to.ends_with(".vtk")) return;
  if (!result.values.contains(Quantity::min_eigenvector)) return;
  print_note(
      fmt::format("{}: min_eigenvector, of many numbers a point, is left out; .npz holds it", to));
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "export",
      "Write a result file as .npz or .csv; of a grid also as .vtk (ParaView) or .h5 "
      "(loss-landscape's scripts).");
  auto options = std::make_shared<ExportOptions>();
  command
      ->add_option("result", options->from,
                   "result of convexscan grid; for .csv and .npz also of segments or convexify")
      ->type_name("scan.nc")
      ->required();
  command->add_option("--output", options->to, "file to write; its ending chooses the format")
      ->type_name("FILE")
      ->required();
  command->add_flag("--overwrite", options->overwrite, "replace the file if it exists");
  command->callback([options, &action] {
    action = [options] {
      refuse_inputs("--output", options->to, {options->from});
      require_exportable(options->to, options->overwrite);
      if (kind_of_result(options->from) != "grid") {
        export_table(options->from, options->to, options->overwrite);
      } else {
        const GridResult result = read_result(options->from);
        export_result(result, options->to, options->overwrite, &stop_requested());
        note_what_is_left_out(result, options->to);
      }
      say_when_interrupted(fmt::format("interrupted; the export is in {}", options->to));
      print_line("{}", options->to);
      return 0;
    };
  });
}

}  // namespace convexscan::commands
