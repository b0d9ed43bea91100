// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/named_maps.hpp"

#include <fmt/format.h>

#include <array>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

std::string component_name(Quantity quantity, std::int64_t component, std::int64_t components) {
  std::string name(info(quantity).name);
  const bool of_layers = quantity == Quantity::layer_min_eigenvalue ||
                         quantity == Quantity::layer_min_eigenvalue_error;
  if (components == 1 && !of_layers) return name;
  if (quantity == Quantity::plane_hessian && components == 3) {
    static constexpr std::array<const char*, 3> suffixes{"xx", "xy", "yy"};
    return fmt::format("{}_{}", name, suffixes[static_cast<std::size_t>(component)]);
  }
  return fmt::format("{}_{}", name, component + 1);
}

void require_size(const std::string& name, std::size_t size, std::size_t expected) {
  if (size != expected) {
    throw Error(fmt::format("{} has {} values where the grid needs {}", name, size, expected));
  }
}

}  // namespace

std::vector<NamedMap> named_maps(const GridResult& result) {
  const std::size_t points = static_cast<std::size_t>(result.points());
  std::vector<NamedMap> maps;
  for (const auto& [quantity, values] : result.values) {
    const std::size_t components = static_cast<std::size_t>(values.components);
    require_size(std::string(info(quantity).name), values.data.size(), points * components);
    if (quantity == Quantity::min_eigenvector) continue;
    for (std::size_t k = 0; k < components; ++k) {
      NamedMap map{component_name(quantity, static_cast<std::int64_t>(k), values.components), {}};
      map.data.reserve(points);
      for (std::size_t p = 0; p < points; ++p) map.data.push_back(values.data[p * components + k]);
      maps.push_back(std::move(map));
    }
  }
  for (const DerivedMap& map : result.derived) {
    require_size(map.name, map.data.size(), points);
    maps.push_back({map.name, map.data});
  }
  return maps;
}

}  // namespace convexscan
