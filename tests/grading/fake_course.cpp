#include "fake_course.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "autograder/course.hpp"
#include "autograder/grade.hpp"

namespace grading_test {
namespace {

constexpr std::string_view kMakefile = R"(suites:
	@common/fake-build '$(IMPL)' '$(KEY)' '$(LAB)' '$(CHECKER)'
)";

// The part of the compiler, the linker and make.
constexpr std::string_view kBuild = R"sh(#!/bin/bash
impl=$1 key=$2 lab=$3
for checker in $4; do
  out=build/$checker/$key/$lab
  mkdir -p "$out"
  cat "$impl/$lab"/* > "$out/script"
  : > "$out/answer.log"
  for file in "$impl/$lab"/*; do
    awk -v f="$file" '/SYNTAX ERROR/ { printf "%s:%d:3: error: expected a semicolon\n", f, NR }
                      /WARNING/ { printf "%s:%d:3: warning: unused variable\n", f, NR }' "$file" >> "$out/answer.log"
  done
  if grep -q ' error: ' "$out/answer.log"; then cat "$out/answer.log" >&2; exit 2; fi
  if grep -q 'NO SUCH FUNCTION' "$out/script"; then echo "ld: x.o: undefined reference to \`lab::create(int)'" >&2; exit 2; fi
  if grep -q 'OUR OWN FAULT' "$out/script"; then echo "common/helper.cpp:1:1: error: broken" >&2; exit 2; fi
  if grep -q 'SLOW COMPILER' "$out/script"; then touch build/slow-started; exec sleep 1000; fi
  : > "$out/answer.o"
  cp common/fake-suite "$out/suite"
done
)sh";

// The part of a suite: obeys the script that the "student" wrote.
constexpr std::string_view kSuite = R"sh(#!/bin/bash
filter=":${1#--gtest_filter=}:"
folder=$(dirname "$0")
lab=$(basename "$folder")
record() { printf '%s\n' "$1" >&"$RECORD_FD"; }
end() { record "{\"event\":\"end\",\"test\":\"$test\",\"outcome\":\"$1\",\"step\":1,\"why\":\"it matters\",\"expected\":\"x\",\"happened\":\"$2\",\"message\":\"\",\"seconds\":0.5,\"seed\":\"$SEED\",\"story\":\"$6\",\"stacks\":\"$4\",\"finding\":\"$3\",\"output\":\"\",\"not_started\":\"$5\"}"; }
for test in $(cat "common/$lab.tests"); do
  case "$filter" in *":$test:"*) ;; *) continue ;; esac
  word=$(awk -v t="$test" -v c="$CHECKER_NAME" '$1 == t && ($3 == "" || $3 == c) { print $2; exit }' "$folder/script")
  record "{\"event\":\"start\",\"test\":\"$test\"}"
  case "$word" in
    passed) end passed "" ;;
    failed | leaked | crashed | timed_out) end "$word" "it returned 7" ;;
    race) end sanitizer "a race" "$(cat common/race.txt)" ;;
    nasty) end failed "\\u001b[2Jcleared\\u202e\\u0000 $(printf 'bad \xff byte')" ;;
    tells) end failed "it goes wrong" "" "" "" "  ┃ writes 1\\n  ✗ a data race" ;;
    rambles) end failed "it goes wrong" "" "" "" "$(printf '  \\u001b[2J┃ writes %s\\n' {1..3000})" ;;
    die) kill -SEGV $$ ;;
    leave) exit 0 ;;
    hang) touch "$folder/hangs"; sleep 1000 & echo $! > build/hanging; setsid sleep 1001 & wait ;;
    orphan) setsid sleep 1002 < /dev/null & end passed "" ;;
    eat) tail -c 4G /dev/zero | tail > /dev/null ;;
    chatter) yes "noise noise noise" | head -c 3000000; end failed "it talked" ;;
    junk) record "this is no record"; record "{\"event\":7}"; end passed "" ;;
    *) end not_started "" "" "" "step 1: begin" ;;
  esac
done
record '{"event":"finished","tests":1}'
)sh";

constexpr std::string_view kAlpha = R"(lab = "01-alpha"
title = "First letters"
files = ["answer.cpp"]
[limits]
suite_seconds = 2
memory_mib = 100
[[step]]
number = 1
title = "One"
[[step]]
number = 2
title = "Two and three"
[[test]]
name = "Alpha.One"
step = 1
points = { unit = 2, tsan = 1 }
[[test]]
name = "Alpha.Two"
step = 2
points = { unit = 3 }
[[test]]
name = "Alpha.Three"
step = 2
points = { unit = 4, tsan = 2 }
)";

constexpr std::string_view kBeta = R"(lab = "02-beta"
title = "Second letters"
files = ["ring.hpp", "more.cpp"]
[[step]]
number = 1
title = "Only"
[[test]]
name = "Beta.One"
step = 1
points = { unit = 5 }
)";

void make_executable(const fs::path& file) {
  fs::permissions(file, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "grading-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp " + name};
  path_ = fs::canonical(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

void write(const fs::path& file, std::string_view content) {
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << content;
}

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

FakeCourse::FakeCourse() {
  write(root() / "Makefile", kMakefile);
  write(root() / "common/fake-build", kBuild);
  write(root() / "common/fake-suite", kSuite);
  write(root() / "common/testing/run-suite", "#!/bin/bash\nCHECKER_NAME=$1 exec \"$2\" \"${@:3}\"\n");
  for (const char* file : {"common/fake-build", "common/fake-suite", "common/testing/run-suite"})
    make_executable(root() / file);
  write(root() / "common/01-alpha.tests", "Alpha.One Alpha.Two Alpha.Three");
  write(root() / "common/02-beta.tests", "Beta.One");
  write(root() / "common/race.txt",
        "WARNING: ThreadSanitizer: data race (pid=1)\\n  Write of size 8 at 0x1 by thread T1:\\n"
        "    #0 lab::put(long) /x/answer.cpp:3 (suite+0x1)\\n  Previous read of size 8 at 0x1 by main thread:\\n"
        "    #0 lab::get() /x/answer.cpp:9 (suite+0x2)\\n");
  write(root() / "grading/rubrics/01-alpha.toml", kAlpha);
  write(root() / "grading/rubrics/02-beta.toml", kBeta);
  write(root() / "labs/01-alpha/answer.cpp", "// TODO\n");
  write(root() / "labs/01-alpha/given.hpp", "// given\n");
  write(root() / "labs/02-beta/ring.hpp", "// TODO\n");
  write(root() / "labs/02-beta/more.cpp", "// TODO\n");
  write(root() / "solutions/01-alpha/answer.cpp", "Alpha.One passed\nAlpha.Two passed\nAlpha.Three passed\n");
  write(root() / "solutions/02-beta/ring.hpp", "Beta.One passed\n");
  write(root() / "solutions/02-beta/more.cpp", "// more\n");
}

grading::Report FakeCourse::grade_at(const fs::path& submission, const std::string& lab) const {
  const grading::Course course{root()};
  grading::GradeOptions options;
  options.submission = submission.string();
  options.lab = lab;
  return grading::grade(course, options);
}

grading::Report FakeCourse::grade(const std::string& lab, const std::vector<std::string>& checkers) const {
  const grading::Course course{root()};
  grading::GradeOptions options;
  options.submission = submission().string();
  options.lab = lab;
  options.checkers = checkers;
  return grading::grade(course, options);
}

FakeCourse::Said FakeCourse::run(const std::string& arguments) const {
  const std::string command = fmt::format("exec 2>&1; cd '{}'; '{}' {}", root().string(), program(), arguments);
  FILE* pipe = ::popen(command.c_str(), "r");
  Said said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said.text += static_cast<char>(c);
  const int status = ::pclose(pipe);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

std::string program() {
  const char* given = std::getenv("AUTOGRADER");
  return fs::absolute(given == nullptr ? "build/autograder" : given).string();
}

grading::TestResult result_of(const grading::LabReport& lab, const std::string& test, const std::string& checker) {
  for (const grading::TestResult& result : lab.tests) {
    if (result.test == test && result.checker == checker) return result;
  }
  ADD_FAILURE() << "no result for " << test << " under " << checker;
  return {};
}

}  // namespace grading_test
