#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "paint.hpp"
#include "report.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kBar = 20;
constexpr std::size_t kMostLessons = 8;

std::string points(int score, int max) { return fmt::format("{} / {}", score, max); }

// What all checkers found about one test, merged: a student reads each lesson once.
struct Lesson {
  std::string test;
  int step = 0;
  std::vector<const TestResult*> bad;  // in the course's order of checkers

  [[nodiscard]] std::string outcomes() const {
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const TestResult* result : bad) {
      const std::string outcome = words(result->outcome);
      const auto group = std::ranges::find(groups, outcome, [](const auto& pair) { return pair.first; });
      if (group == groups.end()) {
        groups.push_back({outcome, {result->checker}});
      } else {
        group->second.push_back(result->checker);
      }
    }
    std::vector<std::string> parts;
    for (const auto& [outcome, checkers] : groups) parts.push_back(outcome + " under " + joined(checkers, ", "));
    return joined(parts, "; ");
  }
};

std::vector<Lesson> lessons_of(const LabReport& lab) {
  std::vector<Lesson> lessons;
  for (const TestResult& result : lab.tests) {
    if (result.outcome == Outcome::kPassed || result.outcome == Outcome::kNotStarted ||
        result.outcome == Outcome::kDoesNotCompile) {
      continue;
    }
    const auto found = std::ranges::find(lessons, result.test, &Lesson::test);
    if (found == lessons.end()) {
      lessons.push_back({result.test, result.step, {&result}});
    } else {
      found->bad.push_back(&result);
    }
  }
  std::ranges::stable_sort(lessons, {}, &Lesson::step);
  return lessons;
}

class Page {
 public:
  explicit Page(bool colour) : paint_{colour} {}

  std::string of(const Report& report) {
    line();
    for (const std::string& note : report.notes) field("  ", "note", note);
    if (!report.notes.empty()) line();
    for (const LabReport& lab : report.labs) put_lab(lab);
    put_total(report);
    return std::move(text_);
  }

 private:
  void line(const std::string& content = "") {
    text_ += content;
    while (text_.ends_with(' ')) text_.pop_back();
    text_ += '\n';
  }

  // "name     text", the text wrapped and aligned, at most `most` lines of it.
  void field(const std::string& indent, const std::string& name, const std::string& content, std::size_t most = 4) {
    if (content.empty()) return;
    constexpr std::size_t kName = 10;
    std::vector<std::string> lines = wrapped(content, kWidth - indent.size() - kName);
    if (lines.size() > most) {
      lines.resize(most);
      lines.back() = padded(lines.back() + "…", std::min(columns(lines.back()) + 1, kWidth - indent.size() - kName));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      line(indent + paint_.dim(padded(i == 0 ? name : "", kName)) + lines[i]);
    }
  }

  // Left and right, with the space between them filled.
  std::string spread(const std::string& left, const std::string& right, std::size_t left_columns,
                     std::size_t right_columns) const {
    const std::size_t used = left_columns + right_columns;
    return left + std::string(used < kWidth ? kWidth - used : 1, ' ') + right;
  }

  std::string status_text(const LabReport& lab) const {
    const std::string status = words(lab.status);
    switch (lab.status) {
      case LabStatus::kFullMarks:
        return paint_.good(status);
      case LabStatus::kNotStarted:
      case LabStatus::kNotSubmitted:
        return paint_.warn(status);
      case LabStatus::kGraded:
        return "";
      default:
        return paint_.bad(status);
    }
  }

  void put_lab(const LabReport& lab) {
    const std::string name =
        padded(fmt::format("{}  {}", lab.lab, lab.title), std::min<std::size_t>(66, columns(lab.lab + lab.title) + 2));
    const std::string score = points(lab.score, lab.max_score);
    const std::string status = lab.status == LabStatus::kGraded ? "" : words(lab.status) + "   ";
    const std::string left = paint_.bold(lab.lab) + name.substr(lab.lab.size());
    const std::string right = status_text(lab) + (status.empty() ? "" : "   ") + paint_.bold(score);
    line(spread(left, right, columns(name), columns(status) + columns(score)));
    line(paint_.dim(rule()));
    if (lab.tests.empty() || lab.status == LabStatus::kCouldNotGrade) {
      field("  ", lab.status == LabStatus::kNotSubmitted ? "missing" : "problem", lab.message, 12);
    }
    for (const std::string& error : lab.errors) {
      if (&error != &lab.errors.front() && &error - &lab.errors.front() > 2) break;
      field("  ", &error == &lab.errors.front() ? "error" : "", error);
    }
    if (ran(lab)) {
      put_steps(lab);
      put_checkers(lab);
    }
    put_remarks(lab);
    put_lessons(lab);
    put_next(lab);
    line();
  }

  // Whether any of its tests ran at all.
  static bool ran(const LabReport& lab) {
    return std::ranges::any_of(lab.tests, [](const TestResult& result) {
      return result.outcome != Outcome::kNotRun && result.outcome != Outcome::kDoesNotCompile;
    });
  }

  void put_steps(const LabReport& lab) {
    const std::vector<Lesson> lessons = lessons_of(lab);
    for (const StepResult& step : lab.steps) {
      if (step.tests == 0) continue;
      const std::size_t full =
          step.max_score == 0 ? 0
                              : kBar * static_cast<std::size_t>(step.score) / static_cast<std::size_t>(step.max_score);
      std::string done, rest;
      for (std::size_t i = 0; i < kBar; ++i) (i < full ? done : rest) += i < full ? "━" : "─";
      const bool complete = step.tests_passed == step.tests;
      const std::string state = complete           ? paint_.good("✓")
                                : step.not_started ? paint_.warn("not started")
                                                   : paint_.bad(short_of(step, lessons));
      line(fmt::format("  {:>2}  {}  {}{}  {:>8}  {}", step.number, padded(step.title, 40), paint_.good(done),
                       paint_.dim(rest), points(step.score, step.max_score), state));
    }
  }

  // "2 of 9 tests fail, 3 not started".
  static std::string short_of(const StepResult& step, const std::vector<Lesson>& lessons) {
    const auto bad = std::ranges::count(lessons, step.number, &Lesson::step);
    const auto open = step.tests - step.tests_passed - bad;
    std::string text;
    if (bad > 0)
      text = fmt::format("{} of {} test{} fail{}", bad, step.tests, step.tests == 1 ? "" : "s", bad == 1 ? "s" : "");
    if (open > 0) text += fmt::format("{}{} not started", text.empty() ? "" : ", ", open);
    return text;
  }

  void put_checkers(const LabReport& lab) {
    std::vector<std::string> order;
    std::map<std::string, std::pair<int, int>> sums;
    for (const TestResult& result : lab.tests) {
      if (!sums.contains(result.checker)) order.push_back(result.checker);
      sums[result.checker].first += result.score;
      sums[result.checker].second += result.max_score;
    }
    std::vector<std::string> parts;
    for (const std::string& checker : order) {
      parts.push_back(fmt::format("{} {}/{}", checker, sums[checker].first, sums[checker].second));
    }
    if (!parts.empty()) line("      " + paint_.dim(joined(parts, " · ")));
  }

  void put_remarks(const LabReport& lab) {
    if (!lab.warnings.empty() || !lab.notes.empty()) line();
    for (std::size_t i = 0; i < std::min<std::size_t>(lab.warnings.size(), 5); ++i)
      field("  ", i == 0 ? "warning" : "", lab.warnings[i]);
    if (lab.warnings.size() > 5)
      field("  ", "", fmt::format("and {} more warnings of the compiler", lab.warnings.size() - 5));
    for (const std::string& note : lab.notes) field("  ", "note", note);
  }

  void put_lessons(const LabReport& lab) {
    const std::vector<Lesson> lessons = lessons_of(lab);
    if (!ran(lab)) return;
    told_ = false;
    for (std::size_t i = 0; i < lessons.size(); ++i) {
      if (i < kMostLessons) line();
      if (i == kMostLessons) line("\n  " + paint_.dim(fmt::format("and {} more:", lessons.size() - kMostLessons)));
      put_lesson(lessons[i], i < kMostLessons);
    }
  }

  void put_lesson(const Lesson& lesson, bool whole) {
    const std::string head = fmt::format("  {} {}", paint_.bad("✗"), paint_.bold(lesson.test));
    const std::string state = fmt::format("step {} · {}", lesson.step, lesson.outcomes());
    if (!whole) return line(fmt::format("    {} {}  {}", paint_.bad("✗"), lesson.test, paint_.dim(state)));
    const std::size_t used = 4 + columns(lesson.test);
    if (used + 2 + columns(state) <= kWidth) {
      line(spread(head, paint_.dim(state), used, columns(state)));
    } else {
      line(head);
      for (const std::string& part : wrapped(state, kWidth - 6)) line("      " + paint_.dim(part));
    }
    const std::string indent = "      ";
    const TestResult& first = *lesson.bad.front();
    // The report of a tool says more than "it ended with a finding".
    std::vector<std::string> findings;
    for (const TestResult* result : lesson.bad) {
      for (const std::string& finding : result->findings) {
        if (std::ranges::find(findings, finding) == findings.end()) findings.push_back(finding);
      }
    }
    for (std::size_t i = 0; i < std::min<std::size_t>(findings.size(), 3); ++i)
      field(indent, i == 0 ? "found" : "", findings[i]);
    if (first.outcome != Outcome::kSanitizer || findings.empty()) {
      field(indent, "expected", first.expected, 3);
      field(indent, "happened", first.findings.empty() ? first.happened : first_line(first.happened), 6);
    }
    put_story(first);
    field(indent, "printed", first.output, 3);
    field(indent, "why", first.why, 4);
    field(indent, "log", first.log);
  }

  // One for each lab: the others are in the logs.
  void put_story(const TestResult& result) {
    if (told_ || result.story.empty()) return;
    told_ = true;
    line();
    for (const std::string_view row : lines_of(result.story)) line(std::string{row});
    line();
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  void put_next(const LabReport& lab) {
    if (lab.next.title.empty()) return;
    line();
    const std::string what =
        lab.next.step < 0 ? lab.next.title : fmt::format("step {}: {}", lab.next.step, lab.next.title);
    line("  " + paint_.link(padded("next", 10)) + paint_.bold(what));
    field("  ", "read", lab.next.handout);
    put_command(lab.next.command);
  }

  // Stays a command to copy when it takes more than one line.
  void put_command(const std::string& command) {
    if (command.empty()) return;
    const std::vector<std::string> lines = wrapped(command, kWidth - 14);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      line("  " + paint_.dim(padded(i == 0 ? "run" : "", 10)) + lines[i] + (i + 1 < lines.size() ? " \\" : ""));
    }
  }

  void put_total(const Report& report) {
    line(paint_.dim(rule()));
    const std::string left = fmt::format("total for {}", report.submission);
    const std::string right = points(report.score, report.max_score);
    const std::string shown = padded(left, std::min<std::size_t>(columns(left), 70));
    const bool full = report.score == report.max_score && report.worked();
    line(spread(paint_.bold(shown), full ? paint_.good(right) : paint_.bold(right), columns(shown), columns(right)));
    std::string small =
        fmt::format("checkers {} · seed {} · {:.1f} s", joined(report.checkers, ", "), report.seed, report.seconds);
    if (!report.all_checkers) small += " · not all checkers: not the whole score";
    for (const std::string& part : wrapped(small, kWidth)) line(paint_.dim(part));
  }

  static std::string rule() {
    std::string text;
    for (std::size_t i = 0; i < kWidth; ++i) text += "─";
    return text;
  }

  Paint paint_;
  std::string text_;
  bool told_ = false;  // a story of this lab
};

}  // namespace

std::string render_terminal(const Report& report, bool colour) { return Page{colour}.of(report); }

}  // namespace grading
