// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "convexscan/error.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/cpu_probe.hpp"
#include "device_probe.hpp"
#include "named.hpp"
#include "point_tables.hpp"
#ifdef CONVEXSCAN_WITH_CUDA
#include "cuda/cuda_backend.hpp"
#include "cuda/cuda_probe.hpp"
#endif

namespace convexscan {
namespace {

#ifdef CONVEXSCAN_WITH_CUDA
std::string why_no_cuda(int index = 0) { return cuda::why_unavailable(index); }
std::unique_ptr<Backend> make_cuda(int index, const Objective& objective, Precision precision) {
  return cuda::make_backend(index, objective, precision);
}
std::unique_ptr<DeviceProbe> make_cuda_probe(int index) { return cuda::make_device_probe(index); }
std::vector<std::string> cuda_devices() { return cuda::device_descriptions(); }
#else
std::string why_no_cuda(int = 0) { return "this program was built without CUDA"; }
std::unique_ptr<Backend> make_cuda(int, const Objective&, Precision) { return nullptr; }
std::unique_ptr<DeviceProbe> make_cuda_probe(int) { return nullptr; }
std::vector<std::string> cuda_devices() { return {}; }
#endif

/// The CUDA device that the option names, or none for the CPU.
std::optional<int> cuda_index(const std::string& device, std::string_view option = "--device") {
  const std::size_t colon = device.find(':');
  const std::string kind = device.substr(0, colon);
  if (kind != "auto" && kind != "cpu" && kind != "cuda") {
    throw UsageError(
        fmt::format("unknown {} \"{}\"; choose auto, cpu, cuda or cuda:K", option, device));
  }
  if (colon != std::string::npos && kind != "cuda") {
    throw UsageError(fmt::format("{} {}: only cuda takes a number", option, device));
  }
  const std::int64_t index =
      colon == std::string::npos
          ? 0
          : parse_whole_number(fmt::format("{} cuda:K", option), device.substr(colon + 1));
  if (kind == "cpu") return std::nullopt;
  const std::string missing = why_no_cuda(static_cast<int>(index));
  if (kind == "auto" && !missing.empty()) return std::nullopt;
  if (!missing.empty()) {
    throw Error(fmt::format("{} {}: {}; use {} cpu", option, device, missing, option));
  }
  const auto count = static_cast<std::int64_t>(cuda_devices().size());
  if (index < 0 || index >= count) {
    throw Error(fmt::format("{} {}: there are devices 0 to {}", option, device, count - 1));
  }
  return static_cast<int>(index);
}

/// Features and targets that float32 holds as infinities leave nothing finite.
void require_single(const Objective& objective) {
  const NetworkTask* network = objective.network();
  if (network == nullptr) return;
  for (const std::vector<double>* numbers : {&network->inputs, &network->targets}) {
    for (const double x : *numbers) {
      if (std::isfinite(static_cast<float>(x))) continue;
      throw Error(fmt::format(
          "--precision float32: the data hold {:.4g}, which is beyond float32's largest "
          "number, {:.4g}; use --precision float64",
          x, std::numeric_limits<float>::max()));
    }
  }
}

}  // namespace

void Backend::gradients(std::span<const double> thetas, std::span<double> losses,
                        std::span<double> gradients) {
  const std::size_t parameters = losses.empty() ? 0 : thetas.size() / losses.size();
  for (std::size_t k = 0; k < losses.size(); ++k) {
    losses[k] = gradient(thetas.subspan(k * parameters, parameters),
                         gradients.subspan(k * parameters, parameters));
  }
}

ValueTable Backend::point_values(std::span<const double> thetas, std::int64_t points,
                                 const QuantitySet& quantities, const EvaluationOptions& options) {
  PointTables tables(points);
  for (std::int64_t p = 0; p < points; ++p) {
    tables.set(p, evaluator(point_of(thetas, points, p), quantities, options)->evaluate({}, 1));
  }
  return tables.joined();
}

std::vector<double> Backend::segment_losses(const Segments& segments, std::span<const double> t) {
  std::vector<double> losses;
  for (std::int64_t k = 0; k < segments.count(); ++k) {
    const std::unique_ptr<Evaluator> line = evaluator(segments.slice(k), {Quantity::loss});
    const std::size_t tile =
        static_cast<std::size_t>(std::max<std::int64_t>(1, line->points_per_tile()));
    for (std::size_t first = 0; first < t.size(); first += tile) {
      const std::span<const double> part = t.subspan(first, std::min(tile, t.size() - first));
      const ValueTable values = line->evaluate(part, static_cast<std::int64_t>(part.size()));
      const std::vector<double>& loss = values.at(Quantity::loss).data;
      losses.insert(losses.end(), loss.begin(), loss.end());
    }
  }
  return losses;
}

std::vector<double> Backend::segment_derivatives(const Segments& segments,
                                                 std::span<const double> t) {
  std::vector<double> derivatives;
  const std::int64_t count = segments.count();
  const std::size_t places = count == 0 ? 0 : t.size() / static_cast<std::size_t>(count);
  std::vector<double> slope(static_cast<std::size_t>(segments.parameters));
  for (std::int64_t k = 0; k < count; ++k) {
    const Slice slice = segments.slice(k);
    const std::span<const double> here = t.subspan(static_cast<std::size_t>(k) * places, places);
    const ValueTable values = evaluator(slice, {Quantity::plane_hessian})
                                  ->evaluate(here, static_cast<std::int64_t>(places));
    for (std::size_t p = 0; p < places; ++p) {
      gradient(slice.at(here.subspan(p, 1)), slope);
      derivatives.push_back(
          std::inner_product(slope.begin(), slope.end(), slice.directions[0].begin(), 0.0));
      derivatives.push_back(values.at(Quantity::plane_hessian).data[3 * p]);
    }
  }
  return derivatives;
}

std::unique_ptr<Backend> make_backend(const std::string& device, const Objective& objective,
                                      Precision precision, std::string_view option) {
  const std::optional<int> cuda = cuda_index(device, option);
  if (precision == Precision::float32) require_single(objective);
  return cuda ? make_cuda(*cuda, objective, precision) : cpu::make_backend(objective, precision);
}

void require_device(const std::string& device) { cuda_index(device); }

std::unique_ptr<DeviceProbe> make_device_probe(const std::string& device) {
  const std::optional<int> cuda = cuda_index(device);
  return cuda ? make_cuda_probe(*cuda) : cpu::make_device_probe();
}

std::string why_unavailable(const std::string& name) {
  if (name == "cpu") return "";
  return name == "cuda" ? why_no_cuda() : fmt::format("there is no backend \"{}\"", name);
}

std::vector<std::string> available_devices() {
  std::vector<std::string> devices = cuda_devices();
  devices.push_back(cpu::device_description());
  return devices;
}

}  // namespace convexscan
