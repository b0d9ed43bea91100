// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/objective.hpp"

namespace convexscan::shared {

/// What a sum over samples is divided by; losses of several outputs average over outputs as well.
inline double loss_divisor(const NetworkTask& task) {
  const bool per_output =
      task.loss == Loss::mse || task.loss == Loss::huber || task.loss == Loss::binary_cross_entropy;
  return static_cast<double>(task.samples) *
         (per_output ? static_cast<double>(task.model.outputs()) : 1.0);
}

}  // namespace convexscan::shared
