// The bridge from lab::Ring to the student's lab::SpscRing. It holds no assertion: the header that it includes may have
// redefined anything.
#include "ring.hpp"

#include <spsc_ring.hpp>

namespace lab {

template <typename T>
static SpscRing<T>& ring_at(void* address) {
  return *static_cast<SpscRing<T>*>(address);
}

template <typename T>
std::size_t Ring<T>::bytes_for(std::size_t capacity) {
  return SpscRing<T>::bytes_for(capacity);
}

template <typename T>
Ring<T> Ring<T>::create(std::span<std::byte> memory, std::size_t capacity, std::uint64_t first) {
  return Ring{&SpscRing<T>::create(memory, capacity, first)};
}

template <typename T>
Ring<T> Ring<T>::attach(std::span<std::byte> memory) {
  return Ring{&SpscRing<T>::attach(memory)};
}

template <typename T>
std::size_t Ring<T>::capacity() const {
  return ring_at<T>(ring_).capacity();
}

template <typename T>
std::size_t Ring<T>::size() const {
  return ring_at<T>(ring_).size();
}

template <typename T>
bool Ring<T>::try_push(const T& item) {
  return ring_at<T>(ring_).try_push(item);
}

template <typename T>
bool Ring<T>::try_pop(T& item) {
  return ring_at<T>(ring_).try_pop(item);
}

template <typename T>
std::size_t Ring<T>::push_many(std::span<const T> items) {
  return ring_at<T>(ring_).push_many(items);
}

template <typename T>
std::size_t Ring<T>::pop_many(std::span<T> items) {
  return ring_at<T>(ring_).pop_many(items);
}

template <typename T>
T* Ring<T>::claim() {
  return ring_at<T>(ring_).claim();
}

template <typename T>
void Ring<T>::publish() {
  ring_at<T>(ring_).publish();
}

template <typename T>
const T* Ring<T>::front() {
  return ring_at<T>(ring_).front();
}

template <typename T>
void Ring<T>::release() {
  ring_at<T>(ring_).release();
}

template <typename T>
void Ring<T>::take_seat(Side side, shm::Deadline deadline) {
  ring_at<T>(ring_).take_seat(side, deadline);
}

template <typename T>
void Ring<T>::leave_seat(Side side) {
  ring_at<T>(ring_).leave_seat(side);
}

template <typename T>
Wait Ring<T>::push_until(const T& item, shm::Deadline deadline) {
  return ring_at<T>(ring_).push_until(item, deadline);
}

template <typename T>
Wait Ring<T>::pop_until(T& item, shm::Deadline deadline) {
  return ring_at<T>(ring_).pop_until(item, deadline);
}

template class Ring<Small>;
template class Ring<Line>;
template class Ring<Block>;
template class Ring<Pixel>;

}  // namespace lab
