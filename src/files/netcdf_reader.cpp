// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/netcdf_reader.hpp"

#include <fmt/format.h>
#include <netcdf.h>
#include <netcdf_mem.h>

#include <array>

#include "convexscan/error.hpp"
#include "files/file_bytes.hpp"

namespace convexscan::netcdf {

Reader::Reader(const std::filesystem::path& path) : path_(path.string()), bytes_(read_file(path_)) {
  // The library keeps no copy: it reads bytes_ for as long as the file is open.
  const int status = nc_open_mem(path_.c_str(), NC_NOWRITE, bytes_.size(), bytes_.data(), &file_);
  if (status == NC_ENOTNC || bytes_.empty())
    fail("is not a netCDF file; give a result of convexscan");
  if (status != NC_NOERR) {
    fail(fmt::format("is damaged or cut short ({}); make it again", nc_strerror(status)));
  }
}

Reader::~Reader() {
  if (file_ >= 0) nc_close(file_);
}

void Reader::fail(const std::string& what) const {
  throw Error(fmt::format("{}: {}", path_, what));
}

void Reader::check(int status) const {
  if (status != NC_NOERR) fail(fmt::format("cannot be read ({})", nc_strerror(status)));
}

std::vector<std::string> Reader::variables() const {
  int count = 0;
  check(nc_inq_nvars(file_, &count));
  std::vector<std::string> names;
  for (int variable = 0; variable < count; ++variable) {
    std::array<char, NC_MAX_NAME + 1> name{};
    check(nc_inq_varname(file_, variable, name.data()));
    names.emplace_back(name.data());
  }
  return names;
}

bool Reader::has(const std::string& variable) const {
  int id = -1;
  return nc_inq_varid(file_, variable.c_str(), &id) == NC_NOERR;
}

int Reader::id(const std::string& variable) const {
  int id = -1;
  if (nc_inq_varid(file_, variable.c_str(), &id) != NC_NOERR) {
    fail(fmt::format("has no variable {}; give a result of convexscan", variable));
  }
  return id;
}

std::vector<std::string> Reader::dimensions(const std::string& variable) const {
  int rank = 0;
  check(nc_inq_varndims(file_, id(variable), &rank));
  std::vector<int> ids(static_cast<std::size_t>(rank));
  check(nc_inq_vardimid(file_, id(variable), ids.data()));
  std::vector<std::string> names;
  for (const int dimension : ids) {
    std::array<char, NC_MAX_NAME + 1> name{};
    check(nc_inq_dimname(file_, dimension, name.data()));
    names.emplace_back(name.data());
  }
  return names;
}

std::size_t Reader::length(const std::string& dimension) const {
  int id = -1;
  if (nc_inq_dimid(file_, dimension.c_str(), &id) != NC_NOERR) {
    fail(fmt::format("has no dimension {}; give a result of convexscan", dimension));
  }
  std::size_t length = 0;
  check(nc_inq_dimlen(file_, id, &length));
  return length;
}

std::size_t Reader::size(const std::string& variable) const {
  std::size_t size = 1;
  for (const std::string& dimension : dimensions(variable)) size *= length(dimension);
  return size;
}

std::vector<double> Reader::numbers(const std::string& variable) const {
  std::vector<double> data(size(variable));
  check(nc_get_var_double(file_, id(variable), data.data()));
  return data;
}

std::vector<std::string> Reader::texts(const std::string& variable) const {
  std::vector<char*> raw(size(variable));
  check(nc_get_var_string(file_, id(variable), raw.data()));
  std::vector<std::string> texts;
  for (const char* text : raw) texts.emplace_back(text == nullptr ? "" : text);
  check(nc_free_string(raw.size(), raw.data()));
  return texts;
}

std::string Reader::text(const std::string& variable, const std::string& attribute) const {
  const int owner = variable.empty() ? NC_GLOBAL : id(variable);
  nc_type type = NC_NAT;
  std::size_t length = 0;
  if (nc_inq_att(file_, owner, attribute.c_str(), &type, &length) != NC_NOERR) return "";
  if (type != NC_CHAR) return "";
  std::string text(length, '\0');
  check(nc_get_att_text(file_, owner, attribute.c_str(), text.data()));
  return text;
}

double Reader::number(const std::string& attribute, const std::string& variable) const {
  const int where = variable.empty() ? NC_GLOBAL : id(variable);
  double value = 0.0;
  std::size_t length = 0;
  if (nc_inq_attlen(file_, where, attribute.c_str(), &length) != NC_NOERR || length != 1) {
    return value;
  }
  check(nc_get_att_double(file_, where, attribute.c_str(), &value));
  return value;
}

std::uint64_t Reader::whole_number(const std::string& attribute) const {
  unsigned long long value = 0;
  std::size_t length = 0;
  if (nc_inq_attlen(file_, NC_GLOBAL, attribute.c_str(), &length) != NC_NOERR || length != 1) {
    return value;
  }
  check(nc_get_att_ulonglong(file_, NC_GLOBAL, attribute.c_str(), &value));
  return value;
}

}  // namespace convexscan::netcdf
