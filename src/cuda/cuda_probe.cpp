// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/cuda_probe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "convexscan/error.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/device_buffer.hpp"
#include "cuda/device_context.hpp"
#include "cuda/eigen_solver.hpp"
#include "cuda/libraries.hpp"
#include "kernels/activation_rate.hpp"

namespace convexscan::cuda {
namespace {

void wait(const DeviceContext& context) { check(cudaStreamSynchronize(context.queue())); }

/// So many numbers around zero, none of which repeats for long: products of zeros run faster.
template <class Real>
std::vector<Real> numbers(std::int64_t count) {
  std::vector<Real> values(static_cast<std::size_t>(count));
  std::uint32_t state = 1;
  for (Real& value : values) {
    state = 1664525U * state + 1013904223U;
    value = static_cast<Real>(state >> 8) / static_cast<Real>(1U << 23) - Real(1);
  }
  return values;
}

template <class Real>
DeviceProbe::Work product_work(const DeviceContext& context, std::int64_t n) {
  struct Operands {
    DeviceBuffer<Real> a, b, c;
  };
  const std::vector<Real> values = numbers<Real>(n * n);
  const auto held = std::make_shared<Operands>(Operands{DeviceBuffer<Real>(values, context.queue()),
                                                        DeviceBuffer<Real>(values, context.queue()),
                                                        DeviceBuffer<Real>(n * n)});
  return [held, n, &context] {
    context.blas.multiply<Real>(n, n, n, {held->a.data(), n, 0}, {held->b.data(), n, 0}, Real(0),
                                held->c.data(), n, 0, 1);
    wait(context);
  };
}

template <class Real>
DeviceProbe::Work activation_work(const DeviceContext& context, Activation activation,
                                  std::int64_t count, std::int64_t repetitions) {
  const auto z = std::make_shared<DeviceBuffer<Real>>(numbers<Real>(count), context.queue());
  return [=, &context] {
    kernels::repeat_activation(activation, count, repetitions, z->data(), context.queue());
    wait(context);
  };
}

/// A batch of matrices, and the copy that the solver destroys.
struct Matrices {
  DeviceBuffer<double> whole;
  DeviceBuffer<double> destroyed;
  DeviceBuffer<double> values;
  DeviceBuffer<int> failed;
};

/// Makes a device the thread's current one, on which its members are then made.
int made_current(int index) {
  check(cudaSetDevice(index));
  return index;
}

class CudaProbe final : public DeviceProbe {
 public:
  explicit CudaProbe(int index) : index_(made_current(index)) {}

  std::string device() const override {
    return device_descriptions()[static_cast<std::size_t>(index_)];
  }

  std::vector<std::pair<std::string, std::string>> versions() const override {
    int runtime = 0;
    int driver = 0;
    int solver = 0;
    check(cudaRuntimeGetVersion(&runtime));
    check(cudaDriverGetVersion(&driver));
    check(cusolver().get_version(&solver));
    return {{"cuda_runtime", std::to_string(runtime)},
            {"cuda_driver", std::to_string(driver)},
            {"cublas", std::to_string(context_.blas.version())},
            {"cusolver", std::to_string(solver)}};
  }

  Work copy(std::int64_t bytes) override {
    const auto from = std::make_shared<DeviceBuffer<char>>(bytes);
    const auto to = std::make_shared<DeviceBuffer<char>>(bytes);
    check(cudaMemsetAsync(from->data(), 85, from->bytes(), context_.queue()));
    return [this, from, to] {
      check(cudaMemcpyAsync(to->data(), from->data(), from->bytes(), cudaMemcpyDeviceToDevice,
                            context_.queue()));
      wait(context_);
    };
  }

  Work product(Precision precision, std::int64_t n) override {
    return precision == Precision::float32 ? product_work<float>(context_, n)
                                           : product_work<double>(context_, n);
  }

  Work activation(Activation activation, Precision precision, std::int64_t count,
                  std::int64_t repetitions) override {
    return precision == Precision::float32
               ? activation_work<float>(context_, activation, count, repetitions)
               : activation_work<double>(context_, activation, count, repetitions);
  }

  Spectra eigenvalues(SpectrumPart part, std::int64_t n, std::span<const double> distinct,
                      std::int64_t batch) override {
    if (part == SpectrumPart::smallest) {
      throw UsageError("CUDA's eigensolver gives all eigenvalues or none");
    }
    const std::int64_t size = n * n;
    const std::int64_t given = static_cast<std::int64_t>(distinct.size()) / size;
    const auto held = std::make_shared<Matrices>(
        Matrices{DeviceBuffer<double>(batch * size), DeviceBuffer<double>(batch * size),
                 DeviceBuffer<double>(batch * n), DeviceBuffer<int>(batch)});
    held->whole.upload(distinct.first(static_cast<std::size_t>(std::min(given, batch) * size)),
                       context_.queue());
    for (std::int64_t k = given; k < batch; ++k) {
      check(cudaMemcpyAsync(held->whole.data() + k * size, held->whole.data() + k % given * size,
                            static_cast<std::size_t>(size) * sizeof(double),
                            cudaMemcpyDeviceToDevice, context_.queue()));
    }
    const auto solver = std::make_shared<EigenSolver>(context_.queue());
    const auto solve = [=, this] {
      check(cudaMemcpyAsync(held->destroyed.data(), held->whole.data(), held->whole.bytes(),
                            cudaMemcpyDeviceToDevice, context_.queue()));
      solver->solve(held->destroyed.data(), n, batch, part == SpectrumPart::vectors,
                    held->values.data(), held->failed.data());
      wait(context_);
    };
    const auto first = [=, this](const DeviceBuffer<double>& from, std::int64_t each) {
      std::vector<double> numbers(static_cast<std::size_t>(std::min(given, batch) * each));
      from.download(numbers, context_.queue());
      return numbers;
    };
    Spectra spectra{solve, [=] { return first(held->values, n); }};
    if (part == SpectrumPart::vectors) {
      spectra.vectors = [=] { return first(held->destroyed, size); };
    }
    return spectra;
  }

 private:
  int index_;
  const DeviceContext context_;
};

}  // namespace

std::unique_ptr<DeviceProbe> make_device_probe(int index) {
  return std::make_unique<CudaProbe>(index);
}

}  // namespace convexscan::cuda
