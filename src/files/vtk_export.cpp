// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "files/encodings.hpp"
#include "files/named_maps.hpp"

namespace convexscan {
namespace {

/// Legacy VTK's binary numbers are big-endian whatever the machine.
void append_big_endian(std::string& bytes, std::span<const double> values) {
  for (const double value : values) {
    const auto word = std::bit_cast<std::uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>((word >> shift) & 0xff);
    }
  }
  bytes += '\n';
}

}  // namespace

/// Binary, because VTK's reader of text stops at a NaN.
std::string vtk_of(const GridResult& result) {
  // The title is one line of at most 255 characters.
  std::string title = "convexscan " + result.provenance.model;
  std::ranges::replace(title, '\n', ' ');
  std::string bytes = fmt::format(
      "# vtk DataFile Version 3.0\n{}\nBINARY\nDATASET RECTILINEAR_GRID\nDIMENSIONS {} {} 1\n",
      title.substr(0, 255), result.x.size(), result.y.size());
  bytes += fmt::format("X_COORDINATES {} double\n", result.x.size());
  append_big_endian(bytes, result.x);
  bytes += fmt::format("Y_COORDINATES {} double\n", result.y.size());
  append_big_endian(bytes, result.y);
  bytes += "Z_COORDINATES 1 double\n";
  append_big_endian(bytes, std::array{0.0});
  bytes += fmt::format("POINT_DATA {}\n", result.points());
  for (const NamedMap& map : named_maps(result)) {
    bytes += fmt::format("SCALARS {} double 1\nLOOKUP_TABLE default\n", map.name);
    append_big_endian(bytes, map.data);
  }
  return bytes;
}

}  // namespace convexscan
