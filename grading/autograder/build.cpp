#include "build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "diagnostics.hpp"
#include "process.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::chrono::minutes kWholeBuild{20};    // also when nothing was built before, on a slow machine
constexpr std::chrono::seconds kOneCompiler{120};  // of processor time
constexpr std::size_t kMemory = std::size_t{6} << 30;
constexpr std::size_t kLogHead = std::size_t{256} << 10;

std::vector<fs::path> logs_below(const fs::path& folder) {
  std::vector<fs::path> logs;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".log") logs.push_back(entry->path());
  }
  std::ranges::sort(logs);
  return logs;
}

// The compiler's words about each student file, from every build: they may differ.
Diagnostics diagnostics_of(const Course& course, const Rubric& rubric, const BuildRequest& request) {
  Diagnostics all;
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const std::string& text : from) {
      if (std::ranges::find(to, text) == to.end()) to.push_back(text);
    }
  };
  for (const std::string& checker : request.checkers) {
    const fs::path folder = suite_of(course, checker, request.key, rubric.lab).parent_path();
    for (const fs::path& log : logs_below(folder)) {
      const Diagnostics some = read_diagnostics(read_head(log, kLogHead), rubric);
      add(all.errors, some.errors);
      add(all.warnings, some.warnings);
    }
  }
  return all;
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
  std::vector<std::string> result;
  const auto lines = lines_of(text);
  for (std::size_t i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i) {
    result.push_back(shortened(harmless(lines[i]), 300));
  }
  return result;
}

// A file that compiles now must not be blamed for an error of the last time: make writes a log with each compile, so a
// log without an object beside it is of one that failed.
void remove_old_logs(const Course& course, const Rubric& rubric, const BuildRequest& request) {
  for (const std::string& checker : request.checkers) {
    const fs::path folder = suite_of(course, checker, request.key, rubric.lab).parent_path();
    for (const fs::path& log : logs_below(folder)) {
      std::error_code error;
      if (!fs::exists(fs::path{log}.replace_extension(".o"), error)) fs::remove(log, error);
    }
  }
}

}  // namespace

std::string encoded(const BuildResult& result) {
  return nlohmann::json{
      {"state", static_cast<int>(result.state)}, {"errors", result.errors}, {"warnings", result.warnings}}
      .dump();
}

BuildResult decoded_build(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return {static_cast<BuildResult::State>(json.at("state").get<int>()), json.at("errors"), json.at("warnings")};
}

fs::path suite_of(const Course& course, const std::string& checker, const std::string& key, const std::string& lab) {
  return course.build() / checker / key / lab / "suite";
}

BuildResult build_suites(const Course& course, const Rubric& rubric, const BuildRequest& request) {
  std::optional<FileLock> lock;
  if (request.alone) lock = FileLock::wait(course.build() / "make.lock");
  remove_old_logs(course, rubric, request);
  ProcessSpec make{.argv = {"make", "--no-print-directory", "suites", "IMPL=" + request.implementation,
                            "KEY=" + request.key, "REST=" + request.rest, "LAB=" + rubric.lab,
                            "CHECKER=" + joined(request.checkers, " "), fmt::format("-j{}", request.jobs)},
                   .directory = course.root(),
                   // What a make above us was asked for is not meant for this one.
                   .environment = {{"MAKEFLAGS", ""},
                                   {"MFLAGS", ""},
                                   {"MAKEOVERRIDES", ""},
                                   {"MAKELEVEL", ""},
                                   {"LC_ALL", "C.UTF-8"},
                                   {"GCC_COLORS", ""}},
                   .log = request.log,
                   .time_limit = kWholeBuild,
                   .memory_limit = kMemory,
                   .cpu_limit = kOneCompiler,
                   .gentle = true};
  const ProcessEnd end = run_process(make);
  Diagnostics said = diagnostics_of(course, rubric, request);
  if (end.succeeded()) return {BuildResult::State::kBuilt, {}, std::move(said.warnings)};
  const std::string output = read_head(request.log, kLogHead);
  if (said.errors.empty()) said.errors = link_errors(output);
  if (!said.errors.empty())
    return {BuildResult::State::kDoesNotCompile, std::move(said.errors), std::move(said.warnings)};
  if (end.how != End::kExited || output.find("CPU time limit") != std::string::npos) {
    return {BuildResult::State::kDoesNotCompile, {"compiling it " + end.sentence()}, std::move(said.warnings)};
  }
  std::vector<std::string> errors{"make suites failed (" + end.sentence() + "), not at a line of the submission:"};
  std::ranges::copy(last_lines(output, 6), std::back_inserter(errors));
  return {BuildResult::State::kOurFault, std::move(errors), std::move(said.warnings)};
}

}  // namespace grading
