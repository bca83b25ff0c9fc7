#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <pugixml.hpp>
#include <sstream>

#include "report.hpp"
#include "text.hpp"

namespace grading {
namespace {

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;

  Counts& operator+=(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    seconds += other.seconds;
    return *this;
  }
};

void put(pugi::xml_node node, const Counts& counts) {
  node.append_attribute("tests") = counts.tests;
  node.append_attribute("failures") = counts.failures;
  node.append_attribute("errors") = counts.errors;
  node.append_attribute("skipped") = counts.skipped;
  node.append_attribute("time") = fmt::format("{:.3f}", counts.seconds).c_str();
}

std::string details(const TestResult& result) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{}: {}\n", name, value);
  };
  for (const std::string& finding : result.findings) add("found", finding);
  add("expected", result.expected);
  add("happened", result.happened);
  add("story", result.story.empty() ? "" : "\n" + result.story);
  add("why", result.why);
  add("printed", result.output);
  add("log", result.log);
  return text;
}

// Counts it and says how it ended; nothing to say when it passed.
void put_ending(pugi::xml_node testcase, const TestResult& result, Counts& counts) {
  const char* kind = nullptr;
  switch (result.outcome) {
    case Outcome::kPassed:
      return;
    case Outcome::kNotStarted:
      kind = "skipped";
      ++counts.skipped;
      break;
    case Outcome::kDoesNotCompile:
    case Outcome::kNotRun:
      kind = "error";
      ++counts.errors;
      break;
    default:
      kind = "failure";
      ++counts.failures;
  }
  pugi::xml_node ending = testcase.append_child(kind);
  const std::string first = !result.findings.empty() ? result.findings.front() : result.happened;
  ending.append_attribute("message") = shortened(one_line(words(result.outcome) + ": " + first), 300).c_str();
  if (result.outcome == Outcome::kNotStarted) return;
  ending.append_attribute("type") = words(result.outcome).c_str();
  ending.text() = details(result).c_str();
}

// A lab without results still shows up.
Counts put_ungraded(pugi::xml_node suites, const LabReport& lab) {
  pugi::xml_node suite = suites.append_child("testsuite");
  suite.append_attribute("name") = lab.lab.c_str();
  const bool absent = lab.status == LabStatus::kNotSubmitted;
  const Counts counts{.tests = 1, .errors = absent ? 0 : 1, .skipped = absent ? 1 : 0};
  put(suite, counts);
  pugi::xml_node testcase = suite.append_child("testcase");
  testcase.append_attribute("name") = words(lab.status).c_str();
  testcase.append_attribute("classname") = lab.lab.c_str();
  testcase.append_attribute("time") = "0.000";
  testcase.append_child(absent ? "skipped" : "error").append_attribute("message") = one_line(lab.message).c_str();
  return counts;
}

Counts put_suite(pugi::xml_node suites, const LabReport& lab, const std::string& checker) {
  pugi::xml_node suite = suites.append_child("testsuite");
  suite.append_attribute("name") = fmt::format("{} ({})", lab.lab, checker).c_str();
  Counts counts;
  for (const TestResult& result : lab.tests) {
    if (result.checker != checker) continue;
    ++counts.tests;
    counts.seconds += result.seconds;
    pugi::xml_node testcase = suite.append_child("testcase");
    testcase.append_attribute("name") = result.test.c_str();
    testcase.append_attribute("classname") = fmt::format("{}.{}", lab.lab, checker).c_str();
    testcase.append_attribute("time") = fmt::format("{:.3f}", result.seconds).c_str();
    put_ending(testcase, result, counts);
  }
  put(suite, counts);
  return counts;
}

}  // namespace

void write_junit(const Report& report, const fs::path& file) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name") = report.submission.c_str();
  Counts all;
  for (const LabReport& lab : report.labs) {
    if (lab.tests.empty()) all += put_ungraded(suites, lab);
    for (const std::string& checker : report.checkers) {
      const auto has = [&](const TestResult& result) { return result.checker == checker; };
      if (std::ranges::any_of(lab.tests, has)) all += put_suite(suites, lab, checker);
    }
  }
  put(suites, all);
  std::ostringstream text;
  document.save(text, "  ");
  if (file == "-") {
    std::cout << text.str() << std::flush;
  } else {
    write_file(file, text.str());
  }
}

}  // namespace grading
