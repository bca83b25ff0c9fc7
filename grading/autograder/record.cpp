#include "record.hpp"

#include <fmt/format.h>

#include "report_json.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kFieldLimit = 2000;
constexpr std::size_t kStoryLimit = 12'000;  // 40 lines of 100 characters, most of them a single byte

nlohmann::json parse(std::string_view bytes) {
  const std::string line = valid_utf8(bytes);
  nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_discarded()) return json;
  // Cut: what comes before the long fields is whole. Quotes inside a string are escaped, so this is no text of a field.
  const std::size_t end = std::min(line.find(",\"stacks\":\""), line.find(",\"finding\":\""));
  if (end == std::string::npos) return json;
  return nlohmann::json::parse(line.substr(0, end) + "}", nullptr, false);
}

std::string text_of(const nlohmann::json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string short_text(const nlohmann::json& json, const char* field, std::size_t limit = kFieldLimit) {
  std::string text = harmless(text_of(json, field));
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return shortened(text, limit);
}

}  // namespace

Record parse_record(std::string_view line) {
  Record record;
  const nlohmann::json json = parse(line);
  if (!json.is_object()) return record;
  const std::string event = text_of(json, "event");
  record.result.test = shortened(harmless(text_of(json, "test")), 300);
  if (event == "start") record.event = Record::Event::kStart;
  if (event == "finished") record.event = Record::Event::kFinished;
  if (event != "end") return record;
  record.event = Record::Event::kEnd;
  TestResult& result = record.result;
  result.outcome = nlohmann::json(text_of(json, "outcome")).get<Outcome>();
  if (const auto seconds = json.find("seconds"); seconds != json.end() && seconds->is_number()) {
    result.seconds = seconds->get<double>();
  }
  result.why = short_text(json, "why");
  result.expected = short_text(json, "expected");
  result.happened = short_text(json, "happened");
  result.message = short_text(json, "message");
  result.story = short_text(json, "story", kStoryLimit);
  result.output = short_text(json, "output");
  result.seed = short_text(json, "seed");
  if (const std::string step = short_text(json, "not_started"); !step.empty()) result.happened = "not started: " + step;
  record.finding = text_of(json, "finding");
  record.stacks = text_of(json, "stacks");
  return record;
}

std::string story(const Record& record) {
  const TestResult& result = record.result;
  std::string text = fmt::format("{} under {}: {}\n", result.test, result.checker, words(result.outcome));
  const auto section = [&](const char* heading, const std::string& content) {
    if (!content.empty()) text += fmt::format("\n--- {}\n{}\n", heading, content);
  };
  std::string findings;
  for (const std::string& finding : result.findings) findings += finding + "\n";
  section("in short", findings);
  section("expected", result.expected);
  section("happened", result.happened);
  section("the story", result.story);
  section("why it matters", result.why);
  section("what the test said", result.message);
  section("where the threads stood", harmless(record.stacks));
  section("the checker's whole report", harmless(record.finding));
  section("what the program printed", result.output);
  section("seed", result.seed);
  return text;
}

}  // namespace grading
