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
#include "files/pending_file.hpp"

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

/// Returns those that were missing of the folder and what it is in, from the inside out.
std::vector<fs::path> make(const fs::path& folder) {
  std::vector<fs::path> made;
  // A link that leads nowhere is there, and not this program's to remove.
  const auto is_missing = [](const fs::path& path) {
    std::error_code unknown;
    return fs::symlink_status(path, unknown).type() == fs::file_type::not_found;
  };
  for (fs::path path = folder; !path.empty() && is_missing(path); path = path.parent_path()) {
    if (path.has_filename()) made.push_back(path);  // not "steps/", which is "steps" again
  }
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return made;
  std::error_code missing;
  for (const fs::path& path : made) fs::remove(path, missing);
  throw Error(fmt::format("{}: cannot make this folder ({})", folder.string(), failed.message()));
}

/// Both name one place, where it may be missing still.
bool same_place(const fs::path& a, const fs::path& b) {
  std::error_code unknown;
  const auto place = [&](const fs::path& folder) {
    return fs::weakly_canonical(fs::absolute(folder / "file", unknown), unknown);
  };
  return same_file(a.string(), b.string()) || place(a) == place(b);
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

void refuse_checkpoint(const std::string& output, const fs::path& folder) {
  for (const fs::path& file : {fs::path(output), target_of(output)}) {
    if (!same_place(file.has_parent_path() ? file.parent_path() : fs::path("."), folder)) continue;
    throw UsageError(
        fmt::format("--output {}: is in the folder of --checkpoints, where every .npz is taken for "
                    "a step; choose another place",
                    output));
  }
}

CheckpointFolder::CheckpointFolder(const fs::path& folder, bool overwrite,
                                   const std::vector<std::string>& inputs)
    : folder_(folder), made_(make(folder)), lock_(folder) {
  for (const std::string& name : names_in(folder)) {
    if (name == lock_name) continue;
    if (is_unfinished_step(name)) {
      unfinished_.push_back(name);
      continue;
    }
    if (!overwrite) {
      throw Error(fmt::format(
          "{}: the folder of checkpoints is not empty; choose another or add --overwrite",
          folder.string()));
    }
    const fs::path path = folder / name;
    std::error_code unknown;
    if (is_step(name) && fs::symlink_status(path, unknown).type() == fs::file_type::directory) {
      throw Error(fmt::format("{}: is a folder and no checkpoint; choose another --checkpoints",
                              path.string()));
    }
    if (is_step(name)) {
      steps_.push_back(name);
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
  for (const fs::path& folder : made_) fs::remove(folder, not_empty);
}

/// Who may not remove a file may not rename it either: so all are renamed before one is lost.
void CheckpointFolder::clear() {
  const auto hidden = [&](const std::string& name) { return folder_ / ("." + name); };
  std::error_code failed;
  const auto check = [&](const std::string& name) {
    if (!failed) return;
    throw Error(fmt::format("{}: cannot be removed ({}); the earlier checkpoints are as they were",
                            (folder_ / name).string(), failed.message()));
  };
  for (const std::string& name : unfinished_) {
    fs::remove(folder_ / name, failed);
    check(name);
  }
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    fs::rename(folder_ / steps_[k], hidden(steps_[k]), failed);
    if (!failed) continue;
    std::error_code stays;
    for (std::size_t j = 0; j < k; ++j) {
      fs::rename(hidden(steps_[j]), folder_ / steps_[j], stays);
    }
    check(steps_[k]);
  }
  for (const std::string& name : steps_) fs::remove(hidden(name), failed);  // or the next run does
  unfinished_.clear();
  steps_.clear();
}

void CheckpointFolder::save(int iteration, std::span<const double> theta) const {
  const fs::path path = folder_ / fmt::format("step-{:05}.npz", iteration);
  save_weights(path.string(), {theta.begin(), theta.end()}, true);
}

}  // namespace convexscan::commands
