// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "commands/command.hpp"
#include "commands/help_format.hpp"
#include "commands/interrupt.hpp"
#include "commands/output_options.hpp"
#include "commands/shell_word.hpp"
#include "commands/usage.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "message.hpp"

namespace {

using namespace convexscan;

constexpr int failed = 1;
constexpr int bad_usage = 2;

int complain(const std::string& what, int code) {
  commands::interrupt_is_answered();
  print_message("convexscan", what);
  return code;
}

int finished(int code) {
  const bool written = stdout_is_written();  // which may wait for its reader
  commands::interrupt_is_answered();
  return written ? code : complain("stdout cannot be written", failed);
}

/// The command line as one would type it again.
std::string joined(int argc, char** argv) {
  std::string text = "convexscan";
  for (int i = 1; i < argc; ++i) text += ' ' + commands::shell_word(argv[i]);
  return text;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown outside the blocks is bad_alloc.
int main(int argc, char** argv) {
  CLI::App app("Where is a network's loss convex, where is it not, and by how much?", "convexscan");
  app.set_version_flag("--version", "convexscan " CONVEXSCAN_VERSION);
  app.require_subcommand(1);
  app.formatter(std::make_shared<commands::HelpFormat>());
  commands::Action action;
  commands::add_train(app, action);
  commands::add_grid(app, action);
  commands::add_segments(app, action);
  commands::add_convexify(app, action);
  commands::add_gallery(app, action);
  commands::add_compare(app, action);
  commands::add_export(app, action);
  commands::add_info(app, action);
  commands::command_line() = joined(argc, argv);
  try {
    commands::refuse_empty_values(argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return finished(app.exit(success));  // --help and --version
  } catch (const CLI::ParseError& error) {
    return complain(commands::usage_line(app, error), bad_usage);
  } catch (const UsageError& error) {
    return complain(error.what(), bad_usage);
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk, not the end
  commands::stop_on_interrupt();
  try {
    commands::refuse_empty_values(app);
    commands::refuse_too_many_threads();
    const int code = action();
    return finished(code);
  } catch (const UsageError& error) {
    return complain(error.what(), bad_usage);
  } catch (const Interrupted&) {
    return complain("interrupted; nothing was written", failed);
  } catch (const std::bad_alloc&) {
    // Without its end in order: OpenBLAS waits there for threads that still try to get memory.
    std::_Exit(complain(commands::out_of_memory_line(app, ""), failed));
  } catch (const OutOfMemory&) {
    return complain(commands::out_of_memory_line(app, " on the GPU"), failed);
  } catch (const std::exception& error) {
    return complain(error.what(), failed);
  }
}
