#include "testing/explored.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "testing/sources.hpp"
#include "testing/story_loops.hpp"
#include "testing/subject.hpp"
#include "testing/verdict.hpp"

namespace judge {
namespace {

using nlohmann::json;

// How a result gets from the subject to the judge.
std::string encoded(const explore::Result& result) {
  json steps = json::array();
  for (const explore::Step& step : result.steps) {
    std::vector<std::uintptr_t> calls;
    for (const void* call : step.calls) calls.push_back(reinterpret_cast<std::uintptr_t>(call));
    const bool stores = step.kind == explore::Step::Kind::kStore || step.kind == explore::Step::Kind::kUpdate;
    steps.push_back({step.thread, step.is_stale, step.is_fault, step.address, step.text, calls, stores});
  }
  return json{{"fault", static_cast<int>(result.fault)},
              {"executions", result.executions},
              {"complete", result.complete},
              {"what", result.what},
              {"because", result.because},
              {"schedule", result.schedule},
              {"threads", result.threads},
              {"steps", steps}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string ordinal(std::uint64_t number) {
  const auto last = number % 10;
  const bool is_teen = number / 10 % 10 == 1;
  const char* ending = is_teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
  return std::to_string(number) + ending;
}

Exploration decoded(const std::string& bytes, const explore::Effort& effort) {
  const json result = json::parse(bytes);
  Exploration exploration{static_cast<explore::Fault>(result.at("fault").get<int>()),
                          result.at("executions"),
                          result.at("complete"),
                          effort.seed,
                          {}};
  if (exploration.fault == explore::Fault::kNone) return exploration;
  Story& story = exploration.story;
  story.what = result.at("what");
  story.because = result.at("because");
  const bool is_replay = !effort.schedule.empty();
  story.schedule = is_replay ? effort.schedule : result.at("schedule").get<std::string>();
  story.extent = is_replay ? "when this execution was repeated"
                           : "in the " + ordinal(exploration.executions + 1) + " execution that was tried";
  story.threads = result.at("threads").get<std::vector<std::string>>();
  std::vector<std::vector<const void*>> calls;
  std::map<std::uintptr_t, int> newest;  // the number of the step that has stored last, for each address
  for (const json& step : result.at("steps")) {
    StoryStep told;
    told.thread = step.at(0);
    told.is_stale = step.at(1);
    told.is_fault = step.at(2);
    const std::uintptr_t address = step.at(3);
    if (address != 0) told.object = std::to_string(address);
    told.text = step.at(4);
    auto& where = calls.emplace_back();
    for (const json& call : step.at(5)) where.push_back(reinterpret_cast<const void*>(call.get<std::uintptr_t>()));
    if (told.is_stale) told.missed = newest[address];
    story.steps.push_back(std::move(told));
    if (step.at(6).get<bool>()) newest[address] = static_cast<int>(story.steps.size());
  }
  detail::fill_in_sources(story, calls);
  detail::tell_loops_once(story);
  return exploration;
}

}  // namespace

void PrintTo(const Outcome<Exploration>& outcome, std::ostream* out) {
  if (outcome.kind != Kind::kReturned || !outcome.value) {
    *out << outcome.sentence();
  } else if (outcome.value->fault == explore::Fault::kNone) {
    *out << outcome.value->executions << " executions ended well, ";
    if (outcome.value->complete) {
      *out << "all that there are";
    } else {
      *out << "of an unknown number: the last of them were tried at random, with seed " << outcome.value->seed;
    }
  } else {
    *out << outcome.value->story.extent << ": " << outcome.value->story.what;
  }
}

Outcome<Exploration> explored(const std::function<void(explore::Scenario&)>& scenario, explore::Effort effort) {
  if (const char* schedule = std::getenv("SCHEDULE"); schedule != nullptr) effort.schedule = schedule;
  const auto bytes = subject([&] { return encoded(explore::explore(scenario, effort)); },
                             {.deadline = std::chrono::seconds{20}, .name = "the scenario"});
  Outcome<Exploration> outcome;
  static_cast<Ending&>(outcome) = bytes;
  if (bytes.kind != Kind::kReturned) return outcome;
  outcome.value = decoded(*bytes.value, effort);
  if (!outcome.value->story.empty()) detail::notes().stories.push_back(outcome.value->story);
  return outcome;
}

}  // namespace judge
