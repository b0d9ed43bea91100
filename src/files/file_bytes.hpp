// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

namespace convexscan {

/// The whole file. Throws Error when it is missing, a folder, a device, a pipe or not readable.
std::string read_file(const std::string& path);

/// The bytes as they are, or unpacked when they start as gzip does; name is for messages.
/// Throws Error when what was packed is truncated or damaged.
std::string unpack_gzip(const std::string& name, std::string bytes);

/// SHA-256, hexadecimal.
std::string sha256(std::string_view bytes);

}  // namespace convexscan
