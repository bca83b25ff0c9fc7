// Objects, descriptors and mappings in scenarios.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>

#include "explored.hpp"
#include "place.hpp"
#include "shm/unique_fd.hpp"
#include "testing/fresh_name.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;

/// Two pages that an execution's threads map; they go with the execution.
struct Object {
  Object() : fd{::memfd_create("object", MFD_CLOEXEC)} { (void)::ftruncate(fd.get(), 2 * kPage); }
  [[nodiscard]] void* map(std::size_t size = 2 * kPage, off_t offset = 0, int protection = PROT_READ | PROT_WRITE) {
    return ::mmap(nullptr, size, protection, MAP_SHARED, fd.get(), offset);
  }
  shm::UniqueFd fd;
};

struct MappedMail {
  int value;
  std::atomic<int> flag;
};

explore::Result through_two_mappings(std::memory_order publish) {
  return explore([=](Scenario& s) {
    auto& object = s.keep<Object>();
    s.thread("sender", [&, publish] {
      auto& mail = *static_cast<MappedMail*>(object.map());
      mail.value = 42;
      mail.flag.store(1, publish);
    });
    s.thread("receiver", [&] {
      auto& mail = *static_cast<MappedMail*>(object.map());
      if (mail.flag.load(std::memory_order_acquire) == 1) require(mail.value == 42, "it has arrived");
    });
  });
}

TEST(TwoMappings, OfOneObjectAreOneVariable) {
  EXPECT_THAT(through_two_mappings(std::memory_order_release), IsProven());
  EXPECT_THAT(through_two_mappings(std::memory_order_relaxed), FailsWith(Fault::kRace));
}

TEST(TwoMappings, DoNotHideAPlainRace) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] { ++*static_cast<int*>(object.map()); });
                }
              }),
              FailsWith(Fault::kRace));
}

TEST(TwoMappings, OneAfterTheOtherAreOneVariableToo) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    void* const bytes = object.map();
                    ++*static_cast<int*>(bytes);
                    ::munmap(bytes, 2 * kPage);
                  });
                }
              }),
              FailsWith(Fault::kRace));
}

TEST(TwoMappings, OfTwoObjectsAreTwoVariables) {
  EXPECT_THAT(explore([](Scenario& s) {
                for (const char* name : {"left", "right"}) {
                  auto& object = s.keep<Object>();
                  s.thread(name, [&] {
                    auto& count = *static_cast<int*>(object.map());
                    require(++count == 1, "nobody else counts here");
                  });
                }
              }),
              IsProven());
}

TEST(TwoMappings, MayAllowDifferentThings) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("reader",
                         [&] { (void)static_cast<std::atomic<int>*>(object.map(kPage, 0, PROT_READ))->load(); });
                s.thread("writer", [&] { static_cast<std::atomic<int>*>(object.map())->store(1); });
              }),
              IsProven());
}

TEST(Mapping, AtAnOffsetIsAPartOfTheObject) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("whole", [&] { static_cast<char*>(object.map())[kPage + 7] = 1; });
                s.thread("second page", [&] { static_cast<char*>(object.map(kPage, kPage))[7] = 2; });
              }),
              FailsWith(Fault::kRace));
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("first page", [&] { static_cast<char*>(object.map(kPage))[7] = 1; });
                s.thread("second page", [&] { static_cast<char*>(object.map(kPage, kPage))[7] = 2; });
              }),
              IsProven());
}

TEST(Mapping, FailsAsTheSystemSays) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                auto& other = s.keep<shm::UniqueFd>(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
                s.thread("careless", [&] {
                  const auto fails_with = [](void* result, int error) {
                    return result == MAP_FAILED && errno == error;
                  };
                  require(fails_with(object.map(kPage, 1), EINVAL), "an offset is whole pages");
                  require(fails_with(object.map(0), EINVAL), "nothing can't be mapped");
                  require(fails_with(::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, -1, 0), EBADF), "there is no -1");
                  require(fails_with(::mmap(nullptr, kPage, PROT_WRITE, MAP_SHARED, other.get(), 0), EACCES),
                          "what may only be read may not be written");
                });
              }),
              IsProven());
}

TEST(Mapping, CanBeMadeAndGivenBackManyTimes) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("restless", [&] {
                  for (int i = 0; i < 40; ++i) {
                    void* const bytes = object.map();
                    require(bytes != MAP_FAILED, "there is room");
                    ++*static_cast<int*>(bytes);
                    ::munmap(bytes, 2 * kPage);
                  }
                });
              }),
              IsProven());
}

explore::Result touching(std::size_t mapped, std::size_t at, int unmapped) {
  return explore([=](Scenario& s) {
    auto& object = s.keep<Object>();
    s.thread("one", [=, &object] {
      auto* const bytes = static_cast<volatile char*>(object.map(mapped));
      (void)object.map(mapped);
      for (int i = 0; i < unmapped; ++i) ::munmap(const_cast<char*>(bytes), mapped);
      bytes[at] = 1;
    });
  });
}

TEST(Mapping, EndsWhereItsSizeDoes) {
  EXPECT_THAT(touching(100, 99, 0), IsProven());
  EXPECT_THAT(touching(kPage, kPage - 1, 0), IsProven());
  const auto result = touching(kPage, kPage, 0);
  EXPECT_THAT(result, FailsWith(Fault::kOutside));
  EXPECT_EQ(result.what, "one writes beyond the memory that is shared");
}

TEST(Mapping, IsThereUntilTheLastHasUnmappedIt) {
  EXPECT_THAT(touching(kPage, 0, 1), IsProven());
  EXPECT_THAT(touching(kPage, 0, 2), FailsWith(Fault::kOutside));
}

TEST(Mapping, GrowsWhereItIs) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("grower", [&] {
                  auto* const bytes = static_cast<char*>(object.map(kPage));
                  void* const grown = ::mremap(bytes, kPage, 2 * kPage, MREMAP_MAYMOVE);
                  require(grown == bytes, "it stays where it is");
                  bytes[kPage] = 1;
                });
                s.thread("other", [&] { static_cast<char*>(object.map(kPage))[7] = 1; });
              }),
              IsProven());
}

TEST(Mapping, ThatHasGrownIsStillOneVariable) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& object = s.keep<Object>();
                s.thread("grower", [&] {
                  auto* const bytes = static_cast<char*>(object.map(kPage));
                  static_cast<char*>(::mremap(bytes, kPage, 2 * kPage, MREMAP_MAYMOVE))[kPage] = 1;
                });
                s.thread("other", [&] { static_cast<char*>(object.map())[kPage] = 2; });
              }),
              FailsWith(Fault::kRace));
}

// ---- Looks and changes
// ------------------------------------------------------------------------------------------------

// Each makes the object a page longer than it finds it. Every order is tried by the reduction alone.
explore::Result growing_together() {
  explore::Effort effort;
  effort.strategy = explore::Strategy::kReduced;
  return explore(
      [](Scenario& s) {
        auto& object = s.keep<Object>();
        for (const char* name : {"left", "right"}) {
          s.thread(name, [&] {
            struct stat found {};
            (void)::fstat(object.fd.get(), &found);
            (void)::ftruncate(object.fd.get(), found.st_size + static_cast<off_t>(kPage));
          });
        }
        s.finally([&] {
          struct stat found {};
          (void)::fstat(object.fd.get(), &found);
          require(found.st_size == 4 * kPage, "two pages have been added");
        });
      },
      effort);
}

TEST(Look, IsTriedBeforeAChangeThatMayComeLater) { EXPECT_THAT(growing_together(), FailsWith(Fault::kBroken)); }

// ---- What executions leave behind
// ------------------------------------------------------------------------------------

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t mappings() {
  std::ifstream maps{"/proc/self/maps"};
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>{maps}, {}, '\n'));
}

// Threads that give nothing back, in executions of which many are left in the middle.
explore::Result spendthrifts(const judge::FreshName& name) {
  explore::Effort effort;
  effort.strategy = explore::Strategy::kReduced;
  effort.executions = 3'000;
  return explore(
      [&](Scenario& s) {
        ::shm_unlink(name.c_str());
        for (const char* thread : {"one", "other", "third"}) {
          s.thread(thread, [&] {
            const int fd = ::shm_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            require(fd >= 0, "there are descriptors");
            require(::ftruncate(fd, kPage) == 0, "it can be sized");
            void* const bytes = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            require(bytes != MAP_FAILED, "there is room");
            static_cast<std::atomic<int>*>(bytes)->fetch_add(1);
          });
        }
        s.finally([&] { ::shm_unlink(name.c_str()); });
      },
      effort);
}

TEST(Executions, GiveBackWhatTheyHaveOpenAndMapped) {
  const judge::FreshName name;
  const std::size_t descriptors = open_descriptors();
  const std::size_t mapped = mappings();
  const auto result = spendthrifts(name);
  EXPECT_EQ(result.fault, Fault::kNone) << result.what;
  EXPECT_GT(result.executions, 100U);
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_LT(mappings(), mapped + 20) << "fibers and the heap of scenarios may stay";
}

// ---- Time
// ------------------------------------------------------------------------------------------------------------

TEST(Time, DoesNotPassWhileAnotherCanGoOn) {
  using std::chrono::steady_clock;
  EXPECT_THAT(explore([](Scenario& s) {
                auto& flag = s.make<std::atomic<int>>(0);
                auto& object = s.keep<Object>();
                s.thread("patient", [&] {
                  const auto deadline = steady_clock::now() + std::chrono::seconds{5};
                  while (flag.load() < 2 && steady_clock::now() < deadline) std::this_thread::yield();
                  require(flag.load() == 2, "whoever comes in the end has come before the deadline");
                });
                s.thread("slow", [&] {
                  flag.store(1);
                  (void)::ftruncate(object.fd.get(), kPage);
                  (void)::ftruncate(object.fd.get(), 2 * kPage);
                  flag.store(2);
                });
              }),
              IsProven());
}

TEST(Time, PassesForOneWhoSleepsBetweenLooksOnlyWhenNobodyElseCanGoOn) {
  using std::chrono::steady_clock;
  constexpr void (*kNaps[])() = {[] { std::this_thread::sleep_for(std::chrono::milliseconds{1}); },
                                 [] { ::poll(nullptr, 0, 1); },
                                 [] {
                                   timeval time{.tv_sec = 0, .tv_usec = 1000};
                                   ::select(0, nullptr, nullptr, nullptr, &time);
                                 }};
  for (void (*const nap)() : kNaps) {
    EXPECT_THAT(explore([&](Scenario& s) {
                  auto& flag = s.make<std::atomic<int>>(0);
                  s.thread("patient", [&] {
                    const auto deadline = steady_clock::now() + std::chrono::seconds{5};
                    while (flag.load() == 0 && steady_clock::now() < deadline) nap();
                    require(flag.load() == 1, "whoever comes in the end has come before the deadline");
                  });
                  s.thread("slow", [&] { flag.store(1); });
                }),
                IsProven());
  }
}

TEST(Time, PassesWhenNobodyElseCanGoOn) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& mutex = s.make<std::timed_mutex>();
                auto& flag = s.make<std::atomic<int>>(0);
                s.thread("holder", [&] {
                  mutex.lock();
                  while (flag.load() == 0) std::this_thread::yield();
                  mutex.unlock();
                });
                s.thread("patient", [&] {
                  if (mutex.try_lock_for(std::chrono::seconds{1})) mutex.unlock();
                  flag.store(1);
                });
              }).fault,
              Fault::kNone);
}

}  // namespace
