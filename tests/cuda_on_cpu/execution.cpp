// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda_on_cpu/execution.hpp"

#include <fmt/format.h>
#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace convexscan::cuda_on_cpu {
namespace {

using boost::context::fiber;

constexpr std::size_t most_exchanged_bytes = 32;
constexpr std::size_t most_shared_bytes = 227 * 1024;  // of one block on sm_90
constexpr std::size_t guard_bytes = 4096;
constexpr std::byte guard{0xA5};
constexpr std::byte not_a_number{0xFF};  // of float and double alike when every byte is so

/// Stacks are kept for the next block's threads.
class StackPool {
 public:
  static constexpr std::size_t bytes = 256 * 1024;

  boost::context::stack_context take() {
    if (free_.empty()) {
      // Tops that lie alike in their pages would take each other's places in the processor's cache.
      const std::size_t shift = all_.size() * 704 % 4096;
      all_.push_back(std::make_unique<std::byte[]>(bytes + shift));
      free_.push_back(all_.back().get() + shift);
    }
    boost::context::stack_context stack;
    stack.size = bytes;
    stack.sp = free_.back() + bytes;
    // A fiber that is thrown away while it waits leaves its frames marked.
    ASAN_UNPOISON_MEMORY_REGION(free_.back(), bytes);
    free_.pop_back();
    return stack;
  }

  void give_back(const boost::context::stack_context& stack) {
    free_.push_back(static_cast<std::byte*>(stack.sp) - bytes);
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> all_;
  std::vector<std::byte*> free_;
};

StackPool stack_pool;

struct PooledStack {
  boost::context::stack_context allocate() { return stack_pool.take(); }
  void deallocate(boost::context::stack_context& stack) { stack_pool.give_back(stack); }
};

enum class State { ready, at_block, at_warp, done };

struct Thread {
  fiber context;
  State state = State::ready;
  std::source_location at;
  std::size_t meetings = 0;  // of its warp
};

struct Warp {
  alignas(16) std::byte slots[2][warp_size * most_exchanged_bytes];
};

/// One block at a time, on one thread of the processor.
struct Block {
  ThisThread running;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<std::size_t> order;  // in which its threads take their turns
  std::size_t turn = 0;
  fiber scheduler;
  fiber* left = nullptr;  // where who has just handed over is to be kept
};

/// Forwards, backwards or at random, another for every block and, since many launches have but one,
/// for every launch: what a missing barrier leaves unprotected is then seen too early in one of
/// them.
void shuffle(std::vector<std::size_t>& order) {
  static std::mt19937_64 random;
  static std::uint64_t turn = 0;
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::uint64_t kind = turn++ % 3;
  if (kind == 1) std::ranges::reverse(order);
  if (kind == 2) std::ranges::shuffle(order, random);
}

Block* block_now = nullptr;

Thread& me() { return block_now->threads[static_cast<std::size_t>(block_now->running.index)]; }

/// Who is next from this turn on: a thread that is ready or, when there is none, the scheduler.
fiber& next() {
  for (Block& block = *block_now; block.turn < block.order.size(); ++block.turn) {
    const std::size_t i = block.order[block.turn];
    if (block.threads[i].state != State::ready) continue;
    block.running.index = static_cast<int>(i);
    return block.threads[i].context;
  }
  return block_now->scheduler;
}

/// Goes on when someone hands over to mine.
void hand_over(fiber& mine, fiber& to) {
  block_now->left = &mine;
  fiber from = std::move(to).resume();
  *block_now->left = std::move(from);
}

void wait(State state, const std::source_location& at) {
  Thread& thread = me();
  thread.state = state;
  thread.at = at;
  ++block_now->turn;
  hand_over(thread.context, next());
}

std::string where(const Thread& thread) {
  const char* const what = thread.state == State::done       ? "has ended"
                           : thread.state == State::at_block ? "waits for its block"
                                                             : "waits for its warp";
  if (thread.state == State::done) return what;
  return fmt::format("{} at {}:{}", what, thread.at.file_name(), thread.at.line());
}

bool same_place(const Thread& a, const Thread& b) {
  return a.state == b.state && a.at.line() == b.at.line() && a.at.column() == b.at.column() &&
         (a.at.file_name() == b.at.file_name() ||
          std::strcmp(a.at.file_name(), b.at.file_name()) == 0);
}

[[noreturn]] void report_divergence(const char* name) {
  const std::vector<Thread>& threads = block_now->threads;
  const auto other = std::ranges::find_if(
      threads, [&](const Thread& thread) { return !same_place(thread, threads.front()); });
  throw KernelError(fmt::format("{}, block {}: thread 0 {}, but thread {} {}", name,
                                block_now->running.block, where(threads.front()),
                                other - threads.begin(), where(*other)));
}

/// Lets the threads of [first, last) go on when all of them wait in the same place; no thread of a
/// warp's exchange or a block's barrier may be missing.
bool release(std::size_t first, std::size_t last, State state) {
  std::vector<Thread>& threads = block_now->threads;
  for (std::size_t i = first; i < last; ++i) {
    if (threads[i].state != state || !same_place(threads[i], threads[first])) return false;
  }
  for (std::size_t i = first; i < last; ++i) threads[i].state = State::ready;
  return true;
}

void run_block(const char* name, const std::function<void()>& body) {
  Block& block = *block_now;
  const std::size_t count = block.threads.size();
  for (Thread& thread : block.threads) {
    thread.state = State::ready;
    thread.meetings = 0;
    thread.context = fiber(std::allocator_arg, PooledStack{}, [&](fiber&& from) {
      *block_now->left = std::move(from);
      body();
      block_now->left = &me().context;
      me().state = State::done;
      ++block_now->turn;
      return std::move(next());
    });
  }
  shuffle(block.order);
  for (;;) {
    block.turn = 0;
    fiber& first = next();
    if (&first != &block.scheduler) hand_over(block.scheduler, first);
    const auto done = [](const Thread& thread) { return thread.state == State::done; };
    if (std::ranges::all_of(block.threads, done)) return;
    bool released = release(0, count, State::at_block);
    for (std::size_t w = 0; w < block.warps.size(); ++w) {
      released |= release(w * warp_size, (w + 1) * warp_size, State::at_warp);
    }
    if (!released) report_divergence(name);
  }
}

/// Writes every kernel's name, once, to the file that CONVEXSCAN_LAUNCHED names, where it does.
void note_launch(const char* name) {
  static const char* const path = std::getenv("CONVEXSCAN_LAUNCHED");
  if (path == nullptr) return;
  static std::set<std::string> noted;
  if (noted.emplace(name).second) std::ofstream(path, std::ios::app) << name << "\n";
}

}  // namespace

const ThisThread& this_thread() { return block_now->running; }

void meet_block(const std::source_location& at) { wait(State::at_block, at); }

const void* meet_warp(const void* value, std::size_t bytes, const std::source_location& at) {
  Thread& thread = me();
  const auto index = static_cast<std::size_t>(block_now->running.index);
  // Two sets in turn: a lane may write for the next meeting while others still read this one's.
  std::byte* const slots = block_now->warps[index / warp_size].slots[thread.meetings++ % 2];
  if (bytes > 0) std::memcpy(slots + index % warp_size * bytes, value, bytes);
  wait(State::at_warp, at);
  return slots;
}

void run_kernel(const char* name, std::int64_t grid, int block, std::size_t shared_bytes,
                const std::function<void()>& body) {
  if (grid < 0 || grid > std::numeric_limits<std::int32_t>::max() || block < 1 || block > 1024 ||
      block % warp_size != 0 || shared_bytes > most_shared_bytes) {
    throw KernelError(
        fmt::format("{}: {} blocks of {} threads with {} bytes shared is not possible", name, grid,
                    block, shared_bytes));
  }
  note_launch(name);
  Block state;
  state.threads.resize(static_cast<std::size_t>(block));
  state.order.resize(state.threads.size());
  state.warps.resize(static_cast<std::size_t>(block / warp_size));
  std::vector<std::byte> shared(shared_bytes + guard_bytes);
  state.running.block_size = block;
  state.running.shared = shared.data();
  block_now = &state;
  for (std::int64_t b = 0; b < grid; ++b) {
    std::fill_n(shared.begin(), shared_bytes, not_a_number);
    std::fill_n(shared.end() - guard_bytes, guard_bytes, guard);
    state.running.block = b;
    run_block(name, body);
    if (std::any_of(shared.end() - guard_bytes, shared.end(),
                    [](std::byte value) { return value != guard; })) {
      throw KernelError(fmt::format("{}, block {}: wrote beyond its {} bytes of shared memory",
                                    name, b, shared_bytes));
    }
  }
}

}  // namespace convexscan::cuda_on_cpu
