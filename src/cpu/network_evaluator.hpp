// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"
#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// An evaluator of a network objective; data must outlive it.
template <class Real>
std::unique_ptr<Evaluator> make_network_evaluator(const Objective& objective,
                                                  const NetworkData<Real>& data, const Slice& slice,
                                                  const QuantitySet& quantities,
                                                  const EvaluationOptions& options);

}  // namespace convexscan::cpu
