// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "convexscan/activation.hpp"
#include "convexscan/dataset.hpp"

namespace convexscan {

/// A hidden layer of fixed units in front of the network: φ(x) takes the place of x, and no
/// parameter enters it. With one linear layer behind it the loss is convex in the weights, which is
/// what "convex neural networks" rest on (Bengio et al. 2005; Bach, arXiv:1412.8690).
struct FixedFeatures {
  bool radial = false;  ///< φ_k(x) = exp(−‖x − c_k‖²/(2·width²)); else σ(w_k·x + b_k)
  Activation activation = Activation::relu;  ///< σ, unless radial
  std::int64_t count = 0;                    ///< units
  std::optional<double> width;               ///< radial only; none: by the median rule
};

/// `--features`: "rbf:K", "rbf:K:WIDTH", or an activation with a number of units, "relu:K".
/// Throws UsageError.
FixedFeatures parse_features(std::string_view text);

/// The samples through the units; targets and labels stay.
///
/// Centres c_k are K different samples, and without a width it is the median of the distances
/// between them. Other units have normal weights of variance 1/features and normal offsets b_k of
/// variance 1. All are the same for a seed on every machine. The data's features say what was
/// applied, and their hash follows the data's.
/// Throws Error for more centres than samples, and where the median rule gives no width.
Dataset with_features(const Dataset& data, const FixedFeatures& features, std::uint64_t seed);

}  // namespace convexscan
