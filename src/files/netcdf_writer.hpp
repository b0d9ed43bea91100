// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convexscan::netcdf {

struct Dimension {
  int id;
  std::size_t length;
};

/// Builds a netCDF-4 file in memory. Throws Error naming the path where the file is to go.
class Writer {
 public:
  Writer(std::string path, std::size_t expected_bytes);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Throws for length zero, which netCDF would take for unlimited. One that is there already is
  /// given again.
  Dimension dimension(const std::string& name, std::size_t length);
  bool has_dimension(const std::string& name) const;

  /// Each variable is written whole, row-major; its id is for attributes. Large ones are
  /// compressed.
  int variable(const std::string& name, const std::vector<Dimension>& shape,
               std::span<const double> data);
  int variable(const std::string& name, const std::vector<Dimension>& shape,
               std::span<const std::int8_t> data);
  int variable(const std::string& name, const std::vector<Dimension>& shape,
               std::span<const std::int64_t> data);
  int variable(const std::string& name, const std::vector<Dimension>& shape,
               std::span<const std::string> data);

  /// The id for attributes of the file itself.
  static const int global;

  void attribute(int variable, const std::string& name, std::string_view value);
  void attribute(int variable, const std::string& name, double value);
  void attribute(int variable, const std::string& name, std::int64_t value);
  void attribute(int variable, const std::string& name, std::uint64_t value);
  void attribute(int variable, const std::string& name, std::span<const std::int8_t> values);

  /// The bytes of the finished file; the writer is of no use afterwards.
  std::string finish();

 private:
  void check(int status) const;
  int define(const std::string& name, int type, const std::vector<Dimension>& shape,
             std::size_t size, std::size_t item_bytes);

  std::string path_;
  int file_ = -1;
};

}  // namespace convexscan::netcdf
