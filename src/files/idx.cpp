// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/idx.hpp"

#include <fmt/format.h>

#include <bit>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

std::size_t bytes_of_type(int type) {
  switch (type) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
    case 0x0D:
      return 4;
    case 0x0E:
      return 8;
    default:
      return 0;
  }
}

double value_of_type(int type, std::uint64_t bits) {
  switch (type) {
    case 0x09:
      return static_cast<std::int8_t>(bits);
    case 0x0B:
      return static_cast<std::int16_t>(bits);
    case 0x0C:
      return static_cast<std::int32_t>(bits);
    case 0x0D:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case 0x0E:
      return std::bit_cast<double>(bits);
    default:
      return static_cast<double>(bits);
  }
}

}  // namespace

bool looks_like_idx(std::string_view bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 &&
         bytes_of_type(byte_at(bytes, 2)) > 0 && byte_at(bytes, 3) > 0;
}

Array parse_idx(const std::string& name, std::string_view bytes, bool& unsigned_bytes) {
  const std::size_t width = looks_like_idx(bytes) ? bytes_of_type(byte_at(bytes, 2)) : 0;
  if (width == 0) {
    throw Error(
        fmt::format("{}: is no IDX file (it does not start with 00 00, a type and a number of "
                    "dimensions); give "
                    "\"images,labels\" as MNIST has them, each .gz or not",
                    name));
  }
  const int type = byte_at(bytes, 2);
  const std::size_t dimensions = byte_at(bytes, 3);
  const auto truncated = [&](std::size_t needed) {
    return Error(fmt::format("{}: is truncated: it needs {} bytes, there are {}; copy it again",
                             name, needed, bytes.size()));
  };
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) throw truncated(header);
  Array array;
  for (std::size_t d = 0; d < dimensions; ++d) {
    array.shape.push_back(static_cast<std::int64_t>(big_endian(bytes.substr(4 + 4 * d, 4))));
  }
  const auto count = static_cast<std::size_t>(value_count(name, array.shape));
  if ((bytes.size() - header) / width < count) throw truncated(header + count * width);
  if (bytes.size() != header + count * width) {
    throw Error(fmt::format("{}: has {} bytes beyond its shape {}; copy it again", name,
                            bytes.size() - header - count * width, shape_text(array.shape)));
  }
  array.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    array.values[i] = value_of_type(type, big_endian(bytes.substr(header + i * width, width)));
  }
  unsigned_bytes = type == 0x08;
  return array;
}

}  // namespace convexscan
