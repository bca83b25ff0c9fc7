#include "autograder/condense.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograder/frames.hpp"
#include "fake_course.hpp"

// The samples are real reports of g++ 12's sanitizers and of valgrind 3.19.
namespace grading_test {
namespace {

using grading::condense;
using grading::condense_stacks;
using grading::Rubric;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Rubric rubric() {
  Rubric rubric;
  rubric.files = {"spsc_ring.hpp", "shm_object.cpp"};
  return rubric;
}

std::vector<std::string> condensed(const std::string& sample) {
  const fs::path file = fs::path{__FILE__}.parent_path() / "samples" / (sample + ".log");
  const std::string report = read(file);
  EXPECT_FALSE(report.empty()) << file;
  return condense(report, rubric());
}

TEST(CondenseTsan, NamesBothSidesOfEachRace) {
  EXPECT_THAT(condensed("tsan_race"),
              ElementsAre("race: read at spsc_ring.hpp:17 (try_pop), write at spsc_ring.hpp:10 (try_push)",
                          "race: read at spsc_ring.hpp:17 (try_pop), write at spsc_ring.hpp:11 (try_push)"));
}

TEST(CondenseTsan, CallsNamedThreadsByTheirNames) {
  EXPECT_THAT(
      condensed("tsan_named").front(),
      "race: read at spsc_ring.hpp:17 (try_pop) by the consumer, write at spsc_ring.hpp:10 (try_push) by the producer");
}

TEST(CondenseAsan, OverflowWithWhereTheMemoryIsFrom) {
  EXPECT_THAT(condensed("asan_overflow"),
              ElementsAre("heap-buffer-overflow: write of 1 byte at shm_object.cpp:10 (overflow), "
                          "the memory was allocated at shm_object.cpp:9 (create)"));
}

TEST(CondenseAsan, UseAfterFreeWithWhereItWasFreed) {
  EXPECT_THAT(condensed("asan_uaf"),
              ElementsAre("heap-use-after-free: write of 1 byte at shm_object.cpp:11 (use_after), "
                          "freed at shm_object.cpp:11 (use_after)"));
}

TEST(CondenseAsan, DoubleFree) {
  EXPECT_THAT(condensed("asan_twice"),
              ElementsAre("double-free: at shm_object.cpp:15 (twice), freed at shm_object.cpp:15 (twice)"));
}

TEST(CondenseAsan, Crashes) {
  EXPECT_THAT(condensed("asan_segv"), ElementsAre("SEGV: read at shm_object.cpp:13 (peek)"));
  EXPECT_THAT(condensed("asan_bus"), ElementsAre("BUS: write at shm_object.cpp:10 (overflow)"));
}

TEST(CondenseAsan, Leaks) {
  EXPECT_THAT(condensed("asan_leak"), ElementsAre("leak: 20 bytes allocated at shm_object.cpp:9 (create)",
                                                  "leak: 10 bytes allocated at shm_object.cpp:9 (create)"));
}

TEST(CondenseUbsan, UndefinedBehaviour) {
  EXPECT_THAT(condensed("asan_ub"),
              ElementsAre("undefined behaviour at shm_object.cpp:12 (grow): signed integer overflow: 2 + "
                          "2147483647 cannot be represented in type 'int'"));
}

TEST(CondenseMemcheck, InvalidAccess) {
  EXPECT_THAT(condensed("memcheck_overflow"),
              ElementsAre("invalid write of 1 byte at shm_object.cpp:10 (overflow), 0 bytes after "
                          "a block of 10 bytes allocated at shm_object.cpp:20 (main)"));
  EXPECT_THAT(condensed("memcheck_uaf"), ElementsAre("invalid write of 1 byte at shm_object.cpp:11 (use_after), "
                                                     "in memory freed at shm_object.cpp:11 (use_after)"));
}

TEST(CondenseMemcheck, UninitialisedValues) {
  EXPECT_THAT(condensed("memcheck_uninit"),
              ElementsAre("uninitialised value decides a branch at shm_object.cpp:25 (main)"));
  EXPECT_THAT(condensed("memcheck_syscall"),
              ElementsAre("uninitialised bytes given to write(buf) at shm_object.cpp:30 (main)"));
}

TEST(CondenseMemcheck, LeaksOfMemoryAndDescriptors) {
  EXPECT_THAT(condensed("memcheck_leak"), ElementsAre("leak: 10 bytes allocated at shm_object.cpp:22 (main)",
                                                      "leak: 20 bytes allocated at shm_object.cpp:22 (main)"));
  EXPECT_THAT(condensed("memcheck_fd"), ElementsAre("descriptor 3 left open at shm_object.cpp:28 (main)"));
}

TEST(CondenseMemcheck, FreedTwice) {
  EXPECT_THAT(condensed("memcheck_twice"), ElementsAre("freed twice, or never allocated, at shm_object.cpp:26 (main), "
                                                       "in memory freed at shm_object.cpp:15 (twice)"));
}

TEST(CondenseMemcheck, Crashes) {
  EXPECT_THAT(condensed("memcheck_segv"), ElementsAre("invalid read of 4 bytes at shm_object.cpp:24 (main)",
                                                      "crash: SIGSEGV at shm_object.cpp:24 (main)"));
}

TEST(Condense, SaysNothingAboutNothing) { EXPECT_THAT(condense("", rubric()), IsEmpty()); }

TEST(Condense, NeverDropsAReportThatItCannotRead) {
  EXPECT_THAT(condense("something went wrong", rubric()), ElementsAre("a finding at no line of yours; see the log"));
}

TEST(Condense, StandsLinesWithoutEnd) {
  EXPECT_THAT(condense("    #0 " + std::string(5'000'000, '(') + "\n", rubric()),
              ElementsAre("a finding at no line of yours; see the log"));
}

TEST(CondenseStacks, ShowsTheStudentsInnermostLineOfEachThread) {
  EXPECT_THAT(
      condense_stacks("thread 12 of process 12 stood in\n  pthread_mutex_lock (pthread_mutex_lock.c:88)\n"
                      "  lab::attach (shm_object.cpp:42)\n  lab::create (shm_object.cpp:9)\n"
                      "thread 13 of process 12 stood in\n  lab::try_pop (spsc_ring.hpp:7)\n",
                      rubric()),
      ElementsAre("thread 12 stood at shm_object.cpp:42 (attach)", "thread 13 stood at spsc_ring.hpp:7 (try_pop)"));
}

TEST(ShortFunction, DropsNamespacesArgumentsAndTemplates) {
  EXPECT_EQ(grading::short_function("lab::Ring<long>::try_push(long const&)"), "try_push");
  EXPECT_EQ(grading::short_function("bool lab::Ring<std::pair<int, long> >::try_pop<int>(int&)"), "try_pop");
  EXPECT_EQ(grading::short_function("lab::create(int)::{lambda()#1}::operator()() const"), "create");
  EXPECT_EQ(grading::short_function("main"), "main");
}

}  // namespace
}  // namespace grading_test
