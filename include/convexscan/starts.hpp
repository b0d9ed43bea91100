// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "convexscan/train.hpp"

namespace convexscan {

/// Told after every round how many of the minimisations have ended. Returns false to stop.
using StartsProgress = std::function<bool(std::int64_t ended, std::int64_t rounds)>;

/// Minimises the objective from many points at once: starts (count, parameters). Each start is a
/// minimisation of its own, as by train(), with its own end and reason; all that are still running
/// have their gradients computed in one batch. One that ends or diverges does not touch the others.
/// On the CPU every result has the bits that train() gives it alone.
///
/// A start where the loss is not finite ends where it is. Throws Interrupted when stopped.
std::vector<TrainingResult> train_starts(Backend& backend, const Objective& objective,
                                         std::span<const double> starts,
                                         const TrainingOptions& options,
                                         const StartsProgress& progress = {});

/// count points (count, parameters) to start from: fresh weights of a network, or, for a built-in
/// function, its centre and normal points around it. Start k is drawn with seed + k.
std::vector<double> fresh_starts(const Objective& objective, const Initialization& initialization,
                                 std::int64_t count, std::uint64_t seed);

}  // namespace convexscan
