// SysV segments in scenarios.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "explored.hpp"
#include "segments.hpp"
#include "testing/belongings.hpp"
#include "testing/fresh_name.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;
using segments::fresh_key;
using segments::kPage;
using segments::Segment;
using segments::status_of;
using testing::ElementsAre;
using testing::HasSubstr;

bool is_refused(const void* address, int error) { return address == reinterpret_cast<void*>(-1) && errno == error; }

struct AttachedMail {
  int value;
  std::atomic<int> flag;
};

explore::Result through_two_attachments(std::memory_order publish) {
  return explore([=](Scenario& s) {
    auto& segment = s.keep<Segment>();
    s.thread("sender", [&, publish] {
      auto& mail = *static_cast<AttachedMail*>(segment.attach());
      mail.value = 42;
      mail.flag.store(1, publish);
    });
    s.thread("receiver", [&] {
      const auto& mail = *static_cast<const AttachedMail*>(segment.attach(SHM_RDONLY));
      if (mail.flag.load(std::memory_order_acquire) == 1) require(mail.value == 42, "it has arrived");
    });
  });
}

TEST(TwoAttachments, OfOneSegmentAreOneVariable) {
  EXPECT_THAT(through_two_attachments(std::memory_order_release), IsProven());
  EXPECT_THAT(through_two_attachments(std::memory_order_relaxed), FailsWith(Fault::kRace));
}

TEST(TwoAttachments, OfOneSegmentDoNotHideAPlainRace) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& segment = s.keep<Segment>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] { ++*static_cast<int*>(segment.attach()); });
                }
              }),
              FailsWith(Fault::kRace));
}

TEST(TwoAttachments, OneAfterTheOtherFindTheSame) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& segment = s.keep<Segment>();
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&] {
                    void* const bytes = segment.attach();
                    static_cast<std::atomic<int>*>(bytes)->fetch_add(1);
                    ::shmdt(bytes);
                  });
                }
                s.finally([&] {
                  void* const bytes = segment.attach();
                  require(*static_cast<int*>(bytes) == 2, "each has counted");
                  ::shmdt(bytes);
                });
              }),
              IsProven());
}

TEST(TwoAttachments, OfTwoSegmentsAreTwoVariables) {
  EXPECT_THAT(explore([](Scenario& s) {
                for (const char* name : {"left", "right"}) {
                  auto& segment = s.keep<Segment>();
                  s.thread(name, [&] { require(++*static_cast<int*>(segment.attach()) == 1, "nobody else counts"); });
                }
              }),
              IsProven());
}

TEST(Attachments, AreCountedForEachThread) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& segment = s.keep<Segment>();
                s.thread("one", [&] {
                  require(status_of(segment.id).shm_nattch == 0, "nobody has it attached");
                  void* const first = segment.attach();
                  void* const second = segment.attach(SHM_RDONLY);
                  require(status_of(segment.id).shm_nattch == 2, "it is attached twice");
                  require(::shmdt(first) == 0 && status_of(segment.id).shm_nattch == 1, "then once");
                  require(::shmdt(second) == 0 && status_of(segment.id).shm_nattch == 0, "then by nobody");
                  require(::shmdt(second) == -1 && errno == EINVAL, "what is detached can't be detached");
                });
              }),
              IsProven());
}

TEST(Attachments, AreSeenByOthersInEachOrder) {
  std::set<unsigned long> seen;
  EXPECT_THAT(explore([&](Scenario& s) {
                auto& segment = s.keep<Segment>();
                s.thread("one who comes and goes", [&] { ::shmdt(segment.attach()); });
                s.thread("one who looks", [&] { seen.insert(status_of(segment.id).shm_nattch); });
              }),
              IsProven());
  EXPECT_THAT(seen, ElementsAre(0U, 1U));
}

explore::Result touching_segment(std::size_t size, std::size_t at, int detached) {
  return explore([=](Scenario& s) {
    auto& segment = s.keep<Segment>(size);
    s.thread("one", [=, &segment] {
      auto* const bytes = static_cast<volatile char*>(segment.attach());
      (void)segment.attach();
      for (int i = 0; i < detached; ++i) ::shmdt(const_cast<char*>(bytes));
      bytes[at] = 1;
    });
  });
}

TEST(Attachment, EndsWhereTheSegmentDoes) {
  EXPECT_THAT(touching_segment(100, 99, 0), IsProven());
  const auto result = touching_segment(100, 100, 0);
  EXPECT_THAT(result, FailsWith(Fault::kOutside));
  EXPECT_EQ(result.what, "one writes beyond the memory that is shared");
}

TEST(Attachment, IsThereUntilTheLastHasDetachedIt) {
  EXPECT_THAT(touching_segment(kPage, 0, 1), IsProven());
  EXPECT_THAT(touching_segment(kPage, 0, 2), FailsWith(Fault::kOutside));
}

TEST(Attachment, FailsAsTheSystemSays) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& segment = s.keep<Segment>();
                s.thread("careless", [&] {
                  require(is_refused(::shmat(-1, nullptr, 0), EINVAL), "there is no -1");
                  require(is_refused(::shmat(segment.id, reinterpret_cast<void*>(17), 0), EINVAL),
                          "an address is that of a page");
                  int local = 0;
                  require(::shmdt(&local) == -1 && errno == EINVAL, "only what is attached can be detached");
                  char* const bytes = static_cast<char*>(segment.attach());
                  require(::shmdt(bytes + 8) == -1 && errno == EINVAL, "and only by its beginning");
                });
              }),
              IsProven());
}

TEST(Attachment, ThatTheExplorerCannotFollowIsRefused) {
  const auto at_own_address = explore([](Scenario& s) {
    auto& segment = s.keep<Segment>();
    s.thread("one", [&] {
      void* const place = ::mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      ::munmap(place, kPage);
      (void)::shmat(segment.id, place, 0);
    });
  });
  EXPECT_THAT(at_own_address, FailsWith(Fault::kUnsupported));
  EXPECT_THAT(at_own_address.what, HasSubstr("address"));
  const auto large = explore([](Scenario& s) {
    auto& segment = s.keep<Segment>(17 * kPage);
    s.thread("one", [&] { (void)segment.attach(); });
  });
  EXPECT_THAT(large, FailsWith(Fault::kUnsupported));
  EXPECT_THAT(large.what, HasSubstr("64 KiB"));
  const auto grown = explore([](Scenario& s) {
    auto& segment = s.keep<Segment>();
    s.thread("one", [&] { (void)::mremap(segment.attach(), kPage, 2 * kPage, MREMAP_MAYMOVE); });
  });
  EXPECT_THAT(grown, FailsWith(Fault::kUnsupported));
  EXPECT_THAT(grown.what, HasSubstr("mremap"));
}

TEST(Removal, TakesEffectWhenTheLastHasDetached) {
  const key_t key = fresh_key();
  EXPECT_THAT(explore([key](Scenario& s) {
                s.thread("one", [key] {
                  const int id = ::shmget(key, kPage, IPC_CREAT | IPC_EXCL | 0600);
                  void* const first = ::shmat(id, nullptr, 0);
                  require(::shmctl(id, IPC_RMID, nullptr) == 0, "it can be marked");
                  require(::shmget(key, 0, 0) == -1 && errno == ENOENT, "its key is free at once");
                  require((status_of(id).shm_perm.mode & SHM_DEST) != 0, "it is marked");
                  void* const second = ::shmat(id, nullptr, 0);
                  require(second != reinterpret_cast<void*>(-1), "by its id it can be attached still");
                  ::shmdt(first);
                  ::shmdt(second);
                  require(is_refused(::shmat(id, nullptr, 0), EINVAL), "nobody had it, so it has gone");
                });
              }),
              IsProven());
}

TEST(Key, IsGivenToOneOfTwo) {
  const key_t key = fresh_key();
  EXPECT_THAT(explore([key](Scenario& s) {
                auto& makers = s.make<std::atomic<int>>(0);
                for (const char* name : {"left", "right"}) {
                  s.thread(name, [&makers, key] {
                    if (::shmget(key, kPage, IPC_CREAT | IPC_EXCL | 0600) != -1) {
                      makers.fetch_add(1);
                    } else {
                      require(errno == EEXIST, "who comes second hears it");
                    }
                  });
                }
                s.finally([&] { require(makers == 1, "one has made it"); });
              }),
              IsProven());
}

TEST(Key, IsLookedForInVainForATimeByWhoPolls) {
  const key_t key = fresh_key();
  EXPECT_THAT(explore([key](Scenario& s) {
                s.thread("maker", [key] { (void)::shmget(key, kPage, IPC_CREAT | IPC_EXCL | 0600); });
                s.thread("one who waits", [key] {
                  while (::shmget(key, 0, 0) == -1) {
                  }
                });
              }),
              IsProven());
}

TEST(Looks, ChangeNothingForEachOther) {
  const key_t key = fresh_key();
  explore::Effort effort;
  effort.strategy = explore::Strategy::kReduced;
  const auto result = explore(
      [key](Scenario& s) {
        (void)::shmget(key, kPage, IPC_CREAT | 0600);
        for (const char* name : {"left", "right"}) {
          s.thread(name, [key] { require(status_of(::shmget(key, 0, 0)).shm_segsz == kPage, "it is seen"); });
        }
      },
      effort);
  EXPECT_THAT(result, IsProven());
  EXPECT_EQ(result.executions, 1U);
}

// ---- What executions leave behind
// ------------------------------------------------------------------------------------

TEST(Segments, GoWithTheExecutionThatHasMadeThem) {
  const auto before = judge::detail::segments();
  const key_t key = fresh_key();
  bool is_new = true;
  explore::Effort effort;
  effort.strategy = explore::Strategy::kReduced;
  effort.executions = 500;
  const auto result = explore(
      [&](Scenario& s) {
        for (const char* name : {"one", "other", "third"}) {
          s.thread(name, [&] {
            const int id = ::shmget(key, kPage, IPC_CREAT | 0600);
            require(id != -1, "there is room");
            auto& count = *static_cast<std::atomic<int>*>(::shmat(id, nullptr, 0));
            (void)::shmat(::shmget(IPC_PRIVATE, kPage, 0600), nullptr, 0);
            is_new = is_new && count.fetch_add(1) < 3;
          });
        }
      },
      effort);
  EXPECT_EQ(result.fault, Fault::kNone) << result.what;
  EXPECT_GT(result.executions, 100U);
  EXPECT_TRUE(is_new) << "each execution begins anew";
  EXPECT_TRUE(judge::detail::segments_left_behind(before).empty());
}

TEST(Segments, OfSomebodyElseStay) {
  const key_t key = fresh_key();
  const int id = ::shmget(key, kPage, IPC_CREAT | 0600);
  EXPECT_THAT(explore([&](Scenario& s) {
                s.thread("one", [&] { require(::shmget(key, kPage, IPC_CREAT | 0600) == id, "it is there"); });
              }),
              IsProven());
  EXPECT_EQ(::shmget(key, 0, 0), id);
  EXPECT_EQ(::shmctl(id, IPC_RMID, nullptr), 0);
}

// ---- How a story tells of them
// ---------------------------------------------------------------------------------------

TEST(Segments, AreToldByNumbersAndErrorsByTheirNames) {
  const auto result = explore([](Scenario& s) {
    s.thread("one", [] {
      const key_t key = 0x510a2f01;
      const int id = ::shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
      (void)::shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
      (void)::shmget(IPC_PRIVATE, 200, 0600);
      void* const bytes = ::shmat(id, nullptr, SHM_RDONLY);
      (void)::shmat(-1, nullptr, 0);
      (void)::shmctl(id, IPC_RMID, nullptr);
      (void)status_of(id);
      ::shmdt(bytes);
      ::shmdt(bytes);
      require(false, "it is told");
    });
  });
  std::vector<std::string> told;
  for (const auto& step : result.steps) told.push_back(step.text);
  told.resize(9);
  EXPECT_THAT(told, ElementsAre("calls shmget(0x510a2f01, 100, IPC_CREAT|IPC_EXCL) → segment 1",
                                "calls shmget(0x510a2f01, 100, IPC_CREAT|IPC_EXCL) → EEXIST",
                                "calls shmget(IPC_PRIVATE, 200) → segment 2", "calls shmat(segment 1, SHM_RDONLY)",
                                "calls shmat(no segment) → EINVAL", "calls shmctl(segment 1, IPC_RMID)",
                                "calls shmctl(segment 1, IPC_STAT) → 1 attached, to be removed",
                                "calls shmdt(segment 1)", "calls shmdt(no segment) → EINVAL"));
}

}  // namespace
