// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convexscan {

/// A numpy array of booleans, integers or floats, widened to double.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  ///< row-major whatever the order in the file
  std::string type = {};       ///< in the file, as numpy names it: "float32"

  int rank() const { return static_cast<int>(shape.size()); }
};

/// "(3, 4)", "(3,)" or "()", as Python writes it.
std::string shape_text(std::span<const std::int64_t> shape);

/// The number of values of a shape. Throws Error when it is negative or beyond any memory; name is
/// for the message.
std::int64_t value_count(const std::string& name, std::span<const std::int64_t> shape);

/// Reads the bytes of one .npy file, version 1 to 3, either byte order. Nothing is allocated before
/// the shape was checked against the bytes that are there.
/// Throws Error for what is damaged and for types that are no numbers; name is for the message.
Array parse_npy(const std::string& name, std::string_view bytes);

/// The bytes of a float64 .npy file.
std::string npy_bytes(std::span<const std::int64_t> shape, std::span<const double> values);

/// The bytes of a one-dimensional .npy file of texts in ASCII ("<U…", which needs no pickle).
std::string npy_bytes(std::span<const std::string> texts);

/// Whether the header says that there are texts (numpy's str), which parse_npy does not read; their
/// shape then.
std::optional<std::vector<std::int64_t>> shape_of_texts(const std::string& name,
                                                        std::string_view bytes);

/// Throws Error naming the place of the first NaN or infinity.
void require_finite(const std::string& name, const Array& array);

}  // namespace convexscan
