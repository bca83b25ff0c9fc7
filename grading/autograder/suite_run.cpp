#include "suite_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>

#include "build.hpp"
#include "condense.hpp"
#include "process.hpp"
#include "record.hpp"
#include "report_json.hpp"
#include "shm/deadline.hpp"
#include "text.hpp"

namespace grading {
namespace {

std::string signal_in_our_terms(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV: an address that is mapped nowhere, or not for that access";
    case SIGBUS:
      return "SIGBUS: a page of a mapping that lies beyond the end of its object";
    case SIGABRT:
      return "SIGABRT: abort() or an exception that nobody caught";
    case SIGKILL:
      return "SIGKILL: it was killed from outside";
    default:
      return fmt::format("signal {}", signal);
  }
}

class SuiteRun {
 public:
  SuiteRun(const Course& course, const Rubric& rubric, const SuiteRequest& request)
      : course_{course}, rubric_{rubric}, request_{request}, open_{request.tests} {}

  SuiteResult all() {
    fs::remove_all(request_.results);
    fs::create_directories(request_.results);
    const auto budget = shm::Deadline::after(3 * limit());
    // Each round settles at least one test, or it is the last.
    while (!open_.empty() && !budget.passed() && one_process()) {
    }
    for (const std::string& test : open_) not_run(test);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::chrono::seconds limit() const { return rubric_.suite_seconds * slowdown(request_.checker); }

  // Whether it is worth going on with a further process for the tests that are still open.
  bool one_process() {
    running_.reset();
    finished_ = false;
    const std::size_t before = open_.size();
    const ProcessSpec spec{.argv = {(course_.root() / "common/testing/run-suite").string(), request_.checker,
                                    suite_of(course_, request_.checker, request_.key, rubric_.lab).string(),
                                    "--gtest_filter=" + joined(open_, ":")},
                           .directory = course_.root(),
                           .environment = {{"SEED", request_.seed},
                                           {"COLOR", "never"},
                                           {"LAB_NAME", rubric_.lab},
                                           {"GTEST_FILTER", ""},
                                           {"GTEST_SHUFFLE", ""},
                                           {"GTEST_REPEAT", ""},
                                           {"LC_ALL", "C.UTF-8"}},
                           .log = request_.results / "suite.log",
                           .time_limit = limit(),
                           .memory_limit = rubric_.memory_mib << 20,
                           .records = true};
    const ProcessEnd end = run_process(spec, [this](std::string_view line) { take(line); });
    if (running_) {
      died(end);
      return true;
    }
    // It came to its end, yet some tests were neither started nor ended: they do not exist.
    if (finished_) return blame_us(open_.empty() ? "" : "the suite has no test " + open_.front());
    if (open_.size() < before) return true;
    return blame_us(fmt::format("the suite could not be run ({}): {}", end.sentence(), last_words()));
  }

  bool blame_us(std::string why) {
    result_.our_fault = std::move(why);
    return false;
  }

  std::string last_words() const {
    const std::string log = read_head(request_.results / "suite.log", 65536);
    const auto lines = lines_of(log);
    return lines.empty() ? "it said nothing" : shortened(harmless(lines.back()), 300);
  }

  void take(std::string_view line) {
    Record record = parse_record(line);
    if (record.event == Record::Event::kFinished) finished_ = true;
    if (std::ranges::find(open_, record.result.test) == open_.end()) return;
    if (record.event == Record::Event::kStart) running_ = record.result.test;
    if (record.event == Record::Event::kEnd) settle(std::move(record));
  }

  void died(const ProcessEnd& end) {
    Record record;
    record.result.test = *running_;
    record.result.seconds = end.seconds;
    record.result.seed = request_.seed;
    record.result.outcome = end.how == End::kTimedOut ? Outcome::kTimedOut : Outcome::kCrashed;
    // bash and bwrap report a signal as 128 + its number.
    const int signal = end.how == End::kSignalled                  ? end.code
                       : end.how == End::kExited && end.code > 128 ? end.code - 128
                                                                   : 0;
    record.result.happened =
        "the suite itself died here: " + (signal != 0               ? signal_in_our_terms(signal)
                                          : end.how == End::kExited ? fmt::format("it left through exit({})", end.code)
                                                                    : end.sentence());
    settle(std::move(record));
  }

  void settle(Record record) {
    running_.reset();
    std::erase(open_, record.result.test);
    TestResult& result = record.result;
    result.checker = request_.checker;
    result.step = rubric_.step_of(result.test);
    result.findings = condense(record.finding, rubric_);
    if (result.outcome == Outcome::kTimedOut || result.outcome == Outcome::kCrashed) {
      std::ranges::copy(condense_stacks(record.stacks, rubric_), std::back_inserter(result.findings));
    }
    if (result.outcome == Outcome::kPassed) {
      result.why = result.expected = result.happened = result.message = result.story = result.output = "";
    } else if (result.outcome != Outcome::kNotStarted) {
      std::string name = result.test;
      std::ranges::replace(name, '/', '_');
      const fs::path log = request_.results / (name + ".log");
      write_file(log, story(record));
      result.log = log.lexically_relative(course_.root()).string();
      if (result.log.starts_with("..")) result.log = log.string();
    }
    result_.tests.push_back(std::move(result));
  }

  void not_run(const std::string& test) {
    TestResult result;
    result.test = test;
    result.checker = request_.checker;
    result.step = rubric_.step_of(test);
    if (!result_.our_fault.empty()) {
      result.happened = "not run: " + result_.our_fault;
    } else {
      result.outcome = Outcome::kTimedOut;
      result.happened = "its turn never came: the tests before it used up the time of the whole suite";
    }
    result_.tests.push_back(std::move(result));
  }

  const Course& course_;
  const Rubric& rubric_;
  const SuiteRequest& request_;
  std::vector<std::string> open_;  // not yet settled
  std::optional<std::string> running_;
  bool finished_ = false;
  SuiteResult result_;
};

}  // namespace

std::string encoded(const SuiteResult& result) {
  return nlohmann::json{{"tests", result.tests}, {"our_fault", result.our_fault}}.dump();
}

SuiteResult decoded_suite(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return {json.at("tests"), json.at("our_fault")};
}

int slowdown(const std::string& checker) {
  static const std::map<std::string, int> kFactors{{"unit", 1},  {"tsan", 3},    {"asan", 3}, {"memcheck", 10},
                                                   {"count", 2}, {"explore", 2}, {"crash", 2}};
  const auto found = kFactors.find(checker);
  return found == kFactors.end() ? 3 : found->second;
}

SuiteResult run_suite(const Course& course, const Rubric& rubric, const SuiteRequest& request) {
  return SuiteRun{course, rubric, request}.all();
}

}  // namespace grading
