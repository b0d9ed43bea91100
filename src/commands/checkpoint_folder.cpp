// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/checkpoint_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "commands/output_options.hpp"
#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"
#include "files/folder.hpp"

namespace convexscan::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".training.lock";

bool is_step(std::string_view name) { return name.starts_with("step-") && name.ends_with(".npz"); }

/// What a PendingFile of a step is called until it is whole; one that is there without a training
/// was left by a killed one.
bool is_unfinished_step(std::string_view name) {
  return name.starts_with('.') && is_step(name.substr(1));
}

/// Whether the open file still has this name: another training may have removed it meanwhile.
bool has_name(int file, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Returns whether the folder was missing.
bool make(const fs::path& folder) {
  std::error_code failed;
  const bool made = fs::create_directories(folder, failed);
  if (!failed) return made;
  throw Error(fmt::format("{}: cannot make this folder ({})", folder.string(), failed.message()));
}

}  // namespace

/// By flock, which ends with the process however that ends: a file that a killed one left locks
/// nothing.
FolderLock::FolderLock(const fs::path& folder) : path_(folder / lock_name) {
  do {
    if (file_ >= 0) ::close(file_);
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) {
      throw Error(fmt::format("{}: cannot write here ({}); choose another --checkpoints",
                              folder.string(), std::strerror(errno)));
    }
    // A file system without locks is no reason not to train.
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(file_);
      throw Error(
          fmt::format("{}: is in use: another training keeps its checkpoints there; wait for its "
                      "end or choose another --checkpoints",
                      folder.string()));
    }
  } while (!has_name(file_, path_));
}

FolderLock::~FolderLock() {
  // While it is held, so that no other's is removed.
  ::unlink(path_.c_str());
  ::close(file_);
}

CheckpointFolder::CheckpointFolder(const fs::path& folder, bool overwrite,
                                   const std::vector<std::string>& inputs)
    : folder_(folder), made_(make(folder)), lock_(folder) {
  for (const std::string& name : names_in(folder)) {
    if (name == lock_name) continue;
    if (is_unfinished_step(name)) {
      old_.push_back(name);
      continue;
    }
    if (!overwrite) {
      throw Error(fmt::format(
          "{}: the folder of checkpoints is not empty; choose another or add --overwrite",
          folder.string()));
    }
    const fs::path path = folder / name;
    if (is_step(name)) {
      old_.push_back(name);
    } else if (path.extension() == ".npz" && !name.starts_with('.')) {
      throw Error(fmt::format(
          "{}: is no checkpoint and would be taken for one; choose another --checkpoints",
          path.string()));
    }
    for (const std::string& input : inputs) {
      if (same_file(input, path.string())) {
        throw UsageError(fmt::format("--checkpoints {}: holds {}, which is read; choose another",
                                     folder.string(), input));
      }
    }
  }
}

CheckpointFolder::~CheckpointFolder() {
  lock_.reset();
  std::error_code not_empty;
  if (made_) fs::remove(folder_, not_empty);
}

void CheckpointFolder::clear() {
  for (const std::string& name : old_) {
    const fs::path path = folder_ / name;
    std::error_code failed;
    fs::remove(path, failed);
    if (failed) {
      throw Error(fmt::format("{}: cannot be removed ({})", path.string(), failed.message()));
    }
  }
  old_.clear();
}

void CheckpointFolder::save(int iteration, std::span<const double> theta) const {
  const fs::path path = folder_ / fmt::format("step-{:05}.npz", iteration);
  save_weights(path.string(), {theta.begin(), theta.end()}, true);
}

}  // namespace convexscan::commands
