// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

#include "files/npy.hpp"

namespace convexscan {

/// Whether bytes start as an IDX file (the format of MNIST) does.
bool looks_like_idx(std::string_view bytes);

/// Reads an IDX file: two zero bytes, the type, the number of dimensions, their sizes and the
/// values, all big-endian. unsigned_bytes is set for pixels, which the caller scales. Throws Error
/// for a wrong magic number and for too few or too many bytes; name is for the message.
Array parse_idx(const std::string& name, std::string_view bytes, bool& unsigned_bytes);

}  // namespace convexscan
