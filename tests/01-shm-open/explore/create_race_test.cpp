#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstring>

#include "explore/scenario.hpp"
#include "shm_object.hpp"
#include "testing/explored.hpp"
#include "testing/fresh_name.hpp"
#include "testing/lesson.hpp"

namespace {

using explore::Scenario;
using judge::EndsWell;
using judge::explored;

shm::Deadline far_away() { return shm::Deadline::after(std::chrono::hours{1}); }

/// The name is free at the start of each execution, whatever the one before has left.
class FreeName {
 public:
  explicit FreeName(const judge::FreshName& name) : name_{name} { ::shm_unlink(name_.c_str()); }
  FreeName(const FreeName&) = delete;
  FreeName& operator=(const FreeName&) = delete;
  ~FreeName() { ::shm_unlink(name_.c_str()); }

 private:
  const judge::FreshName& name_;
};

struct Notes {
  int initialised = 0;
};

void come(const judge::FreshName& name, Notes& notes) {
  const lab::Region region = lab::create_or_attach(
      name.str(), sizeof(std::uint64_t), 0600,
      [&notes](lab::Region& fresh) {
        ++notes.initialised;
        const std::uint64_t word = 7;
        std::memcpy(fresh.payload().data(), &word, sizeof word);
      },
      far_away());
  std::uint64_t word = 0;
  std::memcpy(&word, region.payload().data(), sizeof word);
  explore::require(word == 7, "nobody gets in before it is initialised");
}

TEST(CreateRace, HasOneWinnerInEveryOrder) {
  judge::lesson(7, "Between your look and your deed another may do anything: only O_EXCL looks and acts in one.");
  const judge::FreshName name;
  EXPECT_THAT(explored(
                  [&](Scenario& s) {
                    s.keep<FreeName>(name);
                    auto& notes = s.keep<Notes>();
                    s.thread("the one", [&] { come(name, notes); });
                    s.thread("the other", [&] { come(name, notes); });
                    s.finally([&] { explore::require(notes.initialised == 1, "it is initialised once"); });
                  },
                  {.executions = 10'000}),
              EndsWell());
}

}  // namespace
