// Must not compile: the object holds the address of its table of functions, which lies elsewhere in another process.
#include <spsc_ring.hpp>

struct Shape {
  virtual double area() const { return side * side; }
  double side = 0;
};

template class lab::SpscRing<Shape>;
