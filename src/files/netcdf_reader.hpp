// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace convexscan::netcdf {

/// A netCDF file, read into memory whole: a path is then never taken for a network address, and a
/// file that is replaced meanwhile cannot be seen half. Throws Error naming the path.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::vector<std::string> variables() const;
  bool has(const std::string& variable) const;

  /// Names of a variable's dimensions, slowest first.
  std::vector<std::string> dimensions(const std::string& variable) const;
  std::size_t length(const std::string& dimension) const;

  /// The whole variable, row-major.
  std::vector<double> numbers(const std::string& variable) const;
  std::vector<std::string> texts(const std::string& variable) const;

  /// Attributes of a variable, or of the file where the variable is ""; the default where absent.
  std::string text(const std::string& variable, const std::string& attribute) const;
  double number(const std::string& attribute, const std::string& variable = "") const;
  std::uint64_t whole_number(const std::string& attribute) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  void check(int status) const;
  int id(const std::string& variable) const;
  std::size_t size(const std::string& variable) const;

  std::string path_;
  std::string bytes_;
  int file_ = -1;
};

}  // namespace convexscan::netcdf
