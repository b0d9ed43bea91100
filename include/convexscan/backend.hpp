// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/curvature.hpp"
#include "convexscan/objective.hpp"
#include "convexscan/quantity.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

enum class Precision { float64, float32 };

/// How quantities are computed; eigenvalues are float64 whatever the precision.
struct EvaluationOptions {
  Eigensolver eigensolver = Eigensolver::automatic;
  std::int64_t dense_limit = 2000;  ///< scanned parameters above which automatic means lanczos
  std::int64_t lanczos_steps = 100;
  std::vector<Axis> grid{};  ///< the grid that the points are of, an axis for each of the slice's:
                             ///< kink_mass is of the ways to the neighbours, and how losses are
                             ///< computed, and so round, may depend on how close these are
};

/// Evaluates quantities at points of one slice. What depends on the slice alone (the first layer's
/// pre-activations are affine in the coordinates) was computed when it was made.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// How many points one call takes comfortably: bounded by memory and by the wish for progress.
  virtual std::int64_t points_per_tile() const = 0;

  /// coordinates (points, axes), row-major. A point's values do not depend, to the bit, on the
  /// other points of the call, cuSOLVER's eigenvalues as far as they do not depend on how many
  /// matrices it is given. Throws OutOfMemory when a smaller tile may succeed.
  virtual ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) = 0;

  /// How eigenvalues or their signs are found.
  virtual EigensolverChoice eigensolver() const { return {}; }

  /// Which layers losses need at every point, and by what kernel, in words; empty where there is no
  /// network or nobody asked for losses.
  virtual std::string loss_path() const { return ""; }
};

/// Thrown by evaluate; the scan halves its tile and goes on.
struct OutOfMemory : std::exception {
  const char* what() const noexcept override { return "out of device memory"; }
};

/// A place where an objective is evaluated, in whole batches and plain values: callers never see a
/// stream, a device or a pointer. Sums over samples run in a fixed order.
class Backend {
 public:
  virtual ~Backend() = default;

  /// For people and the result file: "cpu: …" or "cuda:0: …".
  virtual std::string device() const = 0;

  /// The objective and backend must outlive the evaluator.
  /// Throws UsageError for a quantity that this objective does not have.
  virtual std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                               const EvaluationOptions& options = {}) = 0;

  /// f(θ) and its gradient (parameters) in all parameters; float64 whatever the precision.
  virtual double gradient(std::span<const double> theta, std::span<double> gradient) = 0;

  /// The same at many points at once: thetas (points, parameters), losses (points), gradients
  /// (points, parameters). A point's values do not depend, to the bit, on where the others are; on
  /// the CPU they are those of gradient().
  virtual void gradients(std::span<const double> thetas, std::span<double> losses,
                         std::span<double> gradients);

  /// Quantities at points anywhere in parameter space: thetas (points, parameters).
  virtual ValueTable point_values(std::span<const double> thetas, std::int64_t points,
                                  const QuantitySet& quantities,
                                  const EvaluationOptions& options = {});

  /// The loss at the places t of every segment: (segments, t). The same bits as an evaluator's.
  virtual std::vector<double> segment_losses(const Segments& segments, std::span<const double> t);

  /// First and second derivative in t at a segment's own places t (segments, places):
  /// (segments, places, 2).
  virtual std::vector<double> segment_derivatives(const Segments& segments,
                                                  std::span<const double> t);
};

/// `--device auto|cpu|cuda[:K]`; auto takes CUDA where it runs. The objective must outlive the
/// backend. Throws UsageError for another name and Error when the device is not there, with the
/// reason and the option that named it.
std::unique_ptr<Backend> make_backend(const std::string& device, const Objective& objective,
                                      Precision precision, std::string_view option = "--device");

/// Throws as make_backend does for a device, before there is anything to compute.
void require_device(const std::string& device);

/// Why a backend ("cpu", "cuda") cannot run here; empty when it can.
std::string why_unavailable(const std::string& name);

/// One line for each device there is, of those that cannot be used too.
std::vector<std::string> available_devices();

}  // namespace convexscan
