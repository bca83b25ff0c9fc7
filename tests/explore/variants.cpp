#include "variants.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using explore::Fault;

struct Row {
  const char* algorithm;
  const char* what_is_wrong;
  Fault fault;
  bool complete;
  std::uint64_t executions;
  double milliseconds;
};

std::vector<Row>& rows() {
  static std::vector<Row> all;
  return all;
}

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "nothing";
    case Fault::kRace:
      return "race";
    case Fault::kBroken:
      return "broken";
    case Fault::kDeadlock:
      return "deadlock";
    case Fault::kLivelock:
      return "livelock";
    default:
      return "something else";
  }
}

class Table final : public ::testing::Environment {
 public:
  void TearDown() override {
    if (std::getenv("TABLE") == nullptr) return;
    std::puts("| algorithm | what is wrong | found | executions | ms |\n|---|---|---|---|---|");
    const char* algorithm = "";
    for (const Row& row : rows()) {
      std::printf("| %s | %s | %s | %s%llu | %.1f |\n", row.algorithm == algorithm ? "" : row.algorithm,
                  row.what_is_wrong, name_of(row.fault), row.complete ? "all " : "",
                  static_cast<unsigned long long>(row.executions), row.milliseconds);
      algorithm = row.algorithm;
    }
  }
};

[[maybe_unused]] const auto* const kTable = ::testing::AddGlobalTestEnvironment(new Table);

}  // namespace

explore::Result variant(const char* algorithm, const char* what_is_wrong,
                        const std::function<void(explore::Scenario&)>& scenario) {
  const auto started = std::chrono::steady_clock::now();
  explore::Result result = explore::explore(scenario);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - started;
  // The one that fails is not among those run to their end.
  const std::uint64_t executions = result.executions + (result.fault != Fault::kNone ? 1 : 0);
  rows().push_back({algorithm, what_is_wrong, result.fault, result.complete, executions, time.count()});
  return result;
}
