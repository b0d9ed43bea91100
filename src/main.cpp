// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "commands/command.hpp"
#include "commands/output_options.hpp"
#include "commands/progress_line.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "named.hpp"

namespace {

using namespace convexscan;

constexpr int failed = 1;
constexpr int bad_usage = 2;

int complain(const std::string& what, int code) {
  fmt::print(stderr, "convexscan: {}\n", what);
  return code;
}

/// The command line as one would type it again.
std::string joined(int argc, char** argv) {
  std::string text = "convexscan";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$&|;<>()*?[]#~") == std::string::npos;
    text += " ";
    text += plain ? word : "'" + word + "'";
  }
  return text;
}

/// Option and command names that the given command knows.
std::vector<std::string> known_names(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  } else {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
  }
  return names;
}

int explain(const CLI::App& app, const CLI::ParseError& error) {
  const bool unknown_word =
      dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !app.remaining().empty());
  if (!unknown_word)
    return complain(fmt::format("{}; see convexscan --help", error.what()), bad_usage);
  const std::vector<CLI::App*> chosen = const_cast<CLI::App&>(app).get_subcommands();
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  const std::vector<std::string> unknown = command.remaining(true);
  const std::string word = unknown.empty() ? "" : unknown.front();
  const bool option = word.starts_with("-");
  const std::vector<std::string> names = known_names(command, option || !chosen.empty());
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string text =
      unknown_name(option ? "option" : (chosen.empty() ? "command" : "argument"), word, views);
  // A list of every option helps nobody.
  if (const std::size_t all = text.find("; choose one of"); option && all != std::string::npos) {
    text =
        text.substr(0, all) +
        fmt::format("; see {} --help",
                    command.get_name().empty() ? "convexscan" : "convexscan " + command.get_name());
  }
  return complain(text, bad_usage);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Where is a network's loss convex, where is it not, and by how much?", "convexscan");
  app.set_version_flag("--version", "convexscan " CONVEXSCAN_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(26);
  commands::Action action;
  commands::add_train(app, action);
  commands::add_grid(app, action);
  commands::add_segments(app, action);
  commands::add_gallery(app, action);
  commands::add_compare(app, action);
  commands::add_export(app, action);
  commands::add_info(app, action);
  commands::command_line() = joined(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help and --version
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk, not the end
  commands::stop_on_interrupt();
  try {
    const int code = action();
    // A full disk behind stdout is a failure too.
    return std::fflush(stdout) == 0 ? code : complain("stdout cannot be written", failed);
  } catch (const UsageError& error) {
    return complain(error.what(), bad_usage);
  } catch (const Interrupted&) {
    return complain("interrupted; nothing was written", failed);
  } catch (const std::bad_alloc&) {
    return complain("there is not enough memory; use fewer points or --samples", failed);
  } catch (const std::exception& error) {
    return complain(error.what(), failed);
  }
}
