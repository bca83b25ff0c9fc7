#include "programs.hpp"

namespace programs {
namespace {

constexpr int kVariables = 3;
constexpr std::uint64_t kMost = 3'000'000;

struct Variables {
  std::atomic<int> of[kVariables];
};

// What it read; negative when it reads nothing.
int run(const Operation& operation, std::atomic<int>& variable) {
  switch (operation.kind) {
    case Operation::Kind::kLoad:
      return variable.load(operation.order);
    case Operation::Kind::kStore:
      variable.store(operation.value, operation.order);
      return -1;
    case Operation::Kind::kExchange:
      return variable.exchange(operation.value, operation.order);
    case Operation::Kind::kCompareExchange: {
      int expected = 0;
      variable.compare_exchange_strong(expected, operation.value, operation.order, std::memory_order_relaxed);
      return expected;
    }
    case Operation::Kind::kFence:
      std::atomic_thread_fence(operation.order);
      return -1;
  }
  return -1;
}

const char* order_name(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "rlx";
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return "acq";
    case std::memory_order_release:
      return "rel";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "sc";
  }
  return "?";
}

}  // namespace

Program parse(std::string_view text, std::memory_order load, std::memory_order store, std::memory_order fence) {
  Program program(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto variable = [&] { return text[i + 1] - 'x'; };
    if (text[i] == '|') program.emplace_back();
    if (text[i] == 'F') program.back().push_back({Operation::Kind::kFence, 0, 0, fence});
    if (text[i] == 'R') program.back().push_back({Operation::Kind::kLoad, variable(), 0, load});
    if (text[i] == 'W') program.back().push_back({Operation::Kind::kStore, variable(), text[i + 2] - '0', store});
  }
  return program;
}

Outcomes outcomes_of(const Program& program, explore::Strategy strategy) {
  Outcomes outcomes;
  const auto scenario = [&](explore::Scenario& s) {
    auto& variables = s.make<Variables>();
    auto& read = s.keep<std::vector<std::string>>(program.size());
    for (std::size_t thread = 0; thread < program.size(); ++thread) {
      s.thread("a thread", [&, thread] {
        for (const Operation& operation : program[thread]) {
          const int value = run(operation, variables.of[operation.variable]);
          if (value >= 0) read[thread] += (read[thread].empty() ? "" : " ") + std::to_string(value);
        }
      });
    }
    s.finally([&] {
      std::string outcome;
      for (const std::string& one : read) outcome += (outcome.empty() ? "" : " | ") + (one.empty() ? "-" : one);
      outcome += ";";
      for (int i = 0; i < kVariables; ++i) {
        outcome += std::string{" "} + static_cast<char>('x' + i) + "=" + std::to_string(variables.of[i].load());
      }
      outcomes.seen.insert(outcome);
    });
  };
  explore::Effort effort;
  effort.strategy = strategy;
  effort.executions = kMost;
  const explore::Result result = explore::explore(scenario, effort);
  outcomes.executions = result.executions;
  outcomes.complete = result.complete;
  outcomes.fault = result.what;
  return outcomes;
}

std::string written(const Program& program) {
  std::string text;
  for (const auto& thread : program) {
    if (!text.empty()) text += " | ";
    for (const Operation& operation : thread) {
      text += "RWXCF"[static_cast<int>(operation.kind)];
      if (operation.kind != Operation::Kind::kFence) text += static_cast<char>('x' + operation.variable);
      if (operation.kind != Operation::Kind::kFence && operation.kind != Operation::Kind::kLoad) {
        text += std::to_string(operation.value);
      }
      text += std::string{"."} + order_name(operation.order) + " ";
    }
  }
  return text;
}

}  // namespace programs
