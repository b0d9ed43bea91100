// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "convexscan/error.hpp"
#include "files/half.hpp"
#include "files/printable.hpp"

namespace convexscan {
namespace {

[[noreturn]] void damaged(const std::string& name, std::string_view what) {
  throw Error(fmt::format("{}: {}; save or copy it again", name, what));
}

/// The Python literal {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
struct Header {
  std::string type;
  bool columns_first = false;  // Fortran's order: the first index runs fastest
  std::vector<std::int64_t> shape;
  std::size_t length = 0;  // bytes before the values
};

/// The text after 'key': in the literal.
std::string_view entry(const std::string& name, std::string_view literal, std::string_view key) {
  std::size_t at = literal.find(fmt::format("'{}'", key));
  if (at != std::string_view::npos) at = literal.find(':', at);
  if (at != std::string_view::npos) at = literal.find_first_not_of(' ', at + 1);
  if (at == std::string_view::npos) damaged(name, fmt::format("its header lacks {}", key));
  return literal.substr(at);
}

std::vector<std::int64_t> parse_shape(const std::string& name, std::string_view text) {
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos)
    damaged(name, "its shape is damaged");
  std::vector<std::int64_t> shape;
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('L')) item.remove_suffix(1);
    std::int64_t size = 0;
    const auto [rest, error] = std::from_chars(item.data(), item.data() + item.size(), size);
    const bool last = comma == std::string_view::npos;
    if (!(last && item.empty())) {
      if (error != std::errc{} || rest != item.data() + item.size() || size < 0) {
        damaged(name, "its shape is damaged");
      }
      shape.push_back(size);
    }
    text = last ? std::string_view{} : text.substr(comma + 1);
  }
  if (shape.size() > 32) damaged(name, "its shape has more dimensions than numpy allows");
  return shape;
}

Header parse_header(const std::string& name, std::string_view bytes) {
  constexpr std::string_view magic = "\x93NUMPY";
  if (!bytes.starts_with(magic)) damaged(name, "is not a numpy array");
  if (bytes.size() < 12) damaged(name, "is truncated");
  const auto byte = [&](std::size_t i) {
    return std::size_t{static_cast<unsigned char>(bytes[i])};
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    damaged(name, fmt::format("has the unknown .npy version {}", version));
  }
  const std::size_t prefix = version == 1 ? 10 : 12;
  std::size_t length = byte(8) | (byte(9) << 8);
  if (version > 1) length |= (byte(10) << 16) | (byte(11) << 24);
  if (length > bytes.size() - prefix) damaged(name, "is truncated");
  const std::string_view literal = bytes.substr(prefix, length);

  Header header;
  header.length = prefix + length;
  const std::string_view type = entry(name, literal, "descr");
  if (type.starts_with('[') || type.starts_with('(')) {
    throw Error(fmt::format("{}: has a structured type; save a plain array of numbers", name));
  }
  const std::size_t quote = type.find('\'', 1);
  if (!type.starts_with('\'') || quote == std::string_view::npos) {
    damaged(name, "its type is damaged");
  }
  header.type = type.substr(1, quote - 1);
  header.columns_first = entry(name, literal, "fortran_order").starts_with("True");
  header.shape = parse_shape(name, entry(name, literal, "shape"));
  return header;
}

/// One value of the type T at a place that need not be aligned.
template <class T>
double value_at(const char* place, bool swap) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), place, bytes.size());
  if (swap) std::ranges::reverse(bytes);
  return static_cast<double>(std::bit_cast<T>(bytes));
}

double half_at(const char* place, bool swap) {
  std::array<unsigned char, 2> b;
  std::memcpy(b.data(), place, b.size());
  if (swap) std::swap(b[0], b[1]);
  return from_half(static_cast<std::uint16_t>(b[0] | (b[1] << 8)));
}

struct ValueType {
  std::string_view code;
  std::string_view name;
  std::int64_t bytes;
  double (*read)(const char* place, bool swap);
};

constexpr std::array<ValueType, 12> value_types{{
    {"f8", "float64", 8, value_at<double>},
    {"f4", "float32", 4, value_at<float>},
    {"f2", "float16", 2, half_at},
    {"i1", "int8", 1, value_at<std::int8_t>},
    {"i2", "int16", 2, value_at<std::int16_t>},
    {"i4", "int32", 4, value_at<std::int32_t>},
    {"i8", "int64", 8, value_at<std::int64_t>},
    {"u1", "uint8", 1, value_at<std::uint8_t>},
    {"u2", "uint16", 2, value_at<std::uint16_t>},
    {"u4", "uint32", 4, value_at<std::uint32_t>},
    {"u8", "uint64", 8, value_at<std::uint64_t>},
    {"b1", "bool", 1, value_at<std::uint8_t>},
}};

const ValueType& value_type(const std::string& name, std::string_view type) {
  const bool ordered =
      !type.empty() && std::string_view("<>|=").find(type[0]) != std::string_view::npos;
  const std::string_view kind = ordered ? type.substr(1) : type;
  for (const ValueType& known : value_types) {
    if (ordered && known.code == kind) return known;
  }
  if (kind.starts_with('O')) {
    throw Error(fmt::format(
        "{}: holds Python objects (dtype object); save an array of numbers, all rows equally long",
        name));
  }
  throw Error(fmt::format("{}: has dtype \"{}\"; save floats, integers or booleans", name,
                          printable(type)));
}

/// Turns values whose first index runs fastest into row-major ones.
std::vector<double> row_major(const std::vector<std::int64_t>& shape,
                              const std::vector<double>& values) {
  std::vector<double> turned(values.size());
  std::vector<std::int64_t> index(shape.size(), 0);
  std::vector<std::int64_t> stride(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
  std::int64_t from = 0;
  for (double& value : turned) {
    value = values[static_cast<std::size_t>(from)];
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return turned;
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

std::int64_t value_count(const std::string& name, std::span<const std::int64_t> shape) {
  // Each dimension counts, so that one of zero does not hide an absurd other.
  std::int64_t product = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && product > (std::int64_t{1} << 56) / size)) {
      damaged(name, fmt::format("has the impossible shape {}", shape_text(shape)));
    }
    product *= std::max<std::int64_t>(size, 1);
  }
  for (const std::int64_t size : shape) {
    if (size == 0) return 0;
  }
  return product;
}

Array parse_npy(const std::string& name, std::string_view bytes) {
  const Header header = parse_header(name, bytes);
  const ValueType& type = value_type(name, header.type);
  const std::int64_t count = value_count(name, header.shape);
  const std::string_view body = bytes.substr(header.length);
  if (static_cast<std::int64_t>(body.size()) / type.bytes < count) {
    damaged(name,
            fmt::format("is truncated: shape {} of {} needs {} bytes, there are {}",
                        shape_text(header.shape), header.type, count * type.bytes, body.size()));
  }
  const bool swap = header.type.front() == '>';
  Array array{.shape = header.shape, .values = {}, .type = std::string(type.name)};
  array.values.resize(static_cast<std::size_t>(count));
  const char* place = body.data();
  for (double& value : array.values) {
    value = type.read(place, swap);
    place += type.bytes;
  }
  if (header.columns_first && array.rank() > 1) array.values = row_major(array.shape, array.values);
  return array;
}

namespace {

/// All that comes before the values.
std::string npy_header(std::string_view type, std::span<const std::int64_t> shape) {
  std::string literal = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                    type, shape_text(shape));
  // Values start at a multiple of 64, as numpy has it for mapping files into memory.
  constexpr std::size_t prefix = 10;
  while ((prefix + literal.size() + 1) % 64 != 0) literal += ' ';
  literal += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(literal.size() & 255);
  bytes += static_cast<char>(literal.size() >> 8);
  return bytes + literal;
}

}  // namespace

std::string npy_bytes(std::span<const std::int64_t> shape, std::span<const double> values) {
  std::string bytes = npy_header("<f8", shape);
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return bytes;
}

std::string npy_bytes(std::span<const std::string> texts) {
  std::size_t longest = 1;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  const std::vector<std::int64_t> shape{static_cast<std::int64_t>(texts.size())};
  std::string bytes = npy_header(fmt::format("<U{}", longest), shape);
  for (const std::string& text : texts) {
    for (std::size_t i = 0; i < longest; ++i) {
      bytes += i < text.size() ? text[i] : '\0';
      bytes.append(3, '\0');  // UTF-32
    }
  }
  return bytes;
}

std::optional<std::vector<std::int64_t>> shape_of_texts(const std::string& name,
                                                        std::string_view bytes) {
  Header header = parse_header(name, bytes);
  if (header.type.size() < 2 || header.type[1] != 'U') return std::nullopt;
  return std::move(header.shape);
}

void require_finite(const std::string& name, const Array& array) {
  const auto bad =
      std::ranges::find_if(array.values, [](double value) { return !std::isfinite(value); });
  if (bad == array.values.end()) return;
  const std::int64_t flat = bad - array.values.begin();
  std::string place;
  if (array.rank() < 2) {
    place = fmt::format("index {}", flat);
  } else {
    const std::int64_t row = static_cast<std::int64_t>(array.values.size()) / array.shape[0];
    place = fmt::format("row {}, column {}", flat / row, flat % row);
  }
  throw Error(fmt::format("{}: {} at {} (counted from 0); every value must be finite", name,
                          std::isnan(*bad) ? "NaN" : "infinity", place));
}

}  // namespace convexscan
