// What a scenario or a sweep that goes wrong leaves in the record, on the page of stories and on the screen.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "place.hpp"
#include "shm/child.hpp"
#include "shm/unique_fd.hpp"
#include "testing/crash.hpp"
#include "testing/explored.hpp"
#include "testing/file_text.hpp"

namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Letter {
  int value = 0;
  std::atomic<int> flag{0};
};

judge::Outcome<judge::Exploration> explore_mail(std::memory_order publish) {
  return judge::explored([=](explore::Scenario& s) {
    auto& mail = s.make<Letter>();
    s.thread("sender", [&mail, publish] {
      mail.value = 42;
      mail.flag.store(1, publish);
    });
    s.thread("receiver", [&mail] {
      if (mail.flag.load(std::memory_order_acquire) == 1) explore::require(mail.value == 42, "it has arrived");
    });
  });
}

judge::Outcome<judge::CrashSweep> sweep_mail() {
  Place<Letter> place;
  return judge::crash_sweep({.prepare = [&] { place.make_anew(); },
                             .victim =
                                 [&] {
                                   place->flag.store(1);
                                   place->value = 42;
                                 },
                             .survivor =
                                 [&] {
                                   const bool is_whole = place->flag.load() == 0 || place->value == 42;
                                   explore::require(is_whole, "it has arrived");
                                 }});
}

// These go wrong; they are run by the tests below alone.
TEST(DISABLED_Wrong, Race) { EXPECT_THAT(explore_mail(std::memory_order_relaxed), judge::IsProven()); }
TEST(DISABLED_Wrong, Nothing) { EXPECT_THAT(explore_mail(std::memory_order_release), judge::IsProven()); }
TEST(DISABLED_Wrong, Death) { EXPECT_THAT(sweep_mail(), judge::IsSurvived()); }

struct Said {
  nlohmann::json record;
  std::string page;
  std::string screen;
};

// This very program, with one of the tests above.
Said said_of(const std::string& test, const std::string& schedule = "") {
  const shm::UniqueFd records{::memfd_create("records", 0)};
  const shm::UniqueFd page{::memfd_create("page", 0)};
  const shm::UniqueFd screen{::memfd_create("screen", 0)};
  const std::string filter = "--gtest_filter=DISABLED_Wrong." + test;
  auto child = shm::Child::run([&] {
    ::setenv("RECORD_FD", std::to_string(records.get()).c_str(), 1);
    ::setenv("STORY_FD", std::to_string(page.get()).c_str(), 1);
    ::setenv("LAB_NAME", "07-spsc-ring", 1);
    if (!schedule.empty()) ::setenv("SCHEDULE", schedule.c_str(), 1);
    ::dup2(screen.get(), STDOUT_FILENO);
    ::execl("/proc/self/exe", "suite", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
    return 127;
  });
  EXPECT_TRUE(child.wait(shm::Deadline::after(std::chrono::seconds{60})));
  constexpr std::size_t kMost = std::size_t{1} << 20;
  Said said{{}, judge::detail::text_of(page.get(), kMost), judge::detail::text_of(screen.get(), kMost)};
  std::istringstream lines{judge::detail::text_of(records.get(), kMost)};
  for (std::string line; std::getline(lines, line);) {
    auto record = nlohmann::json::parse(line);
    if (record.at("event") == "end") said.record = std::move(record);
  }
  return said;
}

TEST(Record, HoldsTheStoryOfARace) {
  const Said said = said_of("Race");
  EXPECT_EQ(said.record.at("outcome"), "failed");
  const std::string story = said.record.at("story");
  EXPECT_THAT(story, AllOf(HasSubstr("sender"), HasSubstr("receiver"), HasSubstr("is no release"),
                           HasSubstr("mail.value = 42;"), HasSubstr("a data race")));
  EXPECT_THAT(std::string{said.record.at("happened")}, HasSubstr("execution that was tried: a data race"));
}

TEST(Record, HoldsTheStoryOfADeath) {
  const Said said = said_of("Death");
  EXPECT_EQ(said.record.at("outcome"), "failed");
  EXPECT_THAT(std::string{said.record.at("story")},
              AllOf(HasSubstr("the victim"), HasSubstr("dies before it does this"), HasSubstr("place->value == 42"),
                    HasSubstr("it does not hold that it has arrived")));
}

TEST(Record, HoldsNoStoryOfWhatIsProven) {
  const Said said = said_of("Nothing");
  EXPECT_EQ(said.record.at("outcome"), "passed");
  EXPECT_EQ(said.record.at("story"), "");
  EXPECT_THAT(said.page, IsEmpty());
}

TEST(Page, HoldsTheStory) {
  for (const char* test : {"Race", "Death"}) {
    const Said said = said_of(test);
    EXPECT_THAT(said.page, AllOf(HasSubstr("07-spsc-ring: what went wrong"), HasSubstr("<svg"), HasSubstr(test),
                                 HasSubstr("</html>")));
  }
}

TEST(Screen, ShowsTheStoryAndHowToReplayIt) {
  const Said said = said_of("Race");
  EXPECT_THAT(said.screen, HasSubstr("mail.value = 42;"));
  EXPECT_THAT(said.screen, ContainsRegex("make explore LAB=07 TEST=DISABLED_Wrong.Race SCHEDULE=[0-9a-z]+"));
}

TEST(Screen, NamesAScheduleThatRepeatsWhatWentWrong) {
  const std::string screen = said_of("Race").screen;
  const auto at = screen.find("SCHEDULE=") + std::string{"SCHEDULE="}.size();
  const Said again = said_of("Race", screen.substr(at, screen.find_first_of(" \n", at) - at));
  EXPECT_EQ(again.record.at("outcome"), "failed");
  EXPECT_THAT(std::string{again.record.at("story")}, HasSubstr("is no release"));
}

}  // namespace
