#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "explored.hpp"

/// Small programs that go wrong, and what is said of them.
namespace explain {

/// The steps of which the explanation speaks: "sender: writes 1".
inline std::vector<std::string> marked(const explore::Result& result) {
  std::vector<std::string> steps;
  for (const auto& step : result.steps) {
    if (!step.is_fault) continue;
    steps.push_back((step.thread == 0 ? "end" : result.threads[step.thread - 1U]) + ": " + step.text);
  }
  return steps;
}

struct Mail {
  int value = 0;
  std::atomic<int> flag{0};
  std::atomic<int> other_flag{0};
};

using Part = void (*)(Mail&);

inline explore::Result between(Part sender, Part receiver) {
  return explore::explore([=](explore::Scenario& s) {
    auto& mail = s.make<Mail>();
    s.thread("sender", [&mail, sender] { sender(mail); });
    s.thread("receiver", [&mail, receiver] { receiver(mail); });
  });
}

inline explore::Result between(Part sender, Part between, Part receiver) {
  return explore::explore([=](explore::Scenario& s) {
    auto& mail = s.make<Mail>();
    s.thread("sender", [&mail, sender] { sender(mail); });
    s.thread("middle", [&mail, between] { between(mail); });
    s.thread("receiver", [&mail, receiver] { receiver(mail); });
  });
}

inline void look(const Mail& mail) { explore::require(mail.value == 42, "it has arrived"); }

constexpr auto kNoRelease = "is no release: its value may arrive before what was written";
constexpr auto kNoAcquire = "is no acquire: what follows it may still see what was there before";

}  // namespace explain
