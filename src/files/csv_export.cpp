// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <iterator>

#include "files/encodings.hpp"
#include "files/named_maps.hpp"

namespace convexscan {

std::string csv_of(const GridResult& result) {
  const std::vector<NamedMap> maps = named_maps(result);
  std::string text = "x,y";
  for (const NamedMap& map : maps) text += "," + map.name;
  text += '\n';
  std::size_t point = 0;
  for (const double y : result.y) {
    for (const double x : result.x) {
      // The shortest digits that read back to the same number; nan, inf and -inf by name.
      fmt::format_to(std::back_inserter(text), "{},{}", x, y);
      for (const NamedMap& map : maps) {
        fmt::format_to(std::back_inserter(text), ",{}", map.data[point]);
      }
      text += '\n';
      ++point;
    }
  }
  return text;
}

}  // namespace convexscan
