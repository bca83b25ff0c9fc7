#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

#include "support.hpp"
#include "testing/shared.hpp"

/// Those who create or attach.
namespace lab09 {

using Count = judge::Shared<std::atomic<int>>;

/// The usual caller: counts the initialisations, fills the payload, returns what it finds in there.
inline std::string come(const FreshPlace& fresh, Count& initialised, shm::Deadline deadline) {
  const lab::Segment segment = lab::create_or_attach(
      fresh.place(), contents(5), 0600,
      [&](lab::Segment& made) {
        initialised->fetch_add(1);
        write_text(made, "ready");
      },
      deadline);
  return read_text(segment, 5);
}

/// One who stands in its initialiser until `go`, and gives up there or finishes.
inline std::string linger(const FreshPlace& fresh, judge::Rendezvous& inside, judge::Rendezvous& go, bool give_up) {
  const judge::ArrivesAtTheEnd without_initialising{inside};
  const lab::Segment segment = lab::create_or_attach(
      fresh.place(), contents(5), 0600,
      [&](lab::Segment& made) {
        inside.arrive();
        go.await(1);
        if (give_up) throw std::runtime_error{"no data"};
        write_text(made, "ready");
      },
      judge::far_away());
  return read_text(segment, 5);
}

}  // namespace lab09
