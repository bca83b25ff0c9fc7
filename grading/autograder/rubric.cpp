#include "rubric.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <set>

#include "errors.hpp"

namespace grading {
namespace {

constexpr std::array<std::string_view, 7> kCheckers{"unit", "tsan", "asan", "memcheck", "count", "explore", "crash"};

class Reader {
 public:
  explicit Reader(const fs::path& file) : file_{file} {}

  [[noreturn]] void fail(const std::string& what) const {
    throw CannotGrade{fmt::format("{}: {}", file_.string(), what)};
  }

  template <typename T>
  T required(const toml::table& table, std::string_view key) const {
    if (const auto value = table[key].value<T>()) return *value;
    fail(fmt::format("line {}: '{}' is missing or of the wrong kind", table.source().begin.line, key));
  }

  static const toml::array& array(const toml::table& table, std::string_view key) {
    static const toml::array kNone;
    const toml::array* found = table[key].as_array();
    return found == nullptr ? kNone : *found;
  }

  Rubric read() const {
    const toml::table table = toml::parse_file(file_.string());
    Rubric rubric;
    rubric.lab = required<std::string>(table, "lab");
    rubric.title = required<std::string>(table, "title");
    for (const auto& node : array(table, "files")) rubric.files.push_back(node.value_or(std::string{}));
    rubric.suite_seconds = std::chrono::seconds{table["limits"]["suite_seconds"].value_or(60)};
    rubric.memory_mib = table["limits"]["memory_mib"].value_or(std::size_t{2048});
    for (const auto& node : array(table, "step")) {
      const toml::table& step = *node.as_table();
      rubric.steps.push_back({required<int>(step, "number"), required<std::string>(step, "title")});
    }
    for (const auto& node : array(table, "test")) rubric.tests.push_back(test(*node.as_table()));
    check(rubric);
    return rubric;
  }

 private:
  RubricTest test(const toml::table& table) const {
    RubricTest test{required<std::string>(table, "name"), required<int>(table, "step"), {}};
    const toml::table* points = table["points"].as_table();
    if (points == nullptr) fail(fmt::format("{}: 'points' is missing: {{ checker = points }}", test.name));
    for (const auto& [checker, node] : *points) {
      if (std::ranges::find(kCheckers, checker.str()) == kCheckers.end()) {
        fail(fmt::format("line {}: {}: there is no checker '{}'; there are: {}", node.source().begin.line, test.name,
                         checker.str(), fmt::join(kCheckers, ", ")));
      }
      const auto value = node.value<int>();
      if (!value || *value < 0)
        fail(fmt::format("{}: points for {} must be a number from 0", test.name, checker.str()));
      test.points.emplace_back(std::string{checker.str()}, *value);
    }
    return test;
  }

  void check(const Rubric& rubric) const {
    if (rubric.lab != file_.stem().string()) fail(fmt::format("lab '{}' must be named as the file is", rubric.lab));
    if (rubric.files.empty()) fail("'files' names no editable file");
    for (const std::string& name : rubric.files) {
      if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
        fail(fmt::format("'files': '{}' is not a plain file name", name));
      }
    }
    std::set<int> steps;
    for (const Step& step : rubric.steps) steps.insert(step.number);
    std::set<std::string> names;
    for (const RubricTest& test : rubric.tests) {
      if (!steps.contains(test.step))
        fail(fmt::format("{} belongs to step {}, for which there is no [[step]]", test.name, test.step));
      if (!names.insert(test.name).second) fail(fmt::format("{} is listed twice", test.name));
    }
    if (rubric.tests.empty()) fail("names no test");
  }

  const fs::path& file_;
};

}  // namespace

int RubricTest::points_under(const std::string& checker) const {
  const auto found = std::ranges::find(points, checker, &std::pair<std::string, int>::first);
  return found == points.end() ? 0 : found->second;
}

bool RubricTest::runs_under(const std::string& checker) const {
  return std::ranges::find(points, checker, &std::pair<std::string, int>::first) != points.end();
}

bool Rubric::is_editable(const std::string& file) const { return std::ranges::find(files, file) != files.end(); }

std::vector<std::string> Rubric::checkers() const {
  std::vector<std::string> result;
  for (const RubricTest& test : tests) {
    for (const auto& [checker, points] : test.points) result.push_back(checker);
  }
  sort_checkers(result);
  return result;
}

std::vector<std::string> Rubric::tests_under(const std::string& checker) const {
  std::vector<std::string> result;
  for (const RubricTest& test : tests) {
    if (test.runs_under(checker)) result.push_back(test.name);
  }
  return result;
}

int Rubric::step_of(const std::string& test) const {
  const auto found = std::ranges::find(tests, test, &RubricTest::name);
  return found == tests.end() ? 0 : found->step;
}

Rubric load_rubric(const fs::path& file) {
  const Reader reader{file};
  try {
    return reader.read();
  } catch (const toml::parse_error& error) {
    reader.fail(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
}

void sort_checkers(std::vector<std::string>& checkers) {
  const auto rank = [&](const std::string& checker) {
    return std::pair{std::ranges::find(kCheckers, checker) - kCheckers.begin(), checker};
  };
  std::ranges::sort(checkers, {}, rank);
  checkers.erase(std::unique(checkers.begin(), checkers.end()), checkers.end());
}

}  // namespace grading
