// Must compile: an item of plain data.
#include <spsc_ring.hpp>

#include <cstdint>

struct Measurement {
  std::uint64_t time;
  double value;
  char unit[5];
};

template class lab::SpscRing<Measurement>;
