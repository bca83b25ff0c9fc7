// What a crash sweep tells of the death that was not survived.

#include <algorithm>

#include "testing/crash_director.hpp"
#include "testing/matchers.hpp"

namespace judge::detail {
namespace {

using explore::CrashStep;
using nlohmann::json;

constexpr std::size_t kWord = 8;

std::string bytes(std::size_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); }

std::string text_of(const CrashStep& step, bool is_last_of_dead) {
  const bool is_word = step.size <= kWord;
  switch (step.kind) {
    case CrashStep::Kind::kRead:
      return "reads " + (is_word ? std::to_string(step.value) : bytes(step.size));
    case CrashStep::Kind::kWrite:
      if (is_last_of_dead) return "writes the first of " + bytes(step.size);
      return "writes " + (is_word ? std::to_string(step.value) : bytes(step.size));
    case CrashStep::Kind::kCall:
      return std::string{"calls "} + (step.told[0] != '\0' ? step.told : step.call);
    case CrashStep::Kind::kDeath:
      if (step.words != 0) return "dies when " + bytes(step.words * kWord) + " of them are written";
      return step.calls[0] == nullptr ? "dies at its end" : "dies before it does this";
  }
  return "";
}

json step_from(const CrashStep& step, bool is_torn) {
  json calls = json::array();
  for (int i = 0; i < step.call_count; ++i) calls.push_back(reinterpret_cast<std::uintptr_t>(step.calls[i]));
  const bool is_access = step.kind == CrashStep::Kind::kRead || step.kind == CrashStep::Kind::kWrite;
  return {{"process", step.process},
          {"text", text_of(step, is_torn)},
          {"object", is_access ? std::to_string(step.address) : ""},
          {"is_fault", step.kind == CrashStep::Kind::kDeath},
          {"calls", calls}};
}

std::string pages_told(const std::vector<std::size_t>& pages, const char* one, const char* several) {
  std::string list;
  for (const std::size_t page : pages) list += (list.empty() ? "" : ", ") + std::to_string(page);
  return (pages.size() == 1 ? "page " : "pages ") + list + (pages.size() == 1 ? one : several);
}

// "the power fails; page 1 was written back, page 0 was not"
std::string power_cut_told(const std::vector<std::size_t>& pages, const std::vector<bool>& kept) {
  std::vector<std::size_t> written;
  std::vector<std::size_t> lost;
  for (std::size_t i = 0; i < pages.size(); ++i) (kept[i] ? written : lost).push_back(pages[i]);
  return "the power fails; " +
         (written.empty() ? "nothing was written back"
                          : pages_told(written, " was written back", " were written back")) +
         (lost.empty() ? "" : ", " + pages_told(lost, " was not", " were not"));
}

json step_of_nobody(const std::string& text) {
  return {{"process", 0}, {"text", text}, {"object", ""}, {"is_fault", true}, {"calls", json::array()}};
}

}  // namespace

json CrashDirector::steps_told(const std::vector<bool>& pages_kept) const {
  json steps = json::array();
  bool is_cut = pages_kept.empty();
  for (std::uint32_t i = 0; i < log_->steps; ++i) {
    const CrashStep& step = log_->step[i];
    if (step.process != 1 && !is_cut) {
      is_cut = true;
      steps.push_back(step_of_nobody(power_cut_told(pages_at_risk_, pages_kept)));
    }
    const bool is_torn = step.kind == CrashStep::Kind::kWrite && i + 1 < log_->steps &&
                         log_->step[i + 1].kind == CrashStep::Kind::kDeath && log_->step[i + 1].words != 0;
    steps.push_back(step_from(step, is_torn));
  }
  return steps;
}

std::string CrashDirector::what_happened(Ending ending, const std::string& who) const {
  switch (ending) {
    case Ending::kNotContent:
      return std::string{"it does not hold that "} + log_->what;
    case Ending::kThrew:
      return who + " ended by an exception: " + log_->what;
    case Ending::kLeft:
      return who + " left through exit instead of returning";
    case Ending::kKilled:
      return who + " was killed by " + describe_signal(signal_);
    case Ending::kHung:
      return who + " does not come to an end";
    case Ending::kLittered:
      return litter_ + " is left when " + who + " has gone";
    case Ending::kDied:
    case Ending::kWell:
      break;
  }
  return "this time " + who + " came through";
}

// Goes through it once more and writes down what happens.
void CrashDirector::tell(const Course& course) {
  const Ending ending = go_through(course, true);
  const std::string who = last_process_ == 1   ? crash_.victim_name
                          : last_process_ == 2 ? crash_.survivor_name
                                               : "the one after " + crash_.survivor_name;
  json processes{crash_.victim_name, crash_.survivor_name};
  if (course.survivor.point != 0) processes.push_back("the one after");
  json steps = steps_told(course.pages_kept);
  if (!steps.empty()) steps.back()["is_fault"] = true;

  std::string because =
      "A process can die between any two instructions; what it had begun is neither finished nor undone.";
  if (course.victim.point == 0) because = "Nobody has died here: it goes wrong by itself.";
  if (course.victim.words != 0 || course.survivor.words != 0)
    because += " A copy of more than 8 bytes is made in pieces.";
  if (!course.pages_kept.empty()) {
    because = "Until msync or fsync has returned, the system may write changed pages back in any order, or not at all.";
  }
  const std::string extent = course.victim.point == 0 ? "without any death"
                                                      : "when " + crash_.victim_name + " dies at its crash point " +
                                                            std::to_string(course.victim.point);
  story_ = json{{"what", what_happened(ending, who)},
                {"because", because},
                {"extent", extent},
                {"processes", processes},
                {"steps", steps}};
}

}  // namespace judge::detail
