// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "files/pending_file.hpp"

namespace convexscan {

namespace fs = std::filesystem;

void write_whole_file(const fs::path& path, std::string_view bytes, bool overwrite) {
  PendingFile pending(path, overwrite);
  const int file = ::open(pending.path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  int reason = file < 0 ? errno : 0;
  while (reason == 0 && !bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      reason = errno;
    }
  }
  // Some file systems report a full disk only here.
  if (file >= 0 && ::close(file) != 0 && reason == 0) reason = errno;
  if (reason != 0) pending.fail(std::strerror(reason));
  pending.commit();
}

}  // namespace convexscan
