// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/pending_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "convexscan/error.hpp"

namespace convexscan {

namespace fs = std::filesystem;

fs::path target_of(const fs::path& path) {
  constexpr int most_links = 40;  // Linux's own limit
  fs::path target = path;
  std::error_code failed;
  for (int links = 0; fs::is_symlink(target, failed); ++links) {
    const fs::path next = fs::read_symlink(target, failed);
    if (failed || links == most_links) {
      throw Error(fmt::format("{}: is a link that leads nowhere; remove it or choose another name",
                              path.string()));
    }
    target = target.parent_path() / next;
  }
  return target;
}

namespace {

std::atomic<int>& pending() {
  static std::atomic<int> count{0};
  return count;
}

}  // namespace

PendingFile::PendingFile(fs::path path, bool overwrite)
    : final_(std::move(path)), overwrite_(overwrite) {
  std::error_code ignored;
  if (fs::is_directory(final_, ignored)) {
    throw Error(fmt::format("{}: is a folder; give a file name", final_.string()));
  }
  if (fs::exists(final_, ignored) && !fs::is_regular_file(final_, ignored)) {
    throw Error(
        fmt::format("{}: is a device or a pipe, not a file; give a file name", final_.string()));
  }
  final_ = target_of(final_);
  const fs::path folder = final_.has_parent_path() ? final_.parent_path() : fs::path(".");
  for (fs::path part = folder; !part.empty() && part != part.root_path();
       part = part.parent_path()) {
    if (fs::exists(part, ignored) && !fs::is_directory(part, ignored)) {
      throw Error(fmt::format("{}: {} is a file, not a folder; choose another folder",
                              final_.string(), part.string()));
    }
  }
  std::error_code failed;
  if (fs::status(folder, failed).type() == fs::file_type::none) {
    throw Error(fmt::format("{}: cannot write here ({}); choose another folder", final_.string(),
                            failed.message()));
  }
  std::error_code at_name;
  static_cast<void>(fs::exists(final_, at_name));
  if (at_name == std::errc::filename_too_long) {
    throw Error(fmt::format("{}: the name is too long; choose a shorter one", final_.string()));
  }
  if (!fs::is_directory(folder, ignored)) {
    throw Error(fmt::format("{}: the folder {} does not exist; make it first", final_.string(),
                            folder.string()));
  }
  if (fs::exists(final_, ignored) && !overwrite) {
    throw Error(
        fmt::format("{}: already exists; choose another name or add --overwrite", final_.string()));
  }
  // Longer than the name itself, which may be as long as a name can be.
  temporary_ = folder / fmt::format(".{}.{}{}", final_.stem().string().substr(0, 100), ::getpid(),
                                    final_.extension().string().substr(0, 100));
  // Claim the name now, so that a folder that cannot be written is found before the work is done.
  const int file = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) {
    throw Error(fmt::format("{}: cannot write here ({}); choose another folder", final_.string(),
                            std::strerror(errno)));
  }
  ::close(file);
  ++pending();
}

PendingFile::~PendingFile() {
  if (!committed_) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
  --pending();
}

int PendingFile::count() { return pending(); }

void PendingFile::commit() {
  const int file = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC);
  const bool flushed = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!flushed) {
    fail(std::strerror(reason));
  }
  // link() refuses an existing name, so a file that appeared meanwhile is not lost either.
  if (!overwrite_ && ::link(temporary_.c_str(), final_.c_str()) == 0) {
    ::unlink(temporary_.c_str());
    committed_ = true;
    return;
  }
  if (!overwrite_ && errno == EEXIST) {
    throw Error(fmt::format("{}: appeared meanwhile; choose another name or add --overwrite",
                            final_.string()));
  }
  if (::rename(temporary_.c_str(), final_.c_str()) != 0) {
    throw Error(
        fmt::format("{}: cannot be given its name ({})", final_.string(), std::strerror(errno)));
  }
  committed_ = true;
}

void PendingFile::fail(std::string_view reason) const {
  throw Error(fmt::format("{}: could not be written whole ({}); what was at that name is unchanged",
                          final_.string(), reason));
}

}  // namespace convexscan
