// Must not compile: the string's characters lie on this process's heap.
#include <spsc_ring.hpp>

#include <string>

template class lab::SpscRing<std::string>;
