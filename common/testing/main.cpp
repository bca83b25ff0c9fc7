// The main function of every suite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "shm/not_implemented.hpp"
#include "testing/board.hpp"
#include "testing/checker_of.hpp"
#include "testing/child_side.hpp"
#include "testing/reporter.hpp"

namespace {

void note_step(const char* step) noexcept {
  judge::detail::Board* board = judge::detail::current_board;
  std::strncpy(board->step, step, sizeof board->step - 1);
  board->not_started.store(judge::detail::token);
}

// count, explore and crash share one build, so one program holds the tests of all three.
void leave_out_tests_of_other_checkers() {
  const char* checker = std::getenv("CHECKER");
  if (checker == nullptr) return;
  std::string others;
  const auto& program = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const auto& suite = *program.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const auto& test = *suite.GetTestInfo(j);
      const std::string only_for = judge::detail::checker_of(test.file());
      if (only_for.empty() || only_for == checker) continue;
      others += (others.empty() ? "" : ":") + (std::string{suite.name()} + "." + test.name());
    }
  }
  if (others.empty()) return;
  const std::string wanted = GTEST_FLAG_GET(filter);
  GTEST_FLAG_SET(filter, wanted + (wanted.find('-') == std::string::npos ? "-" : ":") + others);
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  if (argc > 1) {
    std::fprintf(stderr, "%s: unknown argument %s; it takes GoogleTest's options, see --help\n", argv[0], argv[1]);
    return 2;
  }
  // Subjects must not read the judge's memory or descriptors through /proc, and their orphans come to the judge.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (const char* fd = std::getenv("VALGRIND_LOG_FD")) judge::detail::keep_from_subjects(std::atoi(fd));

  leave_out_tests_of_other_checkers();
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto* reporter = new judge::detail::Reporter;  // NOLINT(cppcoreguidelines-owning-memory): gtest owns it
  listeners.Append(reporter);
  shm::NotImplemented::noted_by = note_step;
  judge::detail::rehearse();

  const int failed = RUN_ALL_TESTS();
  return failed == 0 && reporter->all_passed() ? 0 : 1;
}
