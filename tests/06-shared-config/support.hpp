#pragma once

#include <gmock/gmock.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "config_memory.hpp"
#include "testing/deadlines.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/memory.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"
#include "testing/watched.hpp"

/// Shared by the suites that watch processes, and end them.
namespace lab06 {

/// The call gave up at its deadline.
MATCHER(TimesOut, "it throws ETIMEDOUT (which is 1000001 here)") {
  return arg.kind == judge::Kind::kReturned && arg.value == kTimedOut;
}

/// A process that reads by visit(), and stays in there until it is told to go, or is killed.
class Reader {
 public:
  explicit Reader(const judge::SharedMemory& memory)
      : reader_{judge::start(
            [this, &memory] {
              const judge::ArrivesAtTheEnd anyway{is_in_};
              const RwPeer peer{memory};
              watched_.here();
              peer.config.visit(
                  [&](std::span<const lab::Word>, lab::Version) {
                    is_in_.arrive();
                    static_cast<void>(may_go_.try_await(1));
                  },
                  judge::far_away());
            },
            {.name = "a reader"})} {
    static_cast<void>(is_in_.try_await(1));
  }
  [[nodiscard]] auto go() {
    may_go_.arrive();
    return reader_.outcome();
  }
  [[nodiscard]] auto die() {
    watched_.kill();
    return reader_.outcome();
  }

 private:
  judge::Watched watched_;
  judge::Rendezvous is_in_;
  judge::Rendezvous may_go_;
  judge::Subject<judge::Unit> reader_;
};

}  // namespace lab06
