// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <zip.h>

#include <bit>
#include <memory>
#include <span>

#include "convexscan/error.hpp"
#include "files/encodings.hpp"
#include "files/named_maps.hpp"

namespace convexscan {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy arrays are written as they lie");

struct NpyArray {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<double> data;
};

/// The .npy format, version 1.0, of a row-major float64 array.
std::string npy_of(const NpyArray& array) {
  std::string shape;
  for (const std::size_t length : array.shape) shape += fmt::format("{},", length);
  std::string header =
      fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", shape);
  // Magic, version and length take ten bytes; the data start at a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data.data()),
               array.data.size() * sizeof(double));
  return bytes;
}

std::vector<NpyArray> arrays_of(const GridResult& result) {
  const std::size_t rows = result.y.size(), columns = result.x.size();
  std::vector<NpyArray> arrays{{"x", {columns}, result.x}, {"y", {rows}, result.y}};
  for (const NamedMap& map : named_maps(result))
    arrays.push_back({map.name, {rows, columns}, map.data});
  if (const auto found = result.values.find(Quantity::min_eigenvector);
      found != result.values.end()) {
    const auto entries = static_cast<std::size_t>(found->second.components);
    arrays.push_back({"min_eigenvector", {rows, columns, entries}, found->second.data});
  }
  const std::size_t parameters = result.slice.origin.size();
  if (parameters != 0) arrays.push_back({"origin", {parameters}, result.slice.origin});
  if (!result.slice.directions.empty()) {
    NpyArray direction{"direction", {result.slice.directions.size(), parameters}, {}};
    for (const std::vector<double>& row : result.slice.directions) {
      direction.data.insert(direction.data.end(), row.begin(), row.end());
    }
    arrays.push_back(std::move(direction));
  }
  if (!result.markers.empty()) {
    NpyArray x{"marker_x", {result.markers.size()}, {}};
    NpyArray y{"marker_y", {result.markers.size()}, {}};
    for (const Marker& marker : result.markers) {
      x.data.push_back(marker.x);
      y.data.push_back(marker.y);
    }
    arrays.push_back(std::move(x));
    arrays.push_back(std::move(y));
  }
  return arrays;
}

void require(bool done) {
  if (!done) throw Error("the .npz archive could not be made: there is not enough memory");
}

using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;
using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

/// What a closed archive left in its memory source.
std::string contents(zip_source_t* source) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  require(zip_source_open(source) == 0 && zip_source_stat(source, &stat) == 0);
  std::string bytes(stat.size, '\0');
  const zip_int64_t read = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  require(read == static_cast<zip_int64_t>(bytes.size()));
  return bytes;
}

}  // namespace

std::string npz_of(const GridResult& result) {
  std::vector<std::pair<std::string, std::string>> members;  // they must outlive the archive
  for (const NpyArray& array : arrays_of(result))
    members.emplace_back(array.name + ".npy", npy_of(array));

  const Source memory(zip_source_buffer_create(nullptr, 0, 0, nullptr), &zip_source_free);
  require(memory != nullptr);
  Archive archive(zip_open_from_source(memory.get(), ZIP_TRUNCATE, nullptr), &zip_discard);
  require(archive != nullptr);
  zip_source_keep(memory.get());  // the archive takes one reference and drops it when it closes
  for (const auto& [name, bytes] : members) {
    Source member(zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0),
                  &zip_source_free);
    require(member != nullptr);
    const zip_int64_t index = zip_file_add(archive.get(), name.c_str(), member.get(), 0);
    require(index >= 0);
    static_cast<void>(member.release());
    // One fixed date, so that the same result gives the same bytes (1980-01-02, zip's first days).
    require(zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(index), 315619200, 0) == 0);
  }
  require(zip_close(archive.get()) == 0);
  static_cast<void>(archive.release());
  return contents(memory.get());
}

}  // namespace convexscan
