// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "ceilings.hpp"

#include <fmt/format.h>

#include "convexscan/model.hpp"

namespace convexscan::bench {
namespace {

std::string name_of(Precision precision) {
  return precision == Precision::float32 ? "float32" : "float64";
}

}  // namespace

Ceilings::Ceilings(DeviceProbe& probe)
    : probe_(probe), on_cpu_(probe.device().starts_with("cpu")) {}

void Ceilings::empty_caches() {
  // Larger than the last cache of processors and GPUs by far, and a fraction of a second.
  constexpr std::int64_t bytes = std::int64_t{1} << 29;
  if (!large_copy_) large_copy_ = probe_.copy(bytes);
  large_copy_();
}

const Rate& Ceilings::rate(const std::string& name, const std::string& unit, double units,
                           const std::function<DeviceProbe::Work()>& make) {
  const auto known = measured_.find(name);
  if (known != measured_.end()) return known->second;
  const DeviceProbe::Work work = make();
  work();
  const Effort effort{7, 0.01, 0.5};
  const Times times = measure(work, {}, effort).hot;
  return measured_[name] = {unit, units / times.median(), units / times.high(),
                            units / times.low()};
}

const Rate& Ceilings::copy() {
  const std::int64_t bytes = std::int64_t{1} << (on_cpu_ ? 28 : 31);
  return rate("copy", "B", 2.0 * static_cast<double>(bytes), [&] { return probe_.copy(bytes); });
}

const Rate& Ceilings::product(Precision precision) {
  const std::int64_t n = on_cpu_ ? 1536 : 8192;
  const auto rows = static_cast<double>(n);
  return rate(name_of(precision) + " product", "FLOP", 2.0 * rows * rows * rows,
              [&] { return probe_.product(precision, n); });
}

const Rate& Ceilings::activation(Activation activation, Precision precision) {
  const std::int64_t count = on_cpu_ ? 1 << 16 : 1 << 22;
  const std::int64_t repetitions = on_cpu_ ? 200 : 2000;
  return rate(fmt::format("{} {}", name_of(precision), name(activation)), "values",
              static_cast<double>(count * repetitions),
              [&] { return probe_.activation(activation, precision, count, repetitions); });
}

Floor Ceilings::floor(const Work& work, Activation activation, Precision precision) {
  Floor slowest;
  const auto consider = [&](const std::string& name, double units, const auto& rate) {
    if (units == 0.0) return;
    const double seconds = units / rate().median;
    if (seconds > slowest.seconds) slowest = {name, seconds};
  };
  consider("copy", work.bytes, [&]() -> const Rate& { return copy(); });
  consider(name_of(precision) + " product", work.flop,
           [&]() -> const Rate& { return product(precision); });
  // The exponentials of cross-entropy behind relu layers cost about what a sigmoid does.
  const Activation costly = activation == Activation::relu || activation == Activation::identity
                                ? Activation::sigmoid
                                : activation;
  consider(fmt::format("{} {}", name_of(precision), name(costly)), work.activations,
           [&]() -> const Rate& { return this->activation(costly, precision); });
  return slowest;
}

}  // namespace convexscan::bench
