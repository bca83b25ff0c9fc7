#pragma once

#include <pthread.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "buffers.hpp"
#include "shm/mapping.hpp"
#include "testing/bench/locks.hpp"
#include "testing/bench/shared_memory.hpp"

/// What runs side by side, all behind one interface: write and read a value, in shared memory.
namespace bench {

template <std::size_t kBytes>
using Value = std::array<std::uint64_t, kBytes / sizeof(std::uint64_t)>;

/// The lab's.
template <lab::Kind kKind, std::size_t kBytes>
class Ours {
 public:
  void write(const Value<kBytes>& value) {
    const auto bytes = std::as_bytes(std::span{value});
    kKind == lab::Kind::kTriple ? lab::triple::write(buffer_, bytes) : lab::seqlock::write(buffer_, bytes);
  }
  void read(Value<kBytes>& value) {
    const auto bytes = std::as_writable_bytes(std::span{value});
    kKind == lab::Kind::kTriple ? lab::triple::read(buffer_, bytes) : lab::seqlock::read(buffer_, bytes);
  }

 private:
  shm::Mapping memory_ = anonymous_shared(lab::bytes_for(kKind, kBytes));
  lab::Buffer buffer_ = lab::create(memory_.bytes(), kKind, kBytes);
};

/// One value under a lock that processes share.
template <typename Lock, std::size_t kBytes>
class Locked {
 public:
  Locked() { shared().lock.make(); }
  void write(const Value<kBytes>& value) {
    shared().lock.for_writing();
    shared().value = value;
    shared().lock.release();
  }
  void read(Value<kBytes>& value) {
    shared().lock.for_reading();
    value = shared().value;
    shared().lock.release();
  }

 private:
  struct Shared {
    alignas(64) Lock lock;
    alignas(64) Value<kBytes> value;
  };
  Shared& shared() { return *reinterpret_cast<Shared*>(memory_.data()); }
  shm::Mapping memory_ = anonymous_shared(sizeof(Shared));
};

}  // namespace bench
