// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/npy.hpp"

struct zip;

namespace convexscan {

/// The arrays of an .npz file, read one by one as they are asked for. Its bytes are held whole, so
/// that their hash is that of what is read.
class NpzArchive {
 public:
  /// Throws Error when bytes are no whole zip archive or hold no arrays.
  NpzArchive(std::string path, std::string bytes);
  explicit NpzArchive(const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& bytes() const { return bytes_; }

  /// Names without ".npy", in the archive's order.
  const std::vector<std::string>& keys() const { return keys_; }
  bool has(std::string_view key) const;

  /// Throws Error, with the keys that there are, when key is not one of them.
  Array read(const std::string& key) const;

  /// The same as the bytes of its .npy file.
  std::string read_bytes(const std::string& key) const;

  /// For messages: PATH[key].
  std::string name_of(const std::string& key) const;

 private:
  std::string path_;
  std::string bytes_;
  std::vector<std::string> keys_;
  std::unique_ptr<zip, void (*)(zip*)> zip_;
};

/// Whether bytes start as a zip archive does.
bool looks_like_zip(std::string_view bytes);

/// One array to be written, as float64, or as texts in ASCII where there are any.
struct NamedArray {
  std::string key;
  std::vector<std::int64_t> shape;
  std::span<const double> values;
  std::span<const std::string> texts = {};
};

/// Writes an .npz that numpy.load reads, deflated; the same arrays give the same bytes.
/// Throws Error when the file exists and overwrite is not set, or cannot be written.
void write_npz(const std::filesystem::path& path, bool overwrite,
               std::span<const NamedArray> arrays);

}  // namespace convexscan
