// Must not compile: copying such an item is more than copying its bytes.
#include <spsc_ring.hpp>

#include <cstdint>

struct Counted {
  Counted() = default;
  Counted(const Counted& other) : copies{other.copies + 1} {}
  Counted& operator=(const Counted&) = default;
  std::uint64_t copies = 0;
};

template class lab::SpscRing<Counted>;
