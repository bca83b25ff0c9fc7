// Read-write locks, and which side waits for which.

#include <gtest/gtest.h>
#include <pthread.h>

#include <mutex>
#include <shared_mutex>

#include "explored.hpp"

namespace {

using explore::explore;
using explore::Fault;
using explore::require;
using explore::Scenario;

TEST(SharedMutex, LetsReadersIn) {
  EXPECT_THAT(explore([](Scenario& s) {
                struct State {
                  std::shared_mutex mutex;
                  int value = 0;
                };
                auto& state = s.make<State>();
                for (const char* name : {"reader", "other reader"}) {
                  s.thread(name, [&] {
                    const std::shared_lock guard{state.mutex};
                    require(state.value % 2 == 0, "nobody sees it half written");
                  });
                }
                s.thread("writer", [&] {
                  const std::unique_lock guard{state.mutex};
                  ++state.value;
                  ++state.value;
                });
              }),
              IsProven());
}

struct Guarded {
  Guarded() {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    ::pthread_rwlock_init(&lock, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  pthread_rwlock_t lock;
  int value = 0;
};

TEST(WriterPreference, BeginsWhenTheWriterHasCome) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& guarded = s.make<Guarded>();
                s.thread("reader", [&] {
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  require(guarded.value % 2 == 0, "nobody sees it half written");
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.thread("writer", [&] {
                  ++guarded.value;  // before the lock
                  ::pthread_rwlock_wrlock(&guarded.lock);
                  ++guarded.value;
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
              }),
              FailsWith(Fault::kRace));
}

TEST(WriterPreference, KeepsReadersOutWhileAWriterWaits) {
  EXPECT_THAT(explore([](Scenario& s) {
                auto& guarded = s.make<Guarded>();
                auto& written = s.keep<bool>(false);
                s.thread("reader", [&] {
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  ::pthread_rwlock_unlock(&guarded.lock);
                  ::pthread_rwlock_rdlock(&guarded.lock);
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.thread("writer", [&] {
                  ::pthread_rwlock_wrlock(&guarded.lock);
                  written = true;
                  ::pthread_rwlock_unlock(&guarded.lock);
                });
                s.finally([&] { require(written, "the writer gets in"); });
              }),
              IsProven());
}

}  // namespace
