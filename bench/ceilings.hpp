// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <map>
#include <string>

#include "device_probe.hpp"
#include "measure.hpp"
#include "work.hpp"

namespace convexscan::bench {

/// A rate that this device reached in this run, in units a second.
struct Rate {
  std::string unit;  ///< "B", "FLOP" or "values"
  double median = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// The least time that work can take, and which ceiling says so.
struct Floor {
  std::string ceiling;
  double seconds = 0.0;
};

/// What the device reaches at a copy, a product of matrices and activations, each measured when it
/// is first asked for.
class Ceilings {
 public:
  explicit Ceilings(DeviceProbe& probe);

  const Rate& copy();
  const Rate& product(Precision precision);
  const Rate& activation(Activation activation, Precision precision);

  /// The slowest of the copy, the product and the activations that the work holds.
  Floor floor(const Work& work, Activation activation, Precision precision);

  /// All that were measured, by name.
  const std::map<std::string, Rate>& measured() const { return measured_; }

  /// Runs something larger than any cache. Its memory is kept for the next time …
  void empty_caches();
  /// … until here: it is no part of what the next workload needs.
  void free_memory() { large_copy_ = {}; }

 private:
  const Rate& rate(const std::string& name, const std::string& unit, double units,
                   const std::function<DeviceProbe::Work()>& make);

  DeviceProbe& probe_;
  bool on_cpu_;
  DeviceProbe::Work large_copy_;
  std::map<std::string, Rate> measured_;
};

}  // namespace convexscan::bench
