#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <functional>
#include <iostream>

#include "alternates.hpp"
#include "errors.hpp"
#include "grade.hpp"
#include "interrupt.hpp"
#include "mutant.hpp"
#include "paint.hpp"
#include "process_tree.hpp"
#include "report.hpp"
#include "soak.hpp"
#include "text.hpp"

namespace {

using namespace grading;

struct Options {
  std::string course = ".";
  GradeOptions grade;
  SoakOptions soak;
  std::string lab;
  std::string only;
  bool whole = false;
  std::string submission;
  std::string json;
  std::string junit;
  int jobs = 2;
};

int do_grade(const Options& options) {
  const Course course{options.course};
  const Report report = grade(course, options.grade);
  if (!options.json.empty()) write_json(report, options.json);
  if (!options.junit.empty()) write_junit(report, options.junit);
  // The scoreboard gives way to a report on standard output.
  if (options.json != "-" && options.junit != "-") std::cout << render_terminal(report, wants_colour()) << std::flush;
  return report.worked() ? 0 : 1;
}

int do_stage(const Options& options) {
  const Course course{options.course};
  StagedSubmission staged = stage_submission(course, course.labs(options.lab), options.submission);
  staged.stage.keep();
  for (const std::string& note : staged.notes) fmt::print(stderr, "  note: {}\n", note);
  bool any = false;
  for (std::size_t i = 0; i < staged.labs.size(); ++i) {
    const LabReport& lab = staged.labs[i];
    any = any || staged.is_staged(i);
    if (!lab.message.empty()) fmt::print(stderr, "  {}: {}: {}\n", lab.lab, words(lab.status), lab.message);
    for (const std::string& note : lab.notes) fmt::print(stderr, "  note: {}\n", note);
  }
  if (!any) return 1;
  fmt::print("{}\n", staged.stage.folder());
  return 0;
}

// Parsing fills the options and chooses the action; nothing is done yet.
void describe_command_line(CLI::App& app, Options& options, std::function<int()>& action) {
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--course", options.course, "the course's folder")->capture_default_str();
  app.footer("Exit status: 0 it worked, whatever the score; 1 it did not; 2 the command line is wrong.");
  const auto jobs = [](CLI::App* command, int& value) {
    command->add_option("--jobs", value, "how many suites run side by side")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
  };
  const std::string lab_help = "one lab: 07-spsc-ring, 07, 7 or spsc-ring (default: all)";

  CLI::App* grade = app.add_subcommand("grade", "grades a submission: marks, lessons, what to do next");
  grade->add_option("--submission", options.grade.submission, "folder, .zip or .tar.gz")->capture_default_str();
  grade->add_option("--lab", options.grade.lab, lab_help);
  grade->add_option("--checker", options.grade.checkers, "these checkers alone (default: all)");
  grade->add_option("--json", options.json,
                    "writes the report as JSON (grading/report.schema.json); - is standard output");
  grade->add_option("--junit", options.junit, "writes the report as JUnit XML; - is standard output");
  grade->add_option("--results", options.grade.results, "folder for the logs")->capture_default_str();
  grade->add_option("--seed", options.grade.seed, "seed of the tests' random inputs (default: a new one)");
  jobs(grade, options.grade.jobs);
  grade->callback([&] { action = [&] { return do_grade(options); }; });

  CLI::App* stage =
      app.add_subcommand("stage", "puts a submission's editable files where make finds them; prints where");
  stage->add_option("--submission", options.submission, "folder, .zip or .tar.gz")->required();
  stage->add_option("--lab", options.lab, lab_help);
  stage->callback([&] { action = [&] { return do_stage(options); }; });

  CLI::App* mutants = app.add_subcommand("mutants", "tries every known mistake and prints which test catches it");
  mutants->add_option("--lab", options.lab, lab_help);
  mutants->add_option("--only", options.only, "those whose name fits a pattern: 'relaxed-*' (default: all)");
  mutants->add_flag("--whole", options.whole, "run whole suites, and list the tests that no mutant fails");
  jobs(mutants, options.jobs);
  mutants->callback([&] {
    action = [&] {
      return run_mutants(Course{options.course},
                         {.lab = options.lab, .only = options.only, .whole = options.whole, .jobs = options.jobs});
    };
  });

  CLI::App* alternates = app.add_subcommand("alternates", "right but unusual submissions: each must have full marks");
  alternates->add_option("--lab", options.lab, lab_help);
  jobs(alternates, options.jobs);
  alternates->callback(
      [&] { action = [&] { return run_alternates(Course{options.course}, options.lab, options.jobs); }; });

  CLI::App* soak =
      app.add_subcommand("soak", "runs the tests again and again under load: every verdict must be the same");
  soak->add_option("--submission", options.soak.submission, "folder, .zip or .tar.gz")->capture_default_str();
  soak->add_option("--lab", options.soak.lab, lab_help);
  soak->add_option("--checker", options.soak.checkers, "these checkers alone (default: all)");
  soak->add_option("--runs", options.soak.runs, "how often")->check(CLI::PositiveNumber)->capture_default_str();
  jobs(soak, options.soak.jobs);
  soak->callback([&] { action = [&] { return run_soak(Course{options.course}, options.soak); }; });
}

int fail(const std::string& what, int status) {
  fmt::print(stderr, "autograder: {}\n", what);
  return status;
}

int run(const std::function<int()>& action) {
  const InterruptGuard guard;
  try {
    return action();
  } catch (const Interrupted& interrupted) {
    return fail("interrupted: everything that was started has been ended", 128 + interrupted.signal);
  } catch (const UsageError& error) {
    return fail(error.what(), 2);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // file names in archives
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  std::function<int()> action;
  CLI::App app{"Grades submissions of the shared-memory course.", "autograder"};
  try {
    describe_command_line(app, options, action);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const int status = run(action);
  end_descendants();  // none is left, unless a worker was killed before it could tidy up
  return status;
}
