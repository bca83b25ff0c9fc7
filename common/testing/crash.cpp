#include "testing/crash.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "testing/crash_director.hpp"
#include "testing/sources.hpp"
#include "testing/story_loops.hpp"
#include "testing/subject.hpp"
#include "testing/verdict.hpp"

namespace judge {
namespace {

using nlohmann::json;

Story story_from(const json& told) {
  Story story;
  story.what = told.at("what");
  story.because = told.at("because");
  story.extent = told.at("extent");
  story.threads = told.at("processes").get<std::vector<std::string>>();
  std::vector<std::vector<const void*>> calls;
  for (const json& one : told.at("steps")) {
    StoryStep step;
    step.thread = one.at("process");
    step.text = one.at("text");
    step.object = one.at("object");
    step.is_fault = one.at("is_fault");
    auto& where = calls.emplace_back();
    for (const json& call : one.at("calls")) where.push_back(reinterpret_cast<const void*>(call.get<std::uintptr_t>()));
    story.steps.push_back(std::move(step));
  }
  detail::fill_in_sources(story, calls);
  detail::tell_loops_once(story);
  return story;
}

}  // namespace

void PrintTo(const Outcome<CrashSweep>& outcome, std::ostream* out) {
  if (outcome.kind != Kind::kReturned || !outcome.value) {
    *out << outcome.sentence();
  } else if (outcome.value->story.empty()) {
    *out << "all went well in " << outcome.value->deaths << " courses of things, "
         << (outcome.value->complete ? "all that there are" : "but there are more");
  } else {
    *out << outcome.value->story.extent << ": " << outcome.value->story.what;
  }
}

Outcome<CrashSweep> crash_sweep(const Crash& crash) {
  const auto bytes =
      subject([&] { return detail::CrashDirector{crash}.run().dump(-1, ' ', false, json::error_handler_t::replace); },
              {.deadline = std::chrono::seconds{30}, .name = "the sweep"});
  Outcome<CrashSweep> outcome;
  static_cast<Ending&>(outcome) = bytes;
  if (bytes.kind != Kind::kReturned) return outcome;
  const json result = json::parse(*bytes.value);
  outcome.value = CrashSweep{result.at("deaths"), result.at("complete"), {}};
  if (result.contains("story")) {
    outcome.value->story = story_from(result.at("story"));
    detail::notes().stories.push_back(outcome.value->story);
  }
  return outcome;
}

}  // namespace judge
