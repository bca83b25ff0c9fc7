#pragma once

#include <gmock/gmock.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "support.hpp"

/// A writer that counts up to a last value, and readers that look until they have seen it.
namespace lab08 {

/// What is wrong with what a reader has seen; 0: nothing. (Its first mistake ends it.)
inline constexpr std::uint64_t kWentBack = 0xDEAD'BAC0;

[[nodiscard]] inline std::uint64_t read_until(Side& reader, std::uint64_t last) {
  std::uint64_t before = 0;
  while (before != last) {
    const std::uint64_t seen = reader.read();
    if (seen == kTorn || seen == kMistaken || seen == kTouched) return seen;
    if (seen < before) return kWentBack;
    if (seen == before) ::sched_yield();
    before = seen;
  }
  return 0;
}

/// The same in processes of their own, with `readers` of them; what each said.
inline void expect_stream(Kind kind, std::size_t size, std::uint64_t count, int readers = 1) {
  const BufferMemory memory;
  ASSERT_THAT(make_buffer(memory, kind, size), judge::ReturnsNormally());
  judge::Rendezvous all_there;
  const auto parties = static_cast<std::uint32_t>(readers) + 1;
  std::vector<judge::Subject<std::uint64_t>> running;
  for (int i = 0; i < readers; ++i) {
    running.push_back(judge::start(
        [&, parties] {
          Peer peer{memory, kind, size};
          all_there.meet(parties);
          return read_until(peer.side, count);
        },
        {.deadline = std::chrono::seconds{20}, .name = "the reader"}));
  }
  auto writer = judge::start(
      [&, parties] {
        Peer peer{memory, kind, size};
        all_there.meet(parties);
        for (std::uint64_t number = 1; number <= count; ++number) {
          if (peer.side.write(number) != number) return number;
        }
        return std::uint64_t{0};
      },
      {.deadline = std::chrono::seconds{20}, .name = "the writer"});
  for (auto& reader : running) {
    EXPECT_THAT(reader.outcome(), judge::Returns(0U))
        << "0, or its first mistake: " << mistakes() << "; " << kWentBack << ": it went back to an older value";
  }
  EXPECT_THAT(writer.outcome(), judge::Returns(0U));
}

}  // namespace lab08
