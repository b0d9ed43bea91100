// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "convexscan/dataset.hpp"

/// The small data sets of the gallery, the same for a seed on every machine.
namespace convexscan {

/// inputs (samples, features) with one target each; whole numbers are labels too.
Dataset samples(std::int64_t features, std::vector<double> inputs, std::vector<double> targets);

/// Normal inputs with normal targets.
Dataset noise(std::int64_t count, std::int64_t features, std::uint64_t seed);

/// Inputs with the label of the largest of several random linear scores plus normal noise, so that
/// no plane separates them.
Dataset classes(std::int64_t features, std::vector<double> inputs, std::int64_t classes,
                std::uint64_t seed);

/// Normal points of a plane, labelled 1 where x₁x₂ + x₁/2 + x₂/4 > 1/4: which no straight line
/// tells from the others.
Dataset quadrants(std::int64_t count, std::uint64_t seed);

/// Normal points of a plane, labelled like the fields of a checkerboard with sides of π/2.
Dataset checkerboard(std::int64_t count, std::uint64_t seed);

/// Normal inputs with the outputs of a tanh network of one hidden layer and one output at theta
/// (W, b, v, c), which is therefore a minimum of its squared error, with a loss of zero.
Dataset taught(std::int64_t count, std::int64_t features, std::int64_t hidden,
               const std::vector<double>& theta, std::uint64_t seed);

}  // namespace convexscan
