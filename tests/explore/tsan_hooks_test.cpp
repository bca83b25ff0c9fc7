#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "explore/access_counter.hpp"

// Each of these functions makes one access that the compiler may neither remove nor merge with another.
namespace explore {
namespace {

template <typename T>
[[gnu::noinline]] T load_of(const T* from) {
  return *static_cast<const volatile T*>(from);
}

template <typename T>
[[gnu::noinline]] void store_to(T* to, T value) {
  *to = value;
}

__extension__ using U128 = unsigned __int128;

struct [[gnu::packed]] Askew {
  std::uint8_t first;
  std::uint16_t two;
  std::uint32_t four;
  std::uint64_t eight;
};

struct Large {
  std::array<std::uint64_t, 16> words;
};

template <typename T>
struct PlainAccess : testing::Test {
  alignas(64) T object{};
  AccessCounter counter{std::as_bytes(std::span{&object, 1})};
};
using PlainTypes =
    testing::Types<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, U128, float, double, void*>;
TYPED_TEST_SUITE(PlainAccess, PlainTypes);

TYPED_TEST(PlainAccess, IsCountedOnceWhenItReads) {
  this->counter.as(0, [&] { (void)load_of(&this->object); });
  EXPECT_EQ(this->counter.at(&this->object, 0), (Tally{.reads = 1}));
  EXPECT_EQ(this->counter.line(0, 0), (Tally{.reads = 1}));
}

TYPED_TEST(PlainAccess, IsCountedOnceWhenItWrites) {
  this->counter.as(0, [&] { store_to(&this->object, TypeParam{}); });
  EXPECT_EQ(this->counter.at(&this->object, 0), (Tally{.writes = 1}));
  EXPECT_EQ(this->counter.line(0, 0), (Tally{.writes = 1}));
}

[[gnu::noinline]] std::uint16_t read_two(const Askew* from) { return static_cast<const volatile Askew*>(from)->two; }
[[gnu::noinline]] std::uint32_t read_four(const Askew* from) { return static_cast<const volatile Askew*>(from)->four; }
[[gnu::noinline]] std::uint64_t read_eight(const Askew* from) {
  return static_cast<const volatile Askew*>(from)->eight;
}
[[gnu::noinline]] void write_eight(Askew* to) { to->eight = 8; }

TEST(UnalignedAccess, IsCountedWhereItBegins) {
  alignas(64) Askew askew{};
  AccessCounter counter{std::as_bytes(std::span{&askew, 1})};
  const auto* bytes = reinterpret_cast<const std::byte*>(&askew);
  counter.as(0, [&] {
    (void)read_two(&askew);
    (void)read_four(&askew);
    (void)read_eight(&askew);
    write_eight(&askew);
  });
  EXPECT_EQ(counter.at(bytes + 1, 0), (Tally{.reads = 1}));
  EXPECT_EQ(counter.at(bytes + 3, 0), (Tally{.reads = 1}));
  EXPECT_EQ(counter.at(bytes + 7, 0), (Tally{.reads = 1, .writes = 1}));
}

[[gnu::noinline]] void copy(Large* to, const Large* from) { *to = *from; }

TEST(CopyOfAStructure, IsSeenInEachLineThatItTouches) {
  alignas(64) std::array<Large, 2> objects{};
  AccessCounter counter{std::as_bytes(std::span{objects})};
  objects[0].words.fill(7);
  counter.as(1, [&] { copy(&objects[1], &objects[0]); });
  EXPECT_EQ(objects[1].words, objects[0].words);
  EXPECT_EQ(counter.line(0, 1), (Tally{.reads = 1}));
  EXPECT_EQ(counter.line(1, 1), (Tally{.reads = 1}));
  EXPECT_EQ(counter.line(2, 1), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(3, 1), (Tally{.writes = 1}));
}

// A length that the compiler does not know: it cannot copy in line.
struct MemoryCall : testing::Test {
  alignas(64) std::array<unsigned char, 256> bytes{};
  AccessCounter counter{std::as_bytes(std::span{bytes})};
  volatile std::size_t hundred = 100;
};

TEST_F(MemoryCall, MemcpySpansLines) {
  std::array<unsigned char, 100> outside{};
  outside.fill(9);
  counter.as(0, [&] { std::memcpy(bytes.data() + 60, outside.data(), hundred); });
  EXPECT_EQ(std::memcmp(bytes.data() + 60, outside.data(), outside.size()), 0);
  EXPECT_EQ(bytes[59], 0);
  EXPECT_EQ(bytes[160], 0);
  EXPECT_EQ(counter.line(0, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(1, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(2, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(3, 0), Tally{});
  EXPECT_EQ(counter.at(bytes.data() + 60, 0), (Tally{.writes = 1}));
}

TEST_F(MemoryCall, MemmoveReadsAndWrites) {
  bytes[0] = 1;
  bytes[99] = 2;
  counter.as(0, [&] { std::memmove(bytes.data() + 50, bytes.data(), hundred); });
  EXPECT_EQ(bytes[50], 1);
  EXPECT_EQ(bytes[149], 2);
  EXPECT_EQ(counter.at(bytes.data(), 0), (Tally{.reads = 1}));
  EXPECT_EQ(counter.at(bytes.data() + 50, 0), (Tally{.writes = 1}));
}

TEST_F(MemoryCall, MemsetWrites) {
  counter.as(0, [&] { std::memset(bytes.data(), 3, hundred); });
  EXPECT_EQ(bytes[99], 3);
  EXPECT_EQ(bytes[100], 0);
  EXPECT_EQ(counter.line(1, 0), (Tally{.writes = 1}));
}

TEST_F(MemoryCall, OfLengthZeroIsNoAccess) {
  const volatile std::size_t zero = 0;
  counter.as(0, [&] { std::memset(bytes.data(), 3, zero); });
  EXPECT_EQ(counter.line(0, 0), Tally{});
}

// What newer compilers call, and what these call only with special options.
extern "C" {
void* __tsan_memcpy(void*, const void*, std::size_t);
void* __tsan_memmove(void*, const void*, std::size_t);
void* __tsan_memset(void*, int, std::size_t);
void __tsan_volatile_read8(void*);
void __tsan_unaligned_volatile_write4(void*);
void __tsan_read_write8(void*);
void __tsan_read4_pc(void*, void*);
void __tsan_vptr_read(void**);
void __tsan_vptr_update(void**, void*);
}

TEST_F(MemoryCall, IsKnownByItsInstrumentedNameToo) {
  std::array<unsigned char, 8> eight{1, 2, 3, 4, 5, 6, 7, 8};
  counter.as(0, [&] {
    __tsan_memset(bytes.data(), 3, 8);
    __tsan_memcpy(bytes.data() + 64, eight.data(), 8);
    __tsan_memmove(bytes.data() + 128, bytes.data() + 64, 8);
  });
  EXPECT_EQ(bytes[7], 3);
  EXPECT_EQ(bytes[128], 1);
  EXPECT_EQ(counter.line(0, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(1, 0), (Tally{.reads = 1, .writes = 1}));
  EXPECT_EQ(counter.line(2, 0), (Tally{.writes = 1}));
}

TEST_F(MemoryCall, HasRareRelatives) {
  counter.as(0, [&] {
    __tsan_volatile_read8(bytes.data());
    __tsan_unaligned_volatile_write4(bytes.data() + 65);
    __tsan_read_write8(bytes.data() + 128);
    __tsan_read4_pc(bytes.data() + 192, nullptr);
    __tsan_vptr_read(reinterpret_cast<void**>(bytes.data() + 200));
    __tsan_vptr_update(reinterpret_cast<void**>(bytes.data() + 200), nullptr);
  });
  EXPECT_EQ(counter.line(0, 0), (Tally{.reads = 1}));
  EXPECT_EQ(counter.line(1, 0), (Tally{.writes = 1}));
  EXPECT_EQ(counter.line(2, 0), (Tally{.reads = 1, .writes = 1}));
  EXPECT_EQ(counter.at(bytes.data() + 192, 0), (Tally{.reads = 1}));
  EXPECT_EQ(counter.at(bytes.data() + 200, 0), (Tally{.reads = 1, .writes = 1}));
}

}  // namespace
}  // namespace explore
