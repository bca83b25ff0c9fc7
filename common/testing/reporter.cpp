#include "testing/reporter.hpp"

#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "testing/assertion.hpp"
#include "testing/board.hpp"
#include "testing/differences.hpp"
#include "testing/seed.hpp"
#include "testing/verdict.hpp"

namespace judge::detail {
namespace {

constexpr int kNoStep = std::numeric_limits<int>::max();  // predictions, too: nothing stands on them

std::string full_name(const ::testing::TestInfo& test) {
  return std::string{test.test_suite_name()} + "." + test.name();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

const char* verdict_of(Kind kind) {
  switch (kind) {
    case Kind::kNotStarted:
      return "not_started";
    case Kind::kSanitizer:
      return "sanitizer";
    case Kind::kTimedOut:
      return "timed_out";
    case Kind::kSignal:
    case Kind::kExited:
    case Kind::kDamaged:
      return "crashed";
    case Kind::kLeaked:
      return "leaked";
    case Kind::kThrew:
    case Kind::kReturned:
      break;
  }
  return "failed";
}

// A sanitizer's report for the screen: its headlines, and of each stack only what stands in the student's own files.
std::string digest(const std::string& finding) {
  std::vector<std::string> files;
  std::istringstream names{environment("LAB_FILES")};
  for (std::string name; names >> name;) files.push_back(name);
  if (files.empty()) return finding;
  std::istringstream lines{finding};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool is_frame = line.find("    #") != std::string::npos || line.find("   at 0x") != std::string::npos ||
                          line.find("   by 0x") != std::string::npos;
    const bool is_students = std::any_of(files.begin(), files.end(), [&line](const std::string& file) {
      return line.find("/" + file + ":") != std::string::npos || line.find("(" + file + ":") != std::string::npos;
    });
    const bool is_rule =
        line.find("=====") != std::string::npos || line.find_first_not_of(" =0123456789") == std::string::npos;
    if (is_students || (!is_frame && !is_rule)) text += line + "\n";
  }
  return text;
}

bool wants_colour() {
  const std::string wish = environment("COLOR");
  if (wish == "always") return true;
  return wish != "never" && environment("NO_COLOR").empty() && ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace

Reporter::Reporter() : colour_{wants_colour()}, first_to_mend_{kNoStep, ""} {
  // The judge's own board: a step called outside any subject is a mistake of the test's, but "not started" all the
  // same.
  void* address =
      ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  current_board = static_cast<Board*>(address);
}

void Reporter::OnTestStart(const ::testing::TestInfo& test) {
  writer_.start(full_name(test));
  notes() = {};
  messages_.clear();
  current_board->not_started.store(0);
  start_random_numbers_for(full_name(test));
  objects_ = object_names();
  segments_ = segments();
  descriptors_ = open_descriptors();
}

void Reporter::OnTestPartResult(const ::testing::TestPartResult& part) {
  if (part.failed()) messages_.emplace_back(part.message());
}

void Reporter::look_for_things_left_behind() {
  auto& faults = notes().faults;
  for (const auto& stray : end_stray_processes(0)) faults.push_back("left behind: " + stray);
  for (const auto& name : object_names()) {
    if (objects_.contains(name)) continue;
    faults.push_back("left behind: the object /dev/shm/" + name);
    ::shm_unlink(("/" + name).c_str());
  }
  for (const auto& [id, segment] : segments_left_behind(segments_)) {
    faults.push_back("left behind: " + in_words(segment));
    ::shmctl(id, IPC_RMID, nullptr);
  }
  for (const auto& [fd, target] : open_descriptors()) {
    if (!descriptors_.contains(fd))
      faults.push_back("the test left descriptor " + std::to_string(fd) + " open: " + target);
  }
  if (notes().any_outcome_unseen) faults.emplace_back("the test ended without looking at the outcome of a subject");
}

std::string Reporter::verdict() const {
  if (was_not_started(*current_board, token)) return "not_started";
  const auto& endings = notes().endings;
  const auto has = [&](Kind kind) {
    return std::any_of(endings.begin(), endings.end(), [kind](const Ending& ending) { return ending.kind == kind; });
  };
  // Not started, whatever the assertions made of it: an EXPECT_THROW must not turn an unsolved step into a pass.
  if (has(Kind::kNotStarted)) return "not_started";
  if (messages_.empty() && notes().faults.empty()) return "passed";
  if (has(Kind::kSanitizer)) return "sanitizer";
  // Peers depend on each other: when one crashed, the others' time-outs are only the consequence.
  for (const Kind kind : {Kind::kSignal, Kind::kExited, Kind::kDamaged, Kind::kTimedOut, Kind::kLeaked}) {
    if (has(kind) && std::any_of(messages_.begin(), messages_.end(), [&](const std::string& message) {
          return std::any_of(endings.begin(), endings.end(), [&](const Ending& ending) {
            return ending.kind == kind && message.find(ending.sentence()) != std::string::npos;
          });
        })) {
      return verdict_of(kind);
    }
  }
  if (messages_.empty()) return "leaked";
  return "failed";
}

void Reporter::fill_from_endings(Record& record) const {
  for (const auto& ending : notes().endings) {
    if (ending.kind == Kind::kNotStarted && record.not_started.empty()) record.not_started = ending.step;
    if (record.stacks.empty()) record.stacks = ending.stacks;
    if (record.finding.empty()) record.finding = ending.finding;
    if (record.outcome != "passed") record.output += ending.output;
  }
  if (record.not_started.empty() && record.outcome == "not_started") record.not_started = current_board->step;
}

void Reporter::OnTestEnd(const ::testing::TestInfo& test) {
  look_for_things_left_behind();
  Record record;
  record.test = full_name(test);
  record.step = notes().step;
  record.why = notes().why;
  record.seconds = static_cast<double>(test.result()->elapsed_time()) / 1000.0;
  record.outcome = verdict();
  if (!messages_.empty()) {
    auto [expected, happened] = detail::sides_of(messages_.front());
    record.expected = std::move(expected);
    record.happened = std::move(happened);
  }
  for (const auto& message : messages_) record.message += message + "\n";
  for (const auto& fault : notes().faults) {
    record.message += fault + "\n";
    record.happened += (record.happened.empty() ? "" : "\n") + fault;
  }
  cut_to_what_differs(record.expected, record.happened);
  if (record.outcome == "not_started") record.expected = record.happened = record.message = "";
  fill_from_endings(record);
  if (record.outcome != "passed" && !notes().stories.empty()) {
    record.story = told(notes().stories.front());
    for (const Story& story : notes().stories) stories_.add(story, record.test);
  }
  writer_.end(record);
  print(record);
}

std::string Reporter::paint(const char* code, const std::string& text) const {
  return colour_ ? "\033[" + std::string{code} + "m" + text + "\033[0m" : text;
}

void Reporter::print_field(const char* name, const std::string& text) const {
  if (text.empty()) return;
  std::istringstream lines{text};
  const char* heading = name;
  for (std::string line; std::getline(lines, line); heading = "") {
    std::printf("    %s %s\n",
                paint("2", std::string{heading} + std::string(9 - std::string{heading}.size(), ' ')).c_str(),
                line.c_str());
  }
}

// As wide as it is, so without a heading beside it.
void Reporter::print_story(const std::string& story) {
  std::istringstream lines{story};
  for (std::string line; std::getline(lines, line);) std::printf("    %s\n", line.c_str());
}

void Reporter::print(const Record& record) {
  if (record.outcome == "passed") {
    ++passed_;
    std::printf("  %s %s\n", paint("32", "✓").c_str(), record.test.c_str());
  } else if (record.outcome == "not_started") {
    ++not_started_;
    unstarted_steps_.insert(record.not_started);
  } else {
    ++failed_;
    first_to_mend_ = std::min(first_to_mend_, std::pair{record.step > 0 ? record.step : kNoStep, record.test});
    const std::string lab = environment("LAB_NAME");
    const std::string step = record.step < 0 ? "" : "step " + std::to_string(record.step);
    std::printf("\n  %s %s  %s\n", paint("31", "✗").c_str(), paint("1", record.test).c_str(), paint("2", step).c_str());
    print_field("expected", record.expected);
    print_field("happened", record.happened);
    print_story(record.story);
    print_field("where", record.stacks);
    print_field("report", digest(record.finding));
    if (record.output != record.finding) print_field("printed", record.output);
    print_field("why", record.why);
    if (!lab.empty()) {
      if (!step.empty()) print_field("read", "labs/" + lab + "/README.md, " + step);
      const std::string checker = environment("CHECKER");
      print_field("repeat", "make check LAB=" + lab.substr(0, lab.find('-')) + " TEST=" + record.test +
                                (checker.empty() || checker == "unit" ? "" : " CHECKER=" + checker) +
                                environment("LAB_SUBMISSION") + " SEED=" + std::to_string(seed()));
      if (!notes().stories.empty() && !notes().stories.front().schedule.empty()) {
        print_field("replay", "make explore LAB=" + lab.substr(0, lab.find('-')) + " TEST=" + record.test +
                                  environment("LAB_SUBMISSION") + " SCHEDULE=" + notes().stories.front().schedule);
      }
    } else {
      print_field("repeat", "SEED=" + std::to_string(seed()) + " --gtest_filter=" + record.test);
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

void Reporter::OnTestProgramEnd(const ::testing::UnitTest& program) {
  writer_.finished(program.test_to_run_count());
  for (const std::string& step : unstarted_steps_)
    std::printf("  %s not started: %s\n", paint("33", "○").c_str(), step.c_str());
  std::printf("  %s\n", paint("2", std::to_string(passed_) + " passed, " + std::to_string(failed_) + " failed, " +
                                       std::to_string(not_started_) + " not started")
                            .c_str());
  // Later steps stand on the earlier ones, so their failures may be but a consequence.
  if (failed_ > 1 && first_to_mend_.first != kNoStep)
    std::printf("  begin with step %d: %s\n", first_to_mend_.first, first_to_mend_.second.c_str());
  std::fflush(stdout);
}

}  // namespace judge::detail
