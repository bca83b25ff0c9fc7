#pragma once

#include <gmock/gmock.h>

#include <cerrno>
#include <vector>

#include "support.hpp"

/// What both kinds of buffer must do; each test says of which.
namespace lab08 {

/// Reads of a buffer without a value, then one write and two reads.
[[nodiscard]] inline auto first_value(Kind kind) {
  return judge::subject([kind] {
    PrivateBuffer made{kind, 24};
    Numbers seen{made.side.read(), made.side.read()};
    seen.push_back(made.side.write(1));
    seen.push_back(made.side.read());
    seen.push_back(made.side.read());
    return seen;
  });
}

/// A random program of writes (true) and reads; what each of them must say.
struct Program {
  Program() {
    std::uint64_t newest = 0;
    for (int i = 0; i < 300; ++i) {
      steps.push_back(static_cast<char>(judge::random_between(0, 1)));
      expected.push_back(steps.back() != 0 ? ++newest : newest);
    }
  }
  std::vector<char> steps;
  Numbers expected;
};

[[nodiscard]] inline auto run(const Program& program, Kind kind, std::size_t size) {
  return judge::subject([&program, kind, size] {
    PrivateBuffer made{kind, size};
    Numbers seen;
    std::uint64_t newest = 0;
    for (const char step : program.steps) seen.push_back(step != 0 ? made.side.write(++newest) : made.side.read());
    return seen;
  });
}

/// Values of a wrong size go in and come out; the error, and whether memory has changed.
template <typename Call>
[[nodiscard]] auto refused_value(Kind kind, Call call) {
  const std::size_t wrong = judge::random_between(0, 1) == 0 ? 16 : 32;
  return judge::subject([=] {
    PrivateBuffer made{kind, 24};
    made.side.write(1);
    const auto before = made.memory.copy();
    std::vector<std::byte> value(wrong);
    try {
      static_cast<void>(call(made.buffer, std::span{value}));
    } catch (const std::system_error& error) {
      const bool names_it = std::string{error.what()}.find(std::to_string(wrong)) != std::string::npos;
      return Numbers{static_cast<std::uint64_t>(error.code().value()), names_it, made.memory.copy() == before};
    }
    return Numbers{};
  });
}

/// What it says to a buffer of `made`.
template <typename Call>
[[nodiscard]] auto with_a_buffer_of(Kind made, Call call) {
  return judge::subject([=] {
    const PrivateBuffer other{made, 24};
    std::vector<std::byte> value(24);
    static_cast<void>(call(other.buffer, std::span{value}));
  });
}

}  // namespace lab08
