// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/starts.hpp"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <exception>
#include <memory>

#include "convexscan/scan.hpp"
#include "minimization.hpp"
#include "random_stream.hpp"
#include "stack_switch.hpp"

namespace convexscan {
namespace {

using boost::context::fiber;

/// A fiber's stack that is known by its place.
class KnownStack {
 public:
  explicit KnownStack(StackPlace& place) : place_(place) {}

  boost::context::stack_context allocate() {
    boost::context::stack_context stack = allocator_.allocate();
    place_ = {static_cast<const char*>(stack.sp) - stack.size, stack.size};
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) { allocator_.deallocate(stack); }

 private:
  StackPlace& place_;
  boost::context::fixedsize_stack allocator_;
};

/// One minimisation on a stack of its own, which rests whenever it wants a gradient.
class Start {
 public:
  Start(std::span<const std::int64_t> subset, std::span<const double> theta,
        const TrainingOptions& options)
      : fiber_(std::allocator_arg, KnownStack(place_),
               [this, subset, theta, &options](fiber&& caller) {
                 switch_.arrived(nullptr, &callers_);
                 caller_ = std::move(caller);
                 try {
                   result_ = minimize(
                       subset,
                       [this](std::span<const double> at, std::span<double> gradient) {
                         return ask(at, gradient);
                       },
                       theta, options);
                 } catch (...) {
                   failure_ = std::current_exception();
                 }
                 ended_ = true;
                 switch_.leaves_for_good(callers_);
                 return std::move(caller_);
               }) {
    resume();
  }

  ~Start() {
    // A stack is left by its own code, never torn down: a C library's frames are on it.
    abandoned_ = true;
    while (!ended_) resume();
  }

  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  bool ended() const { return ended_; }

  /// Where it wants the gradient.
  std::span<const double> point() const { return point_; }

  void answer(double loss, std::span<const double> gradient) {
    loss_ = loss;
    std::copy(gradient.begin(), gradient.end(), gradient_.begin());
    resume();
  }

  TrainingResult result() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(result_);
  }

 private:
  void resume() {
    void* own = switch_.leaves(place_);
    fiber_ = std::move(fiber_).resume();
    switch_.arrived(own, nullptr);
  }

  double ask(std::span<const double> at, std::span<double> gradient) {
    point_ = at;
    gradient_ = gradient;
    void* own = switch_.leaves(callers_);
    caller_ = std::move(caller_).resume();
    switch_.arrived(own, &callers_);
    if (abandoned_) throw Interrupted();
    return loss_;
  }

  StackSwitch switch_;
  StackPlace place_;    ///< of the minimisation's stack
  StackPlace callers_;  ///< of the one that resumed it
  fiber caller_;
  std::span<const double> point_;
  std::span<double> gradient_;
  double loss_ = 0.0;
  bool ended_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;
  TrainingResult result_;
  fiber fiber_;  // last: it starts to run when it is made
};

}  // namespace

std::vector<TrainingResult> minimize_starts(std::int64_t parameter_count,
                                            std::span<const std::int64_t> subset,
                                            const BatchFunction& function,
                                            std::span<const double> starts,
                                            const TrainingOptions& options,
                                            const StartsProgress& progress) {
  const auto parameters = static_cast<std::size_t>(parameter_count);
  const std::size_t count = starts.size() / parameters;
  std::vector<std::unique_ptr<Start>> runs;
  for (std::size_t k = 0; k < count; ++k) {
    runs.push_back(
        std::make_unique<Start>(subset, starts.subspan(k * parameters, parameters), options));
  }
  std::vector<double> thetas;
  std::vector<double> losses;
  std::vector<double> gradients;
  for (std::int64_t round = 1;; ++round) {
    thetas.clear();
    std::vector<Start*> asking;
    for (const std::unique_ptr<Start>& run : runs) {
      if (run->ended()) continue;
      asking.push_back(run.get());
      thetas.insert(thetas.end(), run->point().begin(), run->point().end());
    }
    if (asking.empty()) break;
    losses.resize(asking.size());
    gradients.resize(thetas.size());
    function(thetas, losses, gradients);
    for (std::size_t k = 0; k < asking.size(); ++k) {
      asking[k]->answer(losses[k], std::span(gradients).subspan(k * parameters, parameters));
    }
    if (progress && !progress(static_cast<std::int64_t>(count - asking.size()), round)) {
      throw Interrupted();
    }
  }
  std::vector<TrainingResult> results;
  for (const std::unique_ptr<Start>& run : runs) results.push_back(run->result());
  return results;
}

std::vector<TrainingResult> train_starts(Backend& backend, const Objective& objective,
                                         std::span<const double> starts,
                                         const TrainingOptions& options,
                                         const StartsProgress& progress) {
  return minimize_starts(
      objective.parameter_count(), objective.subset,
      [&](std::span<const double> thetas, std::span<double> losses, std::span<double> gradients) {
        backend.gradients(thetas, losses, gradients);
      },
      starts, options, progress);
}

std::vector<double> fresh_starts(const Objective& objective, const Initialization& initialization,
                                 std::int64_t count, std::uint64_t seed) {
  std::vector<double> starts;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::uint64_t own = seed + static_cast<std::uint64_t>(k);
    std::vector<double> start;
    if (const NetworkTask* network = objective.network()) {
      start = initial_weights(network->model, initialization, own);
    } else {
      start = objective.landscape()->centre;
      const std::vector<double> step = normal_numbers(objective.parameter_count(), 1.0,
                                                      stream_seed(own, RandomUse::landscape_start));
      for (std::size_t i = 0; k > 0 && i < start.size(); ++i) start[i] += step[i];
    }
    starts.insert(starts.end(), start.begin(), start.end());
  }
  return starts;
}

}  // namespace convexscan
