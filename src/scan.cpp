// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/scan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "convexscan/error.hpp"

namespace convexscan {

ScanResult scan(Backend& backend, const Slice& slice, const Points& points,
                const QuantitySet& quantities, const Progress& progress,
                const std::atomic<bool>* stop, const EvaluationOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<Evaluator> evaluator = backend.evaluator(slice, quantities, options);
  ScanResult result;
  const std::int64_t count = points.count();
  std::int64_t tile = std::max<std::int64_t>(1, evaluator->points_per_tile());
  for (std::int64_t first = 0; first < count;) {
    if (stop != nullptr && stop->load()) throw Interrupted();
    const std::int64_t size = std::min(tile, count - first);
    const std::span<const double> coordinates(points.coordinates.data() + first * points.axes,
                                              static_cast<std::size_t>(size * points.axes));
    ValueTable values;
    try {
      values = evaluator->evaluate(coordinates, size);
    } catch (const OutOfMemory&) {
      if (size == 1) throw Error("there is not enough memory for a single point; use --samples");
      tile = std::max<std::int64_t>(1, size / 2);
      continue;
    } catch (const std::bad_alloc&) {
      if (size == 1) throw Error("there is not enough memory for a single point; use --samples");
      tile = std::max<std::int64_t>(1, size / 2);
      continue;
    }
    for (auto& [quantity, part] : values) {
      Values& whole = result.values[quantity];
      whole.components = part.components;
      whole.data.insert(whole.data.end(), part.data.begin(), part.data.end());
    }
    first += size;
    if (progress) progress(first, count);
  }
  if (stop != nullptr && stop->load()) throw Interrupted();
  result.eigensolver = evaluator->eigensolver();  // with what has been seen on the way
  result.loss_path = evaluator->loss_path();
  if (const auto loss = result.values.find(Quantity::loss); loss != result.values.end()) {
    result.not_finite = std::ranges::count_if(loss->second.data,
                                              [](double value) { return !std::isfinite(value); });
  }
  result.elapsed_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace convexscan
