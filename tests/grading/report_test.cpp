#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>

#include "autograder/report.hpp"
#include "autograder/text.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using grading::Report;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// As much of JSON Schema as our schema uses. What is wrong, or "".
std::string flaw_of(const json& value, const json& schema, const json& root, const std::string& where) {
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"].get<std::string>().substr(std::string{"#/$defs/"}.size());
    return flaw_of(value, root["$defs"][name], root, where);
  }
  const std::string type = schema.value("type", "");
  const bool fits = type == "object"    ? value.is_object()
                    : type == "array"   ? value.is_array()
                    : type == "string"  ? value.is_string()
                    : type == "integer" ? value.is_number_integer()
                    : type == "number"  ? value.is_number()
                    : type == "boolean" ? value.is_boolean()
                                        : true;
  if (!fits) return where + " is not of type " + type;
  if (schema.contains("const") && value != schema["const"]) return where + " has the wrong value";
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end())
    return where + ": " + value.dump();
  const json required = schema.value("required", json::array());
  const json properties = schema.value("properties", json::object());
  for (const auto& name : required) {
    if (!value.contains(name)) return where + " lacks " + name.get<std::string>();
  }
  for (const auto& [name, part] : properties.items()) {
    if (!value.contains(name)) continue;
    if (std::string wrong = flaw_of(value[name], part, root, where + "." + name); !wrong.empty()) return wrong;
  }
  if (!schema.value("additionalProperties", true)) {
    for (const auto& [name, part] : value.items()) {
      if (!properties.contains(name)) return where + " has an undocumented field " + name;
    }
  }
  if (!schema.contains("items")) return "";
  for (const auto& item : value) {
    if (std::string wrong = flaw_of(item, schema["items"], root, where + "[]"); !wrong.empty()) return wrong;
  }
  return "";
}

fs::path schema_file() {
  return fs::path{__FILE__}.parent_path().parent_path().parent_path() / "grading/report.schema.json";
}

// One lab with one of everything, one that was not handed in.
Report a_report(const FakeCourse& course) {
  course.hand_in("01-alpha/answer.cpp",
                 "Alpha.One race tsan\nAlpha.One passed unit\nAlpha.Two nasty\nAlpha.Three failed\n// WARNING\n");
  return course.grade();
}

TEST(JsonReport, FollowsTheDocumentedSchema) {
  const FakeCourse course;
  write_json(a_report(course), course.root() / "report.json");
  const json schema = json::parse(read(schema_file()));

  EXPECT_EQ(flaw_of(json::parse(read(course.root() / "report.json")), schema, schema, "report"), "");
}

TEST(JsonReport, NamesEveryOutcomeThatTheSchemaKnows) {
  const json schema = json::parse(read(schema_file()));
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(grading::Outcome::kNotRun); ++i)
    names.insert(name_of(static_cast<grading::Outcome>(i)));
  std::set<std::string> documented;
  for (const json& name : schema["$defs"]["test"]["properties"]["outcome"]["enum"])
    documented.insert(name.get<std::string>());
  EXPECT_EQ(names, documented);
}

TEST(JunitReport, CountsWhatItHolds) {
  const FakeCourse course;
  write_junit(a_report(course), course.root() / "report.xml");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_file((course.root() / "report.xml").c_str()));
  const pugi::xml_node suites = document.child("testsuites");

  EXPECT_EQ(suites.attribute("tests").as_int(), static_cast<int>(suites.select_nodes("testsuite/testcase").size()));
  EXPECT_EQ(suites.attribute("failures").as_int(),
            static_cast<int>(suites.select_nodes("testsuite/testcase/failure").size()));
  EXPECT_EQ(suites.attribute("skipped").as_int(),
            static_cast<int>(suites.select_nodes("testsuite/testcase/skipped").size()));
  EXPECT_EQ(suites.attribute("failures").as_int(), 4);
}

TEST(JunitReport, GivesTimesInSeconds) {
  const FakeCourse course;
  write_junit(a_report(course), course.root() / "report.xml");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_file((course.root() / "report.xml").c_str()));
  EXPECT_STREQ(document.select_node("//testcase[@name='Alpha.Two']").node().attribute("time").value(), "0.500");
}

TEST(JunitReport, HoldsNoCharacterThatXmlForbids) {
  const FakeCourse course;
  write_junit(a_report(course), course.root() / "report.xml");
  for (const char c : read(course.root() / "report.xml"))
    EXPECT_TRUE(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20);
}

TEST(TerminalReport, IsAtMost100ColumnsWide) {
  const FakeCourse course;
  course.hand_in("01-alpha/extra-" + std::string(120, 'x') + ".cpp", "//");
  const std::string text = render_terminal(a_report(course), false);
  for (const std::string_view line : grading::lines_of(text)) {
    EXPECT_LE(grading::columns(line), 100U) << line;
  }
}

TEST(TerminalReport, ShowsEachLessonOnceForAllCheckers) {
  const FakeCourse course;
  course.hand_in("01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two passed\nAlpha.Three failed\n");

  const std::string page = render_terminal(course.grade("1"), false);

  EXPECT_EQ(page.find("✗ Alpha.Three"), page.rfind("✗ Alpha.Three"));
  EXPECT_THAT(page, HasSubstr("failed under unit, tsan"));
}

TEST(TerminalReport, TellsWhatToDoNext) {
  const FakeCourse course;
  EXPECT_THAT(render_terminal(course.grade_at(course.root() / "labs"), false),
              AllOf(HasSubstr("not started"), HasSubstr("make check LAB=01 TEST=Alpha.One")));
}

TEST(TerminalReport, IsColouredOnlyWhenAsked) {
  const FakeCourse course;
  const Report report = a_report(course);
  EXPECT_THAT(render_terminal(report, false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_terminal(report, true), HasSubstr("\x1b[31m✗"));
}

}  // namespace
}  // namespace grading_test
