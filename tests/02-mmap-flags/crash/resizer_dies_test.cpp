// A process dies at each of its crash points while it gives a file another size.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "mapped.hpp"
#include "shm/unique_fd.hpp"
#include "testing/crash.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"

namespace {

using judge::crash_sweep;
using judge::IsSurvived;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSmall = 2 * kPage + 100;
constexpr std::size_t kLarge = 5 * kPage + 100;

/// A file, and a mapping of all of it.
struct Mapped {
  explicit Mapped(const judge::FreshName& name) : fd{::shm_open(name.c_str(), O_RDWR, 0)} {
    const auto size = static_cast<std::size_t>(::lseek(fd.get(), 0, SEEK_END));
    explore::require(size > 0, "the file is never empty");
    mapping = shm::Mapping::shared(fd.get(), size);
  }

  // By one look: a story has room for some of them only.
  [[nodiscard]] bool holds(std::size_t size) const {
    std::array<std::byte, kLarge> expected{};
    expected.fill(std::byte{7});
    return mapping.size() >= size && std::memcmp(mapping.data(), expected.data(), size) == 0;
  }

  shm::UniqueFd fd;
  shm::Mapping mapping;
};

void make_anew(const judge::FreshName& name, std::size_t size) {
  ::shm_unlink(name.c_str());
  const shm::UniqueFd fd{::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600)};
  std::array<std::byte, kLarge> contents{};
  contents.fill(std::byte{7});
  explore::require(::pwrite(fd.get(), contents.data(), size, 0) == static_cast<ssize_t>(size), "the file is made");
}

/// Somebody dies on the way between these sizes; another finds the one or the other, and goes on.
judge::Outcome<judge::CrashSweep> sweep(const judge::FreshName& name, std::size_t from, std::size_t to) {
  return crash_sweep({.prepare = [&name, from] { make_anew(name, from); },
                      .victim =
                          [&name, to] {
                            Mapped mine{name};
                            lab::resize(mine.fd.get(), mine.mapping, to);
                          },
                      .survivor =
                          [&name, from, to] {
                            Mapped found{name};
                            const std::size_t size = found.mapping.size();
                            explore::require(size == from || size == to, "the file has the old size or the new one");
                            explore::require(found.holds(std::min(from, to)), "what both sizes have stays");
                            lab::resize(found.fd.get(), found.mapping, to);
                            explore::require(found.mapping.size() == to, "the next one can finish it");
                            explore::require(found.holds(std::min(from, to)), "and all is still there");
                          },
                      .victim_name = "one who resizes it",
                      .survivor_name = "another"});
}

TEST(ResizerDies, WhileTheFileGrows) {
  judge::lesson(4, "Who empties a file to fill it anew loses all of it when he dies in between: only add.");
  const judge::FreshName name;
  EXPECT_THAT(sweep(name, kSmall, kLarge), IsSurvived());
}

TEST(ResizerDies, WhileTheFileShrinks) {
  judge::lesson(4, "Between two calls there may be a death: each call must leave a file that is right.");
  const judge::FreshName name;
  EXPECT_THAT(sweep(name, kLarge, kSmall), IsSurvived());
}

}  // namespace
