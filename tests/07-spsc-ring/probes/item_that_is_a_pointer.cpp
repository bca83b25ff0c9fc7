// Must not compile: an address means nothing in another process.
#include <spsc_ring.hpp>

template class lab::SpscRing<const char*>;
