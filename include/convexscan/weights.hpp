// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "convexscan/model.hpp"
#include "convexscan/train.hpp"

namespace convexscan {

/// Reads θ (parameters) from an .npz with the key theta, shape (P,), or with one array per tensor
/// in parameter order (W as outputs × inputs, then b), as numpy.savez(*arrays) and a saved PyTorch
/// state_dict have it; or from an .npy of shape (P,).
/// Throws Error with the expected and the found shape, and for values that are not finite.
std::vector<double> load_weights(const std::string& path, const Model& model);

/// The same where only the number of parameters is known: a landscape, or a penalty's centre.
/// Arrays are then laid one after the other.
std::vector<double> load_weights(const std::string& path, std::int64_t parameters);

using NamedValues = std::pair<std::string, std::vector<double>>;

/// Writes θ as key theta of an .npz, with further one-dimensional arrays beside it.
/// Throws Error when the file exists and overwrite is not set, or cannot be written.
void save_weights(const std::string& path, const std::vector<double>& theta, bool overwrite,
                  const std::vector<NamedValues>& further = {});

/// Writes the ends of many minimisations: theta (starts, parameters) and, of each, loss,
/// gradient_norm, iterations, evaluations, converged (0 or 1) and reason (text), with further
/// arrays (starts) beside them. Throws Error as save_weights does.
void save_starts(const std::string& path, std::span<const TrainingResult> ends, bool overwrite,
                 const std::vector<NamedValues>& further = {});

/// The .npz files of a folder in the order people count: step-2 before step-10.
/// Throws Error when there are fewer than two.
std::vector<std::string> trajectory_files(const std::string& folder);

/// Every .npz of a folder as (file name, θ), in the order of trajectory_files, and throwing as it
/// does.
std::vector<NamedValues> load_trajectory(const std::string& folder, const Model& model);
std::vector<NamedValues> load_trajectory(const std::string& folder, std::int64_t parameters);

/// Directions (axes, parameters) from an .npz with keys x and y, each (P,), or x alone, or with a
/// key direction or directions of shape (axes, P). Throws Error for other shapes, and for a
/// direction that is zero or not finite.
std::vector<std::vector<double>> load_directions(const std::string& path, std::int64_t parameters);

}  // namespace convexscan
