#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include "explore/access_counter.hpp"

namespace explore {
namespace {

constexpr Tally kLoaded{.loads = 1};
constexpr Tally kStored{.stores = 1};
constexpr Tally kUpdated{.loads = 1, .stores = 1};

template <typename T>
struct AtomicOperation : testing::Test {
  alignas(64) std::atomic<T> object{12};
  AccessCounter counter{std::as_bytes(std::span{&object, 1})};

  /// What `operation` returns; it must have been counted as `expected`, no more and no less.
  template <typename Operation>
  T counted(const Tally& expected, Operation operation) {
    T result{};
    counter.reset();
    counter.as(1, [&] { result = static_cast<T>(operation()); });
    EXPECT_EQ(counter.at(&object, 1), expected);
    EXPECT_EQ(counter.line(0, 1), expected);
    EXPECT_EQ(counter.line(0, 0), Tally{});
    return result;
  }
};
using Widths = testing::Types<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, std::int8_t, std::int64_t>;
TYPED_TEST_SUITE(AtomicOperation, Widths);

TYPED_TEST(AtomicOperation, Load) {
  EXPECT_EQ(this->counted(kLoaded, [&] { return this->object.load(std::memory_order_relaxed); }), 12);
  EXPECT_EQ(this->counted(kLoaded, [&] { return this->object.load(std::memory_order_acquire); }), 12);
  EXPECT_EQ(this->counted(kLoaded, [&] { return this->object.load(); }), 12);
}

TYPED_TEST(AtomicOperation, Store) {
  constexpr TypeParam kMost = std::numeric_limits<TypeParam>::max();
  this->counted(kStored, [&] { return this->object.store(kMost, std::memory_order_release), 0; });
  EXPECT_EQ(this->object.load(), kMost);
  this->counted(kStored, [&] { return this->object.store(3), 0; });
  EXPECT_EQ(this->object.load(), 3);
}

TYPED_TEST(AtomicOperation, Exchange) {
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.exchange(5); }), 12);
  EXPECT_EQ(this->object.load(), 5);
}

TYPED_TEST(AtomicOperation, FetchAddWrapsAround) {
  constexpr TypeParam kMost = std::numeric_limits<TypeParam>::max();
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.fetch_add(kMost); }), 12);
  EXPECT_EQ(this->object.load(), static_cast<TypeParam>(12 + static_cast<std::uint64_t>(kMost)));
}

TYPED_TEST(AtomicOperation, FetchSub) {
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.fetch_sub(13); }), 12);
  EXPECT_EQ(this->object.load(), static_cast<TypeParam>(-1));
}

TYPED_TEST(AtomicOperation, FetchAnd) {
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.fetch_and(10); }), 12);
  EXPECT_EQ(this->object.load(), 12 & 10);
}

TYPED_TEST(AtomicOperation, FetchOr) {
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.fetch_or(10); }), 12);
  EXPECT_EQ(this->object.load(), 12 | 10);
}

TYPED_TEST(AtomicOperation, FetchXor) {
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.fetch_xor(10); }), 12);
  EXPECT_EQ(this->object.load(), 12 ^ 10);
}

TYPED_TEST(AtomicOperation, FetchNand) {
  auto* plain = reinterpret_cast<TypeParam*>(&this->object);
  const TypeParam ten = 10;
  EXPECT_EQ(this->counted(kUpdated, [&] { return __atomic_fetch_nand(plain, ten, __ATOMIC_ACQ_REL); }), 12);
  EXPECT_EQ(this->object.load(), static_cast<TypeParam>(~(12 & 10)));
}

TYPED_TEST(AtomicOperation, CompareExchangeThatSucceeds) {
  TypeParam expected = 12;
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.compare_exchange_strong(expected, 7); }), 1);
  EXPECT_EQ(this->object.load(), 7);
  EXPECT_EQ(expected, 12);
}

TYPED_TEST(AtomicOperation, CompareExchangeThatFails) {
  TypeParam expected = 11;
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.compare_exchange_strong(expected, 7); }), 0);
  EXPECT_EQ(this->object.load(), 12);
  EXPECT_EQ(expected, 12);
}

TYPED_TEST(AtomicOperation, WeakCompareExchange) {
  TypeParam expected = 11;
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.compare_exchange_weak(expected, 7); }), 0);
  EXPECT_EQ(expected, 12);
  EXPECT_EQ(this->counted(kUpdated, [&] { return this->object.compare_exchange_weak(expected, 7); }), 1);
  EXPECT_EQ(this->object.load(), 7);
}

TYPED_TEST(AtomicOperation, ThroughAnAtomicRef) {
  alignas(64) TypeParam plain = 12;
  AccessCounter counter{std::as_bytes(std::span{&plain, 1})};
  counter.as(0, [&] { std::atomic_ref{plain}.fetch_add(1); });
  EXPECT_EQ(plain, 13);
  EXPECT_EQ(counter.at(&plain, 0), kUpdated);
}

TEST(Fence, IsNoAccess) {
  alignas(64) std::atomic<int> object{1};
  AccessCounter counter{std::as_bytes(std::span{&object, 1})};
  counter.as(0, [] { std::atomic_signal_fence(std::memory_order_seq_cst); });
  EXPECT_EQ(counter.line(0, 0), Tally{});
}

// Called by the compilers for `compare_exchange` of other languages, and with -mcx16 only.
__extension__ using U128 = unsigned __int128;
extern "C" {
std::uint32_t __tsan_atomic32_compare_exchange_val(volatile std::uint32_t*, std::uint32_t, std::uint32_t, int, int);
void __tsan_atomic_thread_fence(int);
U128 __tsan_atomic128_load(const volatile U128*, int);
void __tsan_atomic128_store(volatile U128*, U128, int);
U128 __tsan_atomic128_exchange(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_add(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_sub(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_and(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_or(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_xor(volatile U128*, U128, int);
U128 __tsan_atomic128_fetch_nand(volatile U128*, U128, int);
int __tsan_atomic128_compare_exchange_strong(volatile U128*, U128*, U128, int, int);
int __tsan_atomic128_compare_exchange_weak(volatile U128*, U128*, U128, int, int);
U128 __tsan_atomic128_compare_exchange_val(volatile U128*, U128, U128, int, int);
}
constexpr int kOrder = 5;

TEST(RareAtomic, CompareExchangeThatReturnsTheValue) {
  std::uint32_t object = 12;
  EXPECT_EQ(__tsan_atomic32_compare_exchange_val(&object, 12, 7, kOrder, kOrder), 12U);
  EXPECT_EQ(object, 7U);
  EXPECT_EQ(__tsan_atomic32_compare_exchange_val(&object, 12, 9, kOrder, kOrder), 7U);
  EXPECT_EQ(object, 7U);
  __tsan_atomic_thread_fence(kOrder);
}

#if defined(__x86_64__)
struct Atomic128 : testing::Test {
  static constexpr U128 kHigh = static_cast<U128>(0xA5A5) << 100;
  static constexpr U128 kOld = kHigh | 12;
  alignas(64) U128 object = kOld;
  AccessCounter counter{std::as_bytes(std::span{&object, 1})};

  template <typename Operation>
  bool updates(Operation operation, U128 afterwards) {
    U128 returned = 0;
    counter.reset();
    counter.as(0, [&] { returned = operation(&object, U128{10}, kOrder); });
    return returned == kOld && object == afterwards && counter.at(&object, 0) == kUpdated;
  }
};

TEST_F(Atomic128, LoadsAndStores) {
  U128 seen = 0;
  counter.as(0, [&] { seen = __tsan_atomic128_load(&object, kOrder); });
  EXPECT_TRUE(seen == kOld);
  EXPECT_EQ(counter.at(&object, 0), kLoaded);
  counter.as(1, [&] { __tsan_atomic128_store(&object, kHigh + 1, kOrder); });
  EXPECT_TRUE(object == kHigh + 1);
  EXPECT_EQ(counter.at(&object, 1), kStored);
}

TEST_F(Atomic128, Exchanges) { EXPECT_TRUE(updates(__tsan_atomic128_exchange, 10)); }
TEST_F(Atomic128, Adds) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_add, kOld + 10)); }
TEST_F(Atomic128, Subtracts) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_sub, kOld - 10)); }
TEST_F(Atomic128, Ands) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_and, kOld & 10)); }
TEST_F(Atomic128, Ors) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_or, kOld | 10)); }
TEST_F(Atomic128, Xors) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_xor, kOld ^ 10)); }
TEST_F(Atomic128, Nands) { EXPECT_TRUE(updates(__tsan_atomic128_fetch_nand, ~(kOld & 10))); }

TEST_F(Atomic128, ComparesAndExchanges) {
  U128 expected = kOld + 1;
  EXPECT_EQ(__tsan_atomic128_compare_exchange_strong(&object, &expected, 1, kOrder, kOrder), 0);
  EXPECT_TRUE(expected == kOld && object == kOld);
  EXPECT_EQ(__tsan_atomic128_compare_exchange_weak(&object, &expected, kHigh, kOrder, kOrder), 1);
  EXPECT_TRUE(object == kHigh);
  EXPECT_TRUE(__tsan_atomic128_compare_exchange_val(&object, kHigh, 5, kOrder, kOrder) == kHigh);
  EXPECT_TRUE(object == 5);
}
#endif

}  // namespace
}  // namespace explore
