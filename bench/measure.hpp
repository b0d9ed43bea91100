// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <functional>
#include <vector>

/// Our own few lines and not google-benchmark: that repeats until a time is spent, whatever the
/// noise, empties no caches, and is made for nanoseconds, where ours are milliseconds to minutes.
namespace convexscan::bench {

/// When to stop repeating, after nvbench's rules.
struct Effort {
  int least = 5;        ///< runs before noise is looked at
  double noise = 0.01;  ///< stop when the spread of the times is at most this fraction of them …
  double budget = 3.0;  ///< … or after so many seconds: warm runs, cold ones, and what is between
};

/// Seconds of several runs of the same work.
struct Times {
  std::vector<double> seconds;

  double median() const;
  double low() const;   ///< the fastest
  double high() const;  ///< the slowest
  /// Median distance from the median, over the median.
  double noise() const;
};

/// The wall clock around one run: everything that is timed returns when its results are there.
double seconds_of(const std::function<void()>& run);

struct Measured {
  Times hot;   ///< each directly after a run of the same
  Times cold;  ///< each after caches were emptied
};

/// Runs in turn: empty the caches, one cold run, one hot run; at least once. The work was run
/// before, so nothing is made, loaded or compiled in what is timed. flush may be empty: no cold
/// runs then.
Measured measure(const std::function<void()>& run, const std::function<void()>& flush,
                 const Effort& effort);

}  // namespace convexscan::bench
