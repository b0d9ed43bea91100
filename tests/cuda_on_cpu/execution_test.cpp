// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda_on_cpu/execution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/primitives.cuh"

/// The emulation itself: what a GPU would leave undefined must not pass.
namespace convexscan::kernels {
namespace {

using cuda_on_cpu::KernelError;
using testing::HasSubstr;
using testing::ThrowsMessage;

void block_sum_kernel(const double* in, double* out) {
  const double sum =
      block_sum(in[block_index() * block_size() + thread_index()], shared_memory<double>());
  if (thread_index() == 0) out[block_index()] = sum;
}

TEST(Emulation, BlocksSumTheirThreads) {
  for (const int block : {32, 64, 128, 1024}) {
    std::vector<double> in(3 * static_cast<std::size_t>(block));
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<double>(i);
    std::vector<double> out(3);
    launch(block_sum_kernel, "block_sum", 3, block, 32 * sizeof(double), nullptr, in.data(),
           out.data());
    for (int b = 0; b < 3; ++b) {
      EXPECT_EQ(out[static_cast<std::size_t>(b)], block * (b * block + (block - 1) / 2.0));
    }
  }
}

void half_block_barrier_kernel() {
  if (thread_index() < 32) synchronize_block();
}

TEST(Emulation, ABarrierThatSomeThreadsNeverReachIsCaught) {
  EXPECT_THAT([] { launch(half_block_barrier_kernel, "half", 1, 64, 0, nullptr); },
              ThrowsMessage<KernelError>(HasSubstr("half, block 0: thread 0 waits for its block")));
}

void two_barriers_kernel() {
  if (thread_index() < 32) {
    synchronize_block();
  } else {
    synchronize_block();
  }
}

TEST(Emulation, BarriersInDifferentPlacesAreNotTheSameOne) {
  EXPECT_THROW(launch(two_barriers_kernel, "two", 1, 64, 0, nullptr), KernelError);
}

void half_warp_exchange_kernel(int* out) {
  if (thread_index() < 16) out[thread_index()] = exchange_across(thread_index(), 1);
}

TEST(Emulation, AnExchangeThatHalfOfTheWarpTakesPartInIsCaught) {
  std::vector<int> out(32);
  EXPECT_THAT([&] { launch(half_warp_exchange_kernel, "half", 1, 32, 0, nullptr, out.data()); },
              ThrowsMessage<KernelError>(HasSubstr("thread 16 has ended")));
}

void barrier_against_exchange_kernel() {
  if (thread_index() < 16) {
    synchronize_block();
  } else {
    exchange_across(1, 1);
  }
}

TEST(Emulation, ABlockBarrierIsNotAWarpExchange) {
  EXPECT_THROW(launch(barrier_against_exchange_kernel, "mixed", 1, 32, 0, nullptr), KernelError);
}

void one_warp_exchanges_kernel(int* out) {
  if (thread_index() >= 32) out[thread_index()] = exchange_across(thread_index(), 1);
  synchronize_block();
}

TEST(Emulation, AWarpExchangesWhileAnotherWaits) {
  std::vector<int> out(64);
  launch(one_warp_exchanges_kernel, "one warp", 1, 64, 0, nullptr, out.data());
  for (int i = 32; i < 64; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)], i ^ 1);
}

void read_shared_kernel(double* out) { out[0] = shared_memory<double>()[0]; }

TEST(Emulation, SharedMemoryStartsAsNan) {
  double out = 0.0;
  launch(read_shared_kernel, "read", 1, 32, 8, nullptr, &out);
  EXPECT_TRUE(std::isnan(out));
}

void write_shared_kernel(int at) { shared_memory<double>()[at] = 1.0; }

TEST(Emulation, WritesBeyondSharedMemoryAreCaught) {
  launch(write_shared_kernel, "write", 1, 32, 16, nullptr, 1);
  EXPECT_THROW(launch(write_shared_kernel, "write", 1, 32, 16, nullptr, 2), KernelError);
}

/// Lacks the barrier between what a thread writes and what another reads.
void unprotected_kernel(int distance, double* out) {
  double* const shared = shared_memory<double>();
  shared[thread_index()] = 1.0;
  const int other = thread_index() + distance;
  out[thread_index()] = other >= 0 && other < block_size() ? shared[other] : 1.0;
}

TEST(Emulation, AMissingBarrierShowsInThreeLaunchesOfOneBlock) {
  for (const int distance : {-1, 1, -33, 33}) {
    std::vector<double> out(3 * 64);
    for (std::size_t l = 0; l < 3; ++l) {
      launch(unprotected_kernel, "unprotected", 1, 64, 64 * sizeof(double), nullptr, distance,
             out.data() + 64 * l);
    }
    EXPECT_TRUE(std::ranges::any_of(out, [](double value) { return std::isnan(value); }));
  }
}

void multiply_kernel(const double* a, const double* b, double* d) {
  const int group = thread_index() / 4;
  const int t = thread_index() % 4;
  const double mine[2] = {a[group * 4 + t], a[(group + 8) * 4 + t]};
  double sum[4];
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) sum[2 * i + j] = d[(group + 8 * i) * 8 + 2 * t + j];
  }
  multiply_add_16x8x4(sum, mine, b[t * 8 + group]);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) d[(group + 8 * i) * 8 + 2 * t + j] = sum[2 * i + j];
  }
}

TEST(Emulation, AWarpMultipliesMatrices) {
  std::vector<double> a(16 * 4), b(4 * 8), d(16 * 8, 0.5);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<double>(i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(static_cast<double>(i));
  launch(multiply_kernel, "multiply", 1, 32, 0, nullptr, a.data(), b.data(), d.data());
  for (std::size_t r = 0; r < 16; ++r) {
    for (std::size_t c = 0; c < 8; ++c) {
      double sum = 0.5;
      for (std::size_t k = 0; k < 4; ++k) sum += a[r * 4 + k] * b[k * 8 + c];
      EXPECT_NEAR(d[r * 8 + c], sum, 1e-15);
    }
  }
}

}  // namespace
}  // namespace convexscan::kernels
