#pragma once

#include <cstddef>
#include <cstring>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

namespace judge {

/// What a subject whose lambda returns nothing returns.
struct Unit {
  friend bool operator==(const Unit&, const Unit&) = default;
  /// It has no bytes that could be shown: to read them would be a fault of the judge's own under memcheck.
  friend void PrintTo(const Unit& /*unit*/, std::ostream* out) { *out << "normally"; }
};

/// How a value gets from a subject to the judge: as plain bytes, so that nothing in it can point back.
template <typename T>
struct Codec {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
                "a subject returns plain data, std::string or std::vector of plain data");
  static std::string encode(const T& value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }
  static T decode(const std::string& bytes) {
    T value{};
    std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof value);
    return value;
  }
  static bool fits(std::size_t size) { return size == sizeof(T); }
};

/// Nothing has no bytes: the one that it takes up has no value, and memcheck would see it read.
template <>
struct Codec<Unit> {
  static std::string encode(const Unit& /*value*/) { return {}; }
  static Unit decode(const std::string& /*bytes*/) { return {}; }
  static bool fits(std::size_t size) { return size == 0; }
};

/// The same for what holds any number of plain items one behind the other.
template <typename Sequence>
struct SequenceCodec {
  using Item = typename Sequence::value_type;
  static_assert(std::is_trivially_copyable_v<Item> && !std::is_pointer_v<Item>, "a sequence of plain data");
  static std::string encode(const Sequence& items) {
    return {reinterpret_cast<const char*>(items.data()), items.size() * sizeof(Item)};
  }
  static Sequence decode(const std::string& bytes) {
    Sequence items(bytes.size() / sizeof(Item), Item{});
    if (!items.empty()) std::memcpy(static_cast<void*>(items.data()), bytes.data(), bytes.size());
    return items;
  }
  static bool fits(std::size_t size) { return size % sizeof(Item) == 0; }
};

template <>
struct Codec<std::string> : SequenceCodec<std::string> {};
template <typename Item>
struct Codec<std::vector<Item>> : SequenceCodec<std::vector<Item>> {};

}  // namespace judge
