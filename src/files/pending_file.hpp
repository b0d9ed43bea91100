// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace convexscan {

/// Where a link leads in the end, so that what is written goes through it; the path itself where it
/// is none. Throws Error when it leads nowhere.
std::filesystem::path target_of(const std::filesystem::path& path);

/// A file that is written beside its final name and gets that name only when it is whole, so that
/// nothing is ever half written or lost. A link stays and what it leads to is written. Without
/// commit() the destructor removes what was written.
class PendingFile {
 public:
  /// Throws Error when the folder is missing or not writable, or when the file exists and overwrite
  /// is not set; so ask early, before the work whose result it is to hold.
  PendingFile(std::filesystem::path path, bool overwrite);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  /// Where to write; in the same folder, with the same extension.
  const std::filesystem::path& path() const { return temporary_; }

  /// How many there are in this moment; a signal's handler may ask.
  static int count();

  /// Flushes to the disk and gives the file its name. Throws Error when the disk is full.
  void commit();

  /// Throws the Error that the file could not be written, for this reason.
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  bool overwrite_;
  bool committed_ = false;
};

}  // namespace convexscan
