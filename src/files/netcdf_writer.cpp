// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/netcdf_writer.hpp"

#include <fmt/format.h>
#include <netcdf.h>
#include <netcdf_mem.h>

#include <cstdlib>
#include <memory>

#include "convexscan/error.hpp"
#include "files/utf8.hpp"

namespace convexscan::netcdf {
const int Writer::global = NC_GLOBAL;

Writer::Writer(std::string path, std::size_t expected_bytes) : path_(std::move(path)) {
  check(nc_create_mem(path_.c_str(), NC_NETCDF4, expected_bytes, &file_));
}

Writer::~Writer() {
  if (file_ >= 0) nc_abort(file_);
}

void Writer::check(int status) const {
  if (status != NC_NOERR) {
    throw Error(fmt::format("{}: could not be made ({})", path_, nc_strerror(status)));
  }
}

bool Writer::has_dimension(const std::string& name) const {
  int id = 0;
  return nc_inq_dimid(file_, name.c_str(), &id) == NC_NOERR;
}

Dimension Writer::dimension(const std::string& name, std::size_t length) {
  if (length == 0) throw Error(fmt::format("{}: {} has no values", path_, name));
  Dimension dimension{-1, length};
  std::size_t there = 0;
  if (nc_inq_dimid(file_, name.c_str(), &dimension.id) == NC_NOERR) {
    check(nc_inq_dimlen(file_, dimension.id, &there));
    if (there != length) throw Error(path_ + ": dimension " + name + " has two lengths");
    return dimension;
  }
  check(nc_def_dim(file_, name.c_str(), length, &dimension.id));
  return dimension;
}

int Writer::define(const std::string& name, int type, const std::vector<Dimension>& shape,
                   std::size_t size, std::size_t item_bytes) {
  std::vector<int> ids;
  std::size_t expected = 1;
  for (const Dimension& dimension : shape) {
    ids.push_back(dimension.id);
    expected *= dimension.length;
  }
  if (size != expected) {
    throw Error(
        fmt::format("{}: {} has {} values where the grid needs {}", path_, name, size, expected));
  }
  int variable = -1;
  check(nc_def_var(file_, name.c_str(), type, static_cast<int>(ids.size()), ids.data(), &variable));
  // Below this a chunk's own bookkeeping costs more than compression saves.
  constexpr std::size_t large = std::size_t{1} << 16;
  if (size * item_bytes >= large && type != NC_STRING) {
    check(nc_def_var_deflate(file_, variable, /*shuffle=*/1, /*deflate=*/1, /*level=*/4));
  }
  if (type != NC_STRING) check(nc_def_var_fill(file_, variable, NC_NOFILL, nullptr));
  return variable;
}

int Writer::variable(const std::string& name, const std::vector<Dimension>& shape,
                     std::span<const double> data) {
  const int id = define(name, NC_DOUBLE, shape, data.size(), sizeof(double));
  check(nc_put_var_double(file_, id, data.data()));
  return id;
}

int Writer::variable(const std::string& name, const std::vector<Dimension>& shape,
                     std::span<const std::int8_t> data) {
  const int id = define(name, NC_BYTE, shape, data.size(), sizeof(std::int8_t));
  check(nc_put_var_schar(file_, id, data.data()));
  return id;
}

int Writer::variable(const std::string& name, const std::vector<Dimension>& shape,
                     std::span<const std::int64_t> data) {
  const int id = define(name, NC_INT64, shape, data.size(), sizeof(std::int64_t));
  const std::vector<long long> wide(data.begin(), data.end());
  check(nc_put_var_longlong(file_, id, wide.data()));
  return id;
}

int Writer::variable(const std::string& name, const std::vector<Dimension>& shape,
                     std::span<const std::string> data) {
  const int id = define(name, NC_STRING, shape, data.size(), sizeof(char*));
  std::vector<std::string> valid;
  for (const std::string& text : data) valid.push_back(utf8(text));
  std::vector<const char*> texts;
  for (const std::string& text : valid) texts.push_back(text.c_str());
  check(nc_put_var_string(file_, id, texts.data()));
  return id;
}

void Writer::attribute(int variable, const std::string& name, std::string_view value) {
  const std::string valid = utf8(value);
  check(nc_put_att_text(file_, variable, name.c_str(), valid.size(), valid.data()));
}

void Writer::attribute(int variable, const std::string& name, double value) {
  check(nc_put_att_double(file_, variable, name.c_str(), NC_DOUBLE, 1, &value));
}

void Writer::attribute(int variable, const std::string& name, std::int64_t value) {
  const long long wide = value;
  check(nc_put_att_longlong(file_, variable, name.c_str(), NC_INT64, 1, &wide));
}

void Writer::attribute(int variable, const std::string& name, std::uint64_t value) {
  const unsigned long long wide = value;
  check(nc_put_att_ulonglong(file_, variable, name.c_str(), NC_UINT64, 1, &wide));
}

void Writer::attribute(int variable, const std::string& name, std::span<const std::int8_t> values) {
  check(nc_put_att_schar(file_, variable, name.c_str(), NC_BYTE, values.size(), values.data()));
}

std::string Writer::finish() {
  NC_memio image{};
  const int status = nc_close_memio(file_, &image);
  file_ = -1;
  const std::unique_ptr<void, decltype(&std::free)> owner(image.memory, &std::free);
  check(status);
  return {static_cast<const char*>(image.memory), image.size};
}

}  // namespace convexscan::netcdf
