// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/file_bytes.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

/// Packed data grows at most about a thousandfold, so a stream is read through a buffer of fixed
/// size.
constexpr std::size_t chunk = std::size_t{1} << 18;

class Inflater {
 public:
  Inflater() {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw Error("zlib cannot be started");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream* operator->() { return &stream_; }
  int step() { return inflate(&stream_, Z_NO_FLUSH); }
  int next_member() { return inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace

std::string read_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (status.type() == fs::file_type::not_found) {
    throw Error(fmt::format("{}: no such file; check the path", path));
  }
  if (status.type() == fs::file_type::directory) {
    throw Error(fmt::format("{}: is a folder; give a file", path));
  }
  // Such a one may have no end, or never begin.
  if (status.type() != fs::file_type::none && status.type() != fs::file_type::regular) {
    throw Error(fmt::format("{}: is a device or a pipe; save what it gives in a file", path));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  if (file) {
    std::array<char, chunk> buffer;
    while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
    }
  }
  if (!file.is_open() || file.bad()) {
    throw Error(fmt::format("{}: cannot be read ({}); check its permissions", path,
                            std::strerror(errno != 0 ? errno : EIO)));
  }
  return bytes;
}

std::string unpack_gzip(const std::string& name, std::string bytes) {
  if (!bytes.starts_with("\x1f\x8b")) return bytes;
  Inflater inflater;
  std::string unpacked;
  std::array<char, chunk> buffer;
  std::size_t taken = 0;
  for (;;) {
    // zlib counts in 32 bits; a larger file is handed over in pieces.
    const std::size_t piece = std::min(bytes.size() - taken, std::size_t{1} << 30);
    inflater->next_in = reinterpret_cast<Bytef*>(bytes.data() + taken);
    inflater->avail_in = static_cast<uInt>(piece);
    inflater->next_out = reinterpret_cast<Bytef*>(buffer.data());
    inflater->avail_out = static_cast<uInt>(buffer.size());
    const int state = inflater.step();
    taken += piece - inflater->avail_in;
    unpacked.append(buffer.data(), buffer.size() - inflater->avail_out);
    if (state == Z_STREAM_END) {
      // A gzip file may be several, one after the other.
      if (!std::string_view(bytes).substr(taken).starts_with("\x1f\x8b")) return unpacked;
      if (inflater.next_member() == Z_OK) continue;
    }
    if (state == Z_OK) continue;
    if (state == Z_BUF_ERROR && taken == bytes.size()) {
      throw Error(
          fmt::format("{}: ends in the middle of its gzip data; copy or download it again", name));
    }
    throw Error(fmt::format("{}: its gzip data is damaged; copy or download it again", name));
  }
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw Error("SHA-256 is not available in this OpenSSL");
  }
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace convexscan
