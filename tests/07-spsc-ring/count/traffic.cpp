#include "traffic.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "shm/error.hpp"
#include "testing/seed.hpp"

namespace ring_count {
namespace {

/// More than any sensible ring takes: bytes_for is the student's, so the judge must not ask it.
constexpr std::size_t kRoomForLayout = 16 * 1024;

shm::Mapping anonymous(std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) shm::throw_error(errno, "mmap");
  return {address, size};
}

}  // namespace

template <typename T>
Traffic<T>::Traffic()
    : memory_{anonymous(2 * kCapacity * sizeof(T) + kRoomForLayout)},
      counter_{memory_.bytes()},
      first_number_{judge::random()()} {}

template <typename T>
judge::Outcome<judge::Unit> Traffic<T>::run(Pattern pattern) {
  return judge::subject([&] { work(pattern); });
}

template <typename T>
void Traffic<T>::work(Pattern pattern) {
  auto producer = lab::Ring<T>::create(memory_.bytes(), kCapacity);
  auto consumer = lab::Ring<T>::attach(memory_.bytes());
  // A ring may have a slot more than it holds items; the second time they lie elsewhere.
  find_slots(producer, consumer);
  find_slots(producer, consumer);
  if (pattern == Pattern::kNearlyFull) {
    for (std::size_t i = 0; i < kCapacity; ++i) push(producer);
  }
  lap(producer, consumer, pattern);
  counter_.reset();
  for (std::uint64_t i = 0; i < kLaps; ++i) lap(producer, consumer, pattern);
}

template <typename T>
void Traffic<T>::find_slots(lab::Ring<T>& producer, lab::Ring<T>& consumer) {
  for (std::size_t i = 0; i < kCapacity; ++i) push(producer);
  for (std::uint64_t number = popped_; number < pushed_; ++number) {
    const T wanted = item(number);
    const void* found = ::memmem(memory_.data(), memory_.size(), &wanted, sizeof wanted);
    if (found == nullptr) throw std::runtime_error{"an item that was pushed is nowhere in the ring's memory"};
    counter_.declare_payload({static_cast<const std::byte*>(found), sizeof wanted});
  }
  for (std::size_t i = 0; i < kCapacity; ++i) pop(consumer);
}

template <typename T>
void Traffic<T>::lap(lab::Ring<T>& producer, lab::Ring<T>& consumer, Pattern pattern) {
  switch (pattern) {
    case Pattern::kFillThenDrain:
      for (std::size_t i = 0; i < kCapacity; ++i) push(producer);
      for (std::size_t i = 0; i < kCapacity; ++i) pop(consumer);
      break;
    case Pattern::kNearlyEmpty:
      for (std::size_t i = 0; i < kCapacity; ++i) {
        push(producer);
        pop(consumer);
      }
      break;
    case Pattern::kNearlyFull:
      for (std::size_t i = 0; i < kCapacity; ++i) {
        pop(consumer);
        push(producer);
      }
      break;
  }
}

template <typename T>
void Traffic<T>::push(lab::Ring<T>& producer) {
  const T next = item(pushed_);
  bool done = false;
  counter_.as(kProducer, [&] { done = producer.try_push(next); });
  if (!done) throw std::runtime_error{"try_push said full with " + std::to_string(pushed_ - popped_) + " items of 256"};
  ++pushed_;
}

template <typename T>
void Traffic<T>::pop(lab::Ring<T>& consumer) {
  T seen{};
  bool done = false;
  counter_.as(kConsumer, [&] { done = consumer.try_pop(seen); });
  if (!done) throw std::runtime_error{"try_pop said empty with " + std::to_string(pushed_ - popped_) + " items there"};
  if (seen != item(popped_)) throw std::runtime_error{"try_pop gave another item than the oldest"};
  ++popped_;
}

template <typename T>
T Traffic<T>::item(std::uint64_t number) const {
  return T::numbered(first_number_ + number * 0xD1B5'4A32'D192'ED03);
}

template class Traffic<lab::Small>;
template class Traffic<lab::Line>;

}  // namespace ring_count
