// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/gallery.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>

#include "commands/command.hpp"
#include "commands/gallery_table.hpp"
#include "commands/interrupt.hpp"
#include "commands/pictures.hpp"
#include "commands/progress_line.hpp"
#include "commands/shell_word.hpp"
#include "commands/usage.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "files/folder.hpp"
#include "files/printable.hpp"
#include "message.hpp"
#include "named.hpp"

namespace convexscan::commands {
namespace {

/// None found in so many leaves at most 3 % of all, with 95 % confidence; fewer decide little.
constexpr std::int64_t fewest_segments = 100;

struct GalleryOptions {
  std::string only;
  bool list = false;
  bool no_pictures = false;
  std::string folder = "gallery";
  bool overwrite = false;
  bool quiet = false;
  std::string device = "auto";
  std::int64_t segments = 1000;
};

/// "2,5": the rows of these numbers, in the gallery's order.
std::vector<const GalleryRow*> chosen_rows(const std::string& only) {
  std::vector<const GalleryRow*> rows;
  for (const GalleryRow& row : gallery()) rows.push_back(&row);
  if (only.empty()) return rows;
  std::vector<const GalleryRow*> chosen;
  for (std::string_view rest = only;;) {
    const std::size_t comma = rest.find(',');
    const std::int64_t number = parse_whole_number("--only", rest.substr(0, comma));
    const auto found = std::ranges::find(rows, number, &GalleryRow::number);
    if (found == rows.end()) {
      throw UsageError(
          fmt::format("--only {}: there is no row {}; convexscan gallery --list shows "
                      "them",
                      only, number));
    }
    chosen.push_back(*found);
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  std::erase_if(rows, [&](const GalleryRow* row) { return std::ranges::count(chosen, row) == 0; });
  return rows;
}

void require_empty(const GalleryOptions& options) {
  const std::filesystem::path folder = options.folder;
  if (options.folder.empty()) throw UsageError("--output: give a folder");
  std::error_code unknown;  // then making it says why
  if (!std::filesystem::exists(folder, unknown)) return;
  if (!std::filesystem::is_directory(folder, unknown)) {
    throw Error(fmt::format("{}: is a file; --output takes a folder", options.folder));
  }
  if (!options.overwrite && !names_in(folder).empty()) {
    throw Error(fmt::format("{}: the folder is not empty; choose another or add --overwrite",
                            options.folder));
  }
}

/// Words in lines of at most width columns, those after the first with an indent.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > width) {
      result += '\n' + std::string(indent, ' ');
      column = 0;
    }
    if (column > 0) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

/// Two digits that are no less than the bound.
std::string rounded_up(double bound) {
  std::string nearest = fmt::format("{:.1e}", bound);
  if (std::stod(nearest) >= bound) return nearest;
  return fmt::format("{:.1e}", bound + 0.06 * std::pow(10.0, std::floor(std::log10(bound))));
}

/// "smallest eigenvalue -2 +- 5.2e-15"
std::string number_of(const Finding& finding) {
  std::string text = fmt::format("{} {:.6g}", finding.measure, finding.number);
  if (finding.bound > 0.0) text += " +- " + rounded_up(finding.bound);
  return finding.evidence.empty() ? text : text + "; " + finding.evidence;
}

void print_row(const Shown& shown) {
  const GalleryOutcome& outcome = shown.outcome;
  fmt::print("\n{:>2}  {:<12}  {}\n", shown.row->number, convexscan::name(outcome.verdict),
             wrapped(shown.row->statement, 82, 18));
  for (const Finding& finding : outcome.findings) {
    const char mark = finding.role == Finding::Role::counter_example ? '!'
                      : finding.role == Finding::Role::remark        ? '-'
                                                                     : ' ';
    fmt::print("  {} {:<4} {:<66} {}\n         {}\n", mark, name(finding.answer), finding.claim,
               finding.file, number_of(finding));
  }
  fmt::print("    so   {}\n", wrapped(outcome.conclusion, 91, 9));
}

/// Draws the rows' results. Returns what there is to say of that on stdout.
std::string draw(const GalleryOptions& options, const std::vector<Shown>& rows) {
  const std::filesystem::path program = plot_program();
  if (program.empty())
    return fmt::format(": convexscan-plot {} draws them", printable(shell_word(options.folder)));
  std::vector<std::filesystem::path> results;
  for (const std::string& name : names_in(options.folder)) {
    const bool of_row = std::ranges::any_of(rows, [&](const Shown& shown) {
      return name.starts_with(fmt::format("{:02}-", shown.row->number));
    });
    if (of_row && (name.ends_with(".nc") || name.ends_with("-widths.npz")))
      results.push_back(std::filesystem::path(options.folder) / name);
  }
  std::ranges::sort(results);
  if (draw_pictures(program, results, options.overwrite, options.quiet)) {
    return ", with a picture of each";
  }
  if (stop_requested()) {
    throw Error(
        fmt::format("interrupted; the results and gallery.csv are in {}, pictures are missing",
                    options.folder));
  }
  print_note(fmt::format("{} did not draw all pictures; convexscan-plot --overwrite {} does",
                         program.string(), shell_word(options.folder)));
  return "";
}

/// Does a part of the work that writes files; where it ends early, what is said names those that
/// stay, and a folder without any stays only if it was there before.
template <typename Work>
void naming_what_stays(const std::string& folder, bool was_there, const Work& work) {
  const auto none = [&] {
    std::error_code missing;
    if (std::filesystem::directory_iterator(folder, missing) !=
        std::filesystem::directory_iterator()) {
      return false;
    }
    if (!was_there) std::filesystem::remove(folder, missing);
    return true;
  };
  try {
    work();
  } catch (const Interrupted&) {
    if (none()) throw;
    throw Error(fmt::format("interrupted; the files so far are in {}, gallery.csv was not written",
                            folder));
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    if (none()) throw;
    throw Error(fmt::format("{}; the files before it are in {}", error.what(), folder));
  }
}

int run(const GalleryOptions& options) {
  const std::vector<const GalleryRow*> rows = chosen_rows(options.only);
  if (options.list) {
    for (const GalleryRow* row : rows) {
      fmt::print("{:>2}  {}\n", row->number, wrapped(row->statement, 92, 4));
    }
    return 0;
  }
  require_empty(options);
  require_device(options.device);
  const std::filesystem::path table = std::filesystem::path(options.folder) / "gallery.csv";
  const TableLines others = other_lines(table, rows);
  std::error_code unknown;
  // A link that leads nowhere is there, too.
  const bool was_there =
      std::filesystem::exists(std::filesystem::symlink_status(options.folder, unknown));
  GallerySettings settings;
  settings.backend = [&options](const Objective& objective) {
    return make_backend(options.device, objective, Precision::float64);
  };
  settings.folder = options.folder;
  settings.overwrite = options.overwrite;
  settings.segments = options.segments;
  settings.stop = &stop_requested();
  settings.provenance.version = CONVEXSCAN_VERSION;
  settings.provenance.created = fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  say_when_interrupted(
      fmt::format("interrupted; the files so far, if any, are in {}", options.folder));
  std::vector<Shown> shown;
  double seconds = 0.0;
  for (const GalleryRow* row : rows) {
    {
      ProgressLine progress("rows", options.quiet);
      progress.show(static_cast<std::int64_t>(shown.size()),
                    static_cast<std::int64_t>(rows.size()));
      naming_what_stays(options.folder, was_there, [&] {
        shown.push_back({row, convexscan::run(*row, settings)});
      });
    }
    seconds += shown.back().outcome.elapsed_seconds;
    if (!options.quiet) print_row(shown.back());
  }
  naming_what_stays(options.folder, was_there,
                    [&] { write_table(table, options.overwrite, others, shown); });
  say_when_interrupted(
      fmt::format("interrupted; the results and gallery.csv are in {}", options.folder));
  const std::string pictures = options.no_pictures ? "" : draw(options, shown);
  if (!options.quiet) {
    fmt::print("\n{} rows in {}; the witnesses are in {}{}\n", shown.size(), duration_text(seconds),
               printable(options.folder), pictures);
  }
  return 0;
}

}  // namespace

void add_gallery(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "gallery", "Check statements about the convexity of networks one by one, on this machine.");
  auto options = std::make_shared<GalleryOptions>();
  command
      ->add_option("--only", options->only,
                   "rows by their numbers, joined by commas; with --overwrite gallery.csv "
                   "keeps the others")
      ->group("Gallery")
      ->type_name("N,N");
  command->add_flag("--list", options->list, "show the statements and check none")
      ->group("Gallery");
  command
      ->add_option(
          "--count", options->segments,
          fmt::format("random segments that each claim is tried on, at least {}", fewest_segments))
      ->group("Gallery")
      ->check(whole_number(fewest_segments))
      ->capture_default_str();
  command
      ->add_flag("--no-pictures", options->no_pictures,
                 "draw none; else convexscan-plot draws each result, where it is beside this "
                 "program, in $PATH or named by $CONVEXSCAN_PLOT")
      ->group("Gallery");
  command
      ->add_option("--device", options->device,
                   "where to compute; auto takes a GPU where there is one")
      ->group("Computation")
      ->type_name("auto|cpu|cuda[:K]")
      ->capture_default_str();
  command->add_option("--output", options->folder, "folder for the witnesses and the table")
      ->group("Output")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_flag("--overwrite", options->overwrite, "replace files that exist")->group("Output");
  command->add_flag("--quiet", options->quiet, "no progress and no table")->group("Output");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
