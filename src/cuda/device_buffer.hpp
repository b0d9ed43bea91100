// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cuda/check.hpp"

namespace convexscan::cuda {

/// Copies into device memory; the source may be changed on return.
template <class T>
void copy_to_device(std::span<const T> from, T* to, cudaStream_t stream) {
  if (from.empty()) return;
  check(cudaMemcpyAsync(to, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, stream));
  check(cudaStreamSynchronize(stream));
}

/// Copies out of device memory and waits until that is done.
template <class T>
void copy_from_device(const T* from, std::span<T> to, cudaStream_t stream) {
  if (to.empty()) return;
  check(cudaMemcpyAsync(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost, stream));
  check(cudaStreamSynchronize(stream));
}

/// Device memory of a fixed size, uninitialised. Throws OutOfMemory.
template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::int64_t size) : size_(size) {
    if (size > 0) {
      void* memory = nullptr;
      check(cudaMalloc(&memory, bytes()));
      data_ = static_cast<T*>(memory);
    }
  }
  DeviceBuffer(std::span<const T> from, cudaStream_t stream)
      : DeviceBuffer(static_cast<std::int64_t>(from.size())) {
    upload(from, stream);
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~DeviceBuffer() { cudaFree(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::int64_t size() const { return size_; }
  std::size_t bytes() const { return static_cast<std::size_t>(size_) * sizeof(T); }

  /// Makes room for at least size elements; contents are lost when it grows.
  void reserve(std::int64_t size) {
    if (size <= size_) return;
    *this = DeviceBuffer();  // the old memory first: the two need not fit together
    *this = DeviceBuffer(size);
  }

  /// Copies to the front of the buffer; the source may be changed on return.
  void upload(std::span<const T> from, cudaStream_t stream) { copy_to_device(from, data_, stream); }

  /// Copies from the front of the buffer and waits until that is done.
  void download(std::span<T> to, cudaStream_t stream) const { copy_from_device(data_, to, stream); }

  /// Sets the first count elements to zero.
  void clear(std::int64_t count, cudaStream_t stream) {
    if (count == 0) return;
    check(cudaMemsetAsync(data_, 0, static_cast<std::size_t>(count) * sizeof(T), stream));
  }

 private:
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

}  // namespace convexscan::cuda
