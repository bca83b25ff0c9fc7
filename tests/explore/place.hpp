#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <new>

/// The size of a page, in bytes.
inline constexpr std::size_t kPage = 4096;

/// A T that is made anew before each death, in memory that the processes of a crash sweep share.
template <typename T>
class Place {
 public:
  void make_anew() {
    if (bytes_ == nullptr) {
      bytes_ = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    std::memset(bytes_, 0, sizeof(T));
    new (bytes_) T{};
  }
  T& operator*() const { return *static_cast<T*>(bytes_); }
  T* operator->() const { return &**this; }

 private:
  void* bytes_ = nullptr;  // goes with the subject that has made it
};
