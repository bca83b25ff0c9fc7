#include "alternates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "grade.hpp"
#include "paint.hpp"
#include "text.hpp"

namespace grading {
namespace {

std::vector<fs::path> alternates_of(const Course& course, const Rubric& rubric) {
  std::vector<fs::path> folders;
  std::error_code error;
  const fs::path folder = course.root() / "grading" / "alternates" / rubric.lab;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory()) folders.push_back(entry->path());
  }
  std::ranges::sort(folders);
  return folders;
}

// What an alternate leaves out (the predictions, say) is the solution's.
fs::path completed(const Course& course, const Rubric& rubric, const fs::path& alternate) {
  fs::path whole = course.build() / "alternates" / rubric.lab / alternate.filename();
  fs::remove_all(whole);
  fs::create_directories(whole);
  for (const std::string& file : rubric.files) {
    const fs::path own = alternate / file;
    fs::copy_file(fs::exists(own) ? own : course.root() / "solutions" / rubric.lab / file, whole / file);
  }
  return whole;
}

void print(const std::string& name, const LabReport& report, const Paint& paint) {
  const bool full = report.status == LabStatus::kFullMarks;
  fmt::print("  {} {}{} / {}\n", full ? paint.good("✓") : paint.bad("✗"), padded(name, 50), report.score,
             report.max_score);
  if (full) return;
  for (const std::string& line : wrapped(report.message, 92)) {
    if (!report.message.empty()) fmt::print("      {}\n", line);
  }
  for (const TestResult& result : report.tests) {
    if (result.outcome == Outcome::kPassed || result.outcome == Outcome::kDoesNotCompile) continue;
    fmt::print("      {} under {}: {}\n", result.test, result.checker, words(result.outcome));
    const std::string what = result.findings.empty() ? result.happened : result.findings.front();
    for (const std::string& line : wrapped(shortened(one_line(what), 270), 90)) fmt::print("        {}\n", line);
  }
}

}  // namespace

int run_alternates(const Course& course, const std::string& lab, int jobs) {
  const std::vector<Rubric> rubrics = course.labs(lab);
  const Paint paint{wants_colour()};
  std::vector<StagedSubmission> staged;
  std::vector<std::string> names;
  std::vector<Candidate> candidates;
  int bad = 0;
  for (const Rubric& rubric : rubrics) {
    for (const fs::path& folder : alternates_of(course, rubric)) {
      const std::string name = rubric.lab + "/" + folder.filename().string();
      staged.push_back(stage_submission(course, {rubric}, completed(course, rubric, folder).string()));
      if (!staged.back().is_staged(0)) {
        print(name, staged.back().labs[0], paint);
        ++bad;
        continue;
      }
      names.push_back(name);
      candidates.push_back({.rubric = &rubric,
                            .key = staged.back().stage.key(),
                            .implementation = staged.back().stage.folder(),
                            .rest = {},
                            .submission = folder.lexically_relative(course.root()).string(),
                            .results = course.build() / "results" / "alternates" / name,
                            .plan = full_plan(rubric, course.checkers({}))});
    }
  }
  {
    const Progress progress;
    const auto reports = grade_candidates(
        course, candidates,
        {.jobs = jobs, .seed = fresh_seed(), .many_and_small = false, .progress = [&](const std::string& what) {
           progress.say(what);
         }});
    progress.say("");
    for (std::size_t i = 0; i < reports.size(); ++i) {
      print(names[i], reports[i], paint);
      bad += reports[i].status == LabStatus::kFullMarks ? 0 : 1;
    }
  }
  fmt::print("\n{} alternates: {} with full marks, {} without\n", staged.size(),
             staged.size() - static_cast<std::size_t>(bad), bad);
  return bad == 0 ? 0 : 1;
}

}  // namespace grading
