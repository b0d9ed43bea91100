// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/point_values.hpp"

#include <omp.h>

#include <exception>

#include "cpu/blas.hpp"
#include "point_tables.hpp"

namespace convexscan::cpu {

ValueTable parallel_point_values(Backend& backend, std::span<const double> thetas,
                                 std::int64_t points, const QuantitySet& quantities,
                                 const EvaluationOptions& options) {
  // Few points have samples for every thread.
  if (points < omp_get_max_threads()) {
    return backend.Backend::point_values(thetas, points, quantities, options);
  }
  const SingleThreadedBlas single;
  PointTables tables(points);
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::int64_t p = 0; p < points; ++p) {
    try {
      tables.set(
          p, backend.evaluator(point_of(thetas, points, p), quantities, options)->evaluate({}, 1));
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return tables.joined();
}

}  // namespace convexscan::cpu
