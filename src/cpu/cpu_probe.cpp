// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/cpu_probe.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "convexscan/error.hpp"
#include "cpu/activation_loops.hpp"
#include "cpu/aligned.hpp"
#include "cpu/blas.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/dense_eigenvalues.hpp"

namespace convexscan::cpu {
namespace {

/// Numbers that one thread activates: a tile's row, as in a scan, in the first cache.
constexpr std::int64_t row = 1024;

CONVEXSCAN_VECTOR_TARGETS void repeat_activation(Activation kind, std::int64_t count,
                                                 std::int64_t repetitions, double* z) {
  for (std::int64_t r = 0; r < repetitions; ++r) activate(kind, 1.0, count, z);
}

CONVEXSCAN_VECTOR_TARGETS void repeat_activation(Activation kind, std::int64_t count,
                                                 std::int64_t repetitions, float* z) {
  for (std::int64_t r = 0; r < repetitions; ++r) activate(kind, 1.0F, count, z);
}

template <class Real>
DeviceProbe::Work activation_work(Activation kind, std::int64_t count, std::int64_t repetitions) {
  return [=] {
#pragma omp parallel for schedule(static)
    for (std::int64_t first = 0; first < count; first += row) {
      const std::int64_t size = std::min(row, count - first);
      Aligned<Real> z(static_cast<std::size_t>(size));
      for (std::int64_t i = 0; i < size; ++i) {
        z[static_cast<std::size_t>(i)] = Real(2) * static_cast<Real>(i) / Real(row) - Real(1);
      }
      repeat_activation(kind, size, repetitions, z.data());
    }
  };
}

template <class Real>
DeviceProbe::Work product_work(std::int64_t n) {
  struct Operands {
    explicit Operands(std::size_t size) : a(size), b(size), c(size) {
      for (std::size_t i = 0; i < size; ++i) {
        a[i] = static_cast<Real>(i % 17) / Real(17) - Real(0.5);
        b[i] = static_cast<Real>(i % 23) / Real(23) - Real(0.5);
      }
    }
    Aligned<Real> a, b, c;
  };
  const auto held = std::make_shared<Operands>(static_cast<std::size_t>(n * n));
  return [held, n] {
    add_matrix_product(n, n, n, held->a.data(), n, held->b.data(), n, held->c.data(), n);
  };
}

class CpuProbe final : public DeviceProbe {
 public:
  std::string device() const override { return device_description(); }

  std::vector<std::pair<std::string, std::string>> versions() const override {
    return {{"blas", openblas_get_config()}};
  }

  Work copy(std::int64_t bytes) override {
    const auto from = std::make_shared<Aligned<char>>(static_cast<std::size_t>(bytes), 'a');
    const auto to = std::make_shared<Aligned<char>>(static_cast<std::size_t>(bytes), 'b');
    return [from, to, bytes] {
      const std::int64_t threads = omp_get_max_threads();
      const std::int64_t part = (bytes + threads - 1) / threads;
#pragma omp parallel for schedule(static, 1)
      for (std::int64_t k = 0; k < threads; ++k) {
        const std::int64_t first = std::min(k * part, bytes);
        const std::int64_t size = std::min(part, bytes - first);
        std::memcpy(to->data() + first, from->data() + first, static_cast<std::size_t>(size));
      }
    };
  }

  Work product(Precision precision, std::int64_t n) override {
    return precision == Precision::float32 ? product_work<float>(n) : product_work<double>(n);
  }

  Work activation(Activation activation, Precision precision, std::int64_t count,
                  std::int64_t repetitions) override {
    return precision == Precision::float32
               ? activation_work<float>(activation, count, repetitions)
               : activation_work<double>(activation, count, repetitions);
  }

  Spectra eigenvalues(SpectrumPart part, std::int64_t n, std::span<const double> distinct,
                      std::int64_t batch) override {
    if (part == SpectrumPart::vectors) {
      throw UsageError("the CPU's eigensolver does not give all eigenvectors");
    }
    const auto matrices = std::make_shared<std::vector<double>>(distinct.begin(), distinct.end());
    const auto found = std::make_shared<std::vector<std::vector<double>>>(
        distinct.size() / static_cast<std::size_t>(n * n));
    const auto solve = [=] {
      const SingleThreadedBlas one_thread_each;
#pragma omp parallel
      {
        std::vector<double> matrix(static_cast<std::size_t>(n * n));
        DenseEigenvalues spectrum;
#pragma omp for schedule(dynamic, 1)
        for (std::int64_t k = 0; k < batch; ++k) {
          const std::size_t which = static_cast<std::size_t>(k) % found->size();
          std::copy_n(matrices->data() + which * matrix.size(), matrix.size(), matrix.data());
          spectrum.reduce(matrix.data(), n);
          std::vector<double> values =
              part == SpectrumPart::all ? spectrum.all() : std::vector<double>{spectrum.smallest()};
          if (static_cast<std::size_t>(k) < found->size()) (*found)[which].swap(values);
        }
      }
    };
    return {solve, [=] {
              std::vector<double> values;
              for (const auto& some : *found) values.insert(values.end(), some.begin(), some.end());
              return values;
            }};
  }
};

}  // namespace

std::unique_ptr<DeviceProbe> make_device_probe() { return std::make_unique<CpuProbe>(); }

}  // namespace convexscan::cpu
