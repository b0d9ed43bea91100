// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "convexscan/activation.hpp"
#include "convexscan/backend.hpp"

namespace convexscan {

/// What is asked of a dense eigensolver.
enum class SpectrumPart { smallest, all, vectors };

/// The simplest tasks that a device can be given: what it reaches in them is the ceiling that
/// convexscan-bench holds scans against, and eigensolvers alone are the table that `--eigensolver
/// auto` rests on.
class DeviceProbe {
 public:
  /// Does its work once and returns when that is done; all memory was taken when it was made.
  using Work = std::function<void()>;

  /// Eigenvalues of a batch; values() gives those of the distinct matrices after solve().
  struct Spectra {
    Work solve;
    std::function<std::vector<double>()> values;  ///< (distinct, n), ascending; n = 1 for smallest
    /// (distinct, n, n): row i belongs to value i. Empty but for SpectrumPart::vectors.
    std::function<std::vector<double>()> vectors{};
  };

  virtual ~DeviceProbe() = default;

  /// As Backend::device.
  virtual std::string device() const = 0;

  /// The libraries that do the work: names and versions.
  virtual std::vector<std::pair<std::string, std::string>> versions() const = 0;

  /// Copies bytes from one place of the device's memory to another: twice as many are moved.
  virtual Work copy(std::int64_t bytes) = 0;

  /// C = A·B, all (n, n), by the backend's BLAS: 2·n³ floating-point operations.
  virtual Work product(Precision precision, std::int64_t n) = 0;

  /// z ← σ(z), repetitions times, for count numbers that stay in registers or the first cache.
  virtual Work activation(Activation activation, Precision precision, std::int64_t count,
                          std::int64_t repetitions) = 0;

  /// distinct holds row-major symmetric matrices (distinct, n, n), repeated in turn up to batch;
  /// the lower triangles are read. Throws UsageError for a part that this device's library lacks.
  virtual Spectra eigenvalues(SpectrumPart part, std::int64_t n, std::span<const double> distinct,
                              std::int64_t batch) = 0;
};

/// Devices as for make_backend, with the same errors.
std::unique_ptr<DeviceProbe> make_device_probe(const std::string& device);

}  // namespace convexscan
