// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/pictures.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "commands/interrupt.hpp"
#include "commands/progress_line.hpp"

namespace convexscan::commands {
namespace {

namespace fs = std::filesystem;

bool can_be_run(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(path, none) && ::access(path.c_str(), X_OK) == 0;
}

/// Starts the program without a shell, its stdout going to a pipe; −1 where that fails.
pid_t start(std::vector<std::string> words, int out) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? child : -1;
}

/// Counts the lines that the children write, one a picture, until the last of them ends.
void follow(int in, const std::vector<pid_t>& children, std::size_t results, bool quiet) {
  ProgressLine progress("pictures", quiet);
  std::int64_t drawn = 0;
  bool told = false;
  for (;;) {
    progress.show(drawn, static_cast<std::int64_t>(results));
    if (stop_requested() && !told) {
      for (const pid_t child : children) ::kill(child, SIGTERM);
      told = true;
    }
    pollfd ready{in, POLLIN, 0};
    if (::poll(&ready, 1, 100) <= 0) continue;
    std::array<char, 4096> text;
    const ssize_t count = ::read(in, text.data(), text.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return;
    drawn += std::count(text.data(), text.data() + std::max<ssize_t>(count, 0), '\n');
  }
}

bool ended_well(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

fs::path plot_program() {
  if (const char* named = std::getenv("CONVEXSCAN_PLOT")) {
    return can_be_run(named) ? fs::path(named) : fs::path();
  }
  constexpr const char* name = "convexscan-plot";
  std::error_code unknown;
  const fs::path self = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown && can_be_run(self.parent_path() / name)) return self.parent_path() / name;
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const fs::path folder = rest.substr(0, colon);
    if (folder.is_absolute() && can_be_run(folder / name)) return folder / name;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

bool draw_pictures(const fs::path& program, const std::vector<fs::path>& results, bool overwrite,
                   bool quiet) {
  if (results.empty()) return true;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return false;
  const std::size_t shares = std::min<std::size_t>(
      {std::clamp(std::thread::hardware_concurrency(), 1U, 4U), results.size()});
  std::vector<pid_t> children;
  for (std::size_t share = 0; share < shares; ++share) {
    std::vector<std::string> words{fs::absolute(program).string()};
    if (overwrite) words.emplace_back("--overwrite");
    words.emplace_back("--");
    for (std::size_t k = share; k < results.size(); k += shares) words.push_back(results[k]);
    if (const pid_t child = start(words, pipe[1]); child > 0) children.push_back(child);
  }
  ::close(pipe[1]);
  follow(pipe[0], children, results.size(), quiet);
  ::close(pipe[0]);
  const auto good = std::ranges::count_if(children, ended_well);
  return static_cast<std::size_t>(good) == shares;
}

}  // namespace convexscan::commands
