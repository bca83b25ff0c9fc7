#include "autograder/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograder/process_tree.hpp"
#include "autograder/worker.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using grading::End;
using grading::ProcessEnd;
using grading::ProcessSpec;
using grading::run_process;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ProcessSpec shell(const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"/bin/bash", "-c", script};
  return spec;
}

TEST(RunProcess, ReportsExitStatusAndSignal) {
  EXPECT_EQ(run_process(shell("exit 3")).code, 3);
  const ProcessEnd killed = run_process(shell("kill -9 $$"));
  EXPECT_EQ(killed.how, End::kSignalled);
  EXPECT_EQ(killed.code, 9);
}

TEST(RunProcess, ThrowsWhenThereIsNoSuchProgram) {
  ProcessSpec spec;
  spec.argv = {"/no/such/program"};
  EXPECT_THROW(run_process(spec), std::system_error);
}

TEST(RunProcess, EndsWhatTakesTooLongWithItsWholeTree) {
  ProcessSpec spec = shell("setsid sleep 1000 & (setsid bash -c 'trap \"\" TERM; sleep 1000' &) ; sleep 1000");
  spec.time_limit = std::chrono::milliseconds{300};

  const ProcessEnd end = run_process(spec);

  EXPECT_EQ(end.how, End::kTimedOut);
  EXPECT_THAT(grading::descendants(), IsEmpty());
}

TEST(RunProcess, EndsOrphansOfAProcessThatEndedWell) {
  EXPECT_TRUE(run_process(shell("(setsid sleep 1000 &) ; exit 0")).succeeded());
  EXPECT_THAT(grading::descendants(), IsEmpty());
}

// Never more than a few processes at a time, but each is gone before anybody has looked at it.
TEST(RunProcess, EndsOneThatForksFasterThanWeLook) {
  ProcessSpec spec = shell("f() { f & }; f; sleep 1000");
  spec.time_limit = std::chrono::milliseconds{300};

  EXPECT_EQ(run_process(spec).how, End::kTimedOut);
  EXPECT_THAT(grading::descendants(), IsEmpty());
}

TEST(RunProcess, EndsWhatStartsTooManyProcesses) {
  ProcessSpec spec = shell("for i in {1..40}; do sleep 1000 & done; wait");
  spec.process_limit = 20;

  EXPECT_EQ(run_process(spec).how, End::kTooManyProcesses);
  EXPECT_THAT(grading::descendants(), IsEmpty());
}

TEST(RunProcess, EndsWhatHoldsTooMuchMemory) {
  ProcessSpec spec = shell("tail /dev/zero");
  spec.memory_limit = std::size_t{100} << 20;
  EXPECT_EQ(run_process(spec).how, End::kOutOfMemory);
}

TEST(RunProcess, EndsWhatPrintsWithoutEndAndKeepsTheBeginning) {
  const TemporaryFolder folder;
  ProcessSpec spec = shell("yes");
  spec.log = folder.path() / "log";
  spec.log_limit = 1000;
  spec.output_limit = 1 << 20;

  EXPECT_EQ(run_process(spec).how, End::kTooMuchOutput);
  EXPECT_LT(fs::file_size(spec.log), 1100U);
}

TEST(RunProcess, GivesRecordsLineByLine) {
  ProcessSpec spec = shell("echo one >&$RECORD_FD; printf 'two\\nhalf' >&$RECORD_FD");
  spec.records = true;
  std::vector<std::string> lines;

  run_process(spec, [&](std::string_view line) { lines.emplace_back(line); });

  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST(RunProcess, PassesOnNoDescriptorOfOurs) {
  const TemporaryFolder folder;
  ProcessSpec spec = shell("ls /proc/self/fd | tr '\\n' ' '");
  spec.log = folder.path() / "log";

  run_process(spec);

  EXPECT_EQ(read(spec.log), "0 1 2 3 ");  // 3 is that of ls itself
}

TEST(RunSideBySide, GivesTheAnswersInOrder) {
  const auto ends = grading::run_side_by_side({[] { return std::string{"a"}; }, [] { return std::string{"b"}; }}, 2);
  EXPECT_EQ(ends[0].value, "a");
  EXPECT_EQ(ends[1].value, "b");
}

TEST(RunSideBySide, SurvivesATaskThatCrashesOrThrows) {
  const auto ends = grading::run_side_by_side(
      {[]() -> std::string { std::abort(); }, []() -> std::string { throw std::runtime_error{"no luck"}; },
       [] { return std::string{"fine"}; }},
      2);
  EXPECT_EQ(ends[0].error, "a part of the grader was killed: Aborted");
  EXPECT_EQ(ends[1].error, "no luck");
  EXPECT_EQ(ends[2].value, "fine");
}

}  // namespace
}  // namespace grading_test
