#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "config_memory.hpp"
#include "testing/gate.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/rendezvous.hpp"
#include "testing/seed.hpp"
#include "testing/shared.hpp"
#include "testing/subject.hpp"

/// Shared by the suites that watch processes, and end them.
namespace lab06 {

/// A process that others watch from outside, without its help: make it in the judge, let it say `here()`.
class Watched {
 public:
  void here() const { pid_->store(::getpid(), std::memory_order_release); }
  /// Waits until it has said so and then sleeps, in a call of the system; not for ever.
  void await_sleep() const;
  void kill() const;

 private:
  judge::Shared<std::atomic<pid_t>> pid_;
};

/// Arrives at the end of its life, so that nobody waits for one who had to give up.
struct Arriving {
  explicit Arriving(judge::Rendezvous& at) : rendezvous{at} {}
  Arriving(const Arriving&) = delete;
  Arriving& operator=(const Arriving&) = delete;
  ~Arriving() { rendezvous.arrive(); }

  judge::Rendezvous& rendezvous;
};

/// A process that reads by visit(), and stays in there until it is told to go, or is killed.
class Reader {
 public:
  explicit Reader(const SharedMemory& memory)
      : reader_{judge::start(
            [this, &memory] {
              const Arriving anyway{is_in_};
              const RwPeer peer{memory};
              watched_.here();
              peer.config.visit(
                  [&](std::span<const lab::Word>, lab::Version) {
                    is_in_.arrive();
                    static_cast<void>(may_go_.try_await(1));
                  },
                  far_away());
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
  Watched watched_;
  judge::Rendezvous is_in_;
  judge::Rendezvous may_go_;
  judge::Subject<judge::Unit> reader_;
};

/// `plenty` under a fast checker, less under a slow one.
[[nodiscard]] inline std::uint64_t as_many_as_suits(std::uint64_t plenty) {
  const auto scale = judge::patience(std::chrono::seconds{1}) / std::chrono::milliseconds{1};
  return plenty * 1000 / static_cast<std::uint64_t>(scale < 1000 ? 1000 : scale);
}

}  // namespace lab06
