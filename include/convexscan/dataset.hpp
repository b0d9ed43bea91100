// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace convexscan {

/// Samples and what they should give, as read; how targets are used is the objective's business.
struct Dataset {
  std::int64_t samples = 0;
  std::int64_t features = 0;
  std::int64_t target_width = 0;  ///< columns of targets
  std::vector<double> inputs;     ///< (samples, features), row-major
  std::vector<double> targets;    ///< (samples, target_width), row-major
  std::vector<std::int64_t>
      labels;               ///< (samples), when the targets are one column of whole numbers
  std::string source;       ///< the path it was read from, for messages and the result file
  std::string hash;         ///< SHA-256 of the file, hexadecimal; of a pair, both with ',' between
  std::string feature_map;  ///< the fixed features that inputs are of, for people; or empty

  /// The first count samples. Throws UsageError when there are fewer.
  Dataset first(std::int64_t count) const;
};

/// Reads `--data`: an .npz with x (N, …) and y (N,) or (N, outputs); a .csv whose last column is
/// the target; or an IDX pair "images,labels", each .gz or not. Pixels of IDX images are scaled to
/// [0, 1]. A file that exists under the whole text, comma and all, is taken before a pair. Throws
/// Error naming the file and what is wrong with it: missing, truncated, shapes that do not agree,
/// values that are not finite; UsageError for a pair with nothing on one side of its comma.
Dataset load_dataset(const std::string& text);

}  // namespace convexscan
