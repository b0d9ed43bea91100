// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/npz.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <optional>

#include "convexscan/error.hpp"
#include "files/file_bytes.hpp"
#include "files/pending_file.hpp"
#include "files/printable.hpp"
#include "named.hpp"

namespace convexscan {
namespace {

constexpr std::string_view suffix = ".npy";

[[noreturn]] void damaged_archive(const std::string& name, std::string_view reason) {
  throw Error(
      fmt::format("{}: is no whole .npz archive ({}); save or copy it again", name, reason));
}

/// The key that was probably meant: another case, or a slip in a word long enough to tell.
std::optional<std::string_view> meant_key(std::string_view wanted,
                                          const std::vector<std::string>& keys) {
  const auto same_letter = [](char a, char b) { return (a | 32) == (b | 32); };
  for (const std::string& key : keys) {
    if (std::ranges::equal(key, wanted, same_letter)) return key;
  }
  const std::vector<std::string_view> names(keys.begin(), keys.end());
  return wanted.size() < 4 ? std::nullopt : nearest_name(wanted, names);
}

class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  explicit ZipError(int code) { zip_error_init_with_code(&error_, code); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;

  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

}  // namespace

bool looks_like_zip(std::string_view bytes) { return bytes.starts_with("PK"); }

NpzArchive::NpzArchive(const std::string& path) : NpzArchive(path, read_file(path)) {}

NpzArchive::NpzArchive(std::string path, std::string bytes)
    : path_(std::move(path)), bytes_(std::move(bytes)), zip_(nullptr, zip_discard) {
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes_.data(), bytes_.size(), 0, error.get());
  if (source == nullptr) damaged_archive(path_, error.text());
  zip_.reset(zip_open_from_source(source, ZIP_RDONLY, error.get()));
  if (!zip_) {
    zip_source_free(source);
    damaged_archive(path_, error.text());
  }
  const zip_int64_t count = zip_get_num_entries(zip_.get(), 0);
  bool pickled = false;
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(zip_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS);
    if (name == nullptr) damaged_archive(path_, zip_strerror(zip_.get()));
    const std::string_view text(name);
    if (text.ends_with(suffix)) keys_.emplace_back(text.substr(0, text.size() - suffix.size()));
    pickled = pickled || text.ends_with("data.pkl");
  }
  if (pickled && keys_.empty()) {
    throw Error(fmt::format(
        "{}: was written by torch.save; in Python, numpy.savez(\"w.npz\", *[p.detach().numpy() for "
        "p in net.parameters()]) writes what can be read here",
        path_));
  }
  if (keys_.empty()) {
    throw Error(fmt::format("{}: holds no arrays; write it with numpy.savez", path_));
  }
}

bool NpzArchive::has(std::string_view key) const {
  return std::ranges::find(keys_, key) != keys_.end();
}

std::string NpzArchive::name_of(const std::string& key) const {
  return fmt::format("{}[{}]", path_, printable(key));
}

Array NpzArchive::read(const std::string& key) const {
  return parse_npy(name_of(key), read_bytes(key));
}

std::string NpzArchive::read_bytes(const std::string& key) const {
  if (!has(key)) {
    const std::optional<std::string_view> near = meant_key(key, keys_);
    throw Error(fmt::format("{}: has no key \"{}\", only {}; {}", path_, key,
                            printable(fmt::format("{}", fmt::join(keys_, ", "))),
                            near ? fmt::format("save \"{}\" as \"{}\"", printable(*near), key)
                                 : fmt::format("save one as \"{}\"", key)));
  }
  const std::string name = name_of(key);
  const std::string file = key + std::string(suffix);
  zip_file_t* opened = zip_fopen(zip_.get(), file.c_str(), 0);
  if (opened == nullptr) damaged_archive(name, zip_strerror(zip_.get()));
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> entry(opened, zip_fclose);
  // The size that the archive declares may be wrong: take what comes.
  std::string bytes;
  std::array<char, std::size_t{1} << 16> buffer;
  for (;;) {
    const zip_int64_t got = zip_fread(entry.get(), buffer.data(), buffer.size());
    if (got < 0) damaged_archive(name, zip_file_strerror(entry.get()));
    if (got == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

void write_npz(const std::filesystem::path& path, bool overwrite,
               std::span<const NamedArray> arrays) {
  PendingFile pending(path, overwrite);
  std::vector<std::string> contents;  // libzip reads it when it closes
  contents.reserve(arrays.size());
  int code = 0;
  std::unique_ptr<zip, void (*)(zip*)> archive(
      zip_open(pending.path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code), zip_discard);
  if (!archive) pending.fail(ZipError(code).text());
  for (const NamedArray& array : arrays) {
    contents.push_back(array.texts.empty() ? npy_bytes(array.shape, array.values)
                                           : npy_bytes(array.texts));
    zip_source_t* source =
        zip_source_buffer(archive.get(), contents.back().data(), contents.back().size(), 0);
    const std::string name = array.key + std::string(suffix);
    const zip_int64_t index =
        source == nullptr ? -1
                          : zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      pending.fail(zip_strerror(archive.get()));
    }
    // 1980-01-01, as numpy does, so that equal arrays give equal bytes.
    constexpr zip_uint16_t first_day = (1 << 5) | 1;
    zip_file_set_dostime(archive.get(), static_cast<zip_uint64_t>(index), 0, first_day, 0);
    zip_set_file_compression(archive.get(), static_cast<zip_uint64_t>(index), ZIP_CM_DEFLATE, 6);
  }
  if (zip_close(archive.get()) != 0) pending.fail(zip_strerror(archive.get()));
  static_cast<void>(archive.release());  // closed
  pending.commit();
}

}  // namespace convexscan
