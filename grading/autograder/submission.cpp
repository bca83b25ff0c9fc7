#include "submission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "errors.hpp"
#include "text.hpp"

namespace grading {
namespace {

constexpr std::size_t kMostNotes = 5;

// Names of which the content matters: editable files, and given ones, which are compared with the course's.
std::set<std::string> wanted_names(const Course& course, const std::vector<Rubric>& labs) {
  std::set<std::string> names;
  for (const Rubric& rubric : labs) {
    names.insert(rubric.files.begin(), rubric.files.end());
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{course.root() / "labs" / rubric.lab, error}) {
      names.insert(entry.path().filename().string());
    }
  }
  return names;
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

int depth_of(const std::string& path) { return path.empty() ? 0 : 1 + static_cast<int>(std::ranges::count(path, '/')); }

// The first that counts: the top, then what is in it, two levels down; `labs` before its neighbours.
std::pair<int, bool> rank_of(const std::string& base) {
  return {depth_of(base), base != "labs" && !base.ends_with("/labs")};
}

// Folders in which a submission may start.
std::vector<std::string> possible_bases(const Bundle& bundle) {
  std::vector<std::string> bases{""};
  for (const auto& [path, item] : bundle.items) {
    if (item.kind == Item::Kind::kFolder && depth_of(path) <= 2) bases.push_back(path);
  }
  std::ranges::stable_sort(bases, {}, rank_of);
  return bases;
}

// Which of two folders of a submission counts is not for us to say: a class's folder looks like this, too.
std::optional<std::string> only_one_of(const fs::path& path, const std::vector<std::string>& bases) {
  if (bases.empty()) return std::nullopt;
  std::vector<std::string> best;
  for (const std::string& base : bases) {
    if (rank_of(base) == rank_of(bases.front())) best.push_back(harmless(base));
  }
  if (best.size() == 1) return bases.front();
  const std::size_t shown = std::min<std::size_t>(best.size(), 4);
  throw CannotGrade{fmt::format("{}: there are {} submissions in it: {}{}; grade them one by one",
                                harmless(path.string()), best.size(),
                                joined({best.begin(), best.begin() + static_cast<std::ptrdiff_t>(shown)}, ", "),
                                shown < best.size() ? ", ..." : "")};
}

bool holds_any(const Bundle& bundle, const std::string& folder, const std::vector<std::string>& files) {
  return std::ranges::any_of(files,
                             [&](const std::string& file) { return bundle.items.contains(below(folder, file)); });
}

std::optional<std::string> base_shaped_like_labs(const Course& course, const fs::path& path, const Bundle& bundle) {
  std::vector<std::string> filled;
  std::vector<std::string> named;
  for (const std::string& base : possible_bases(bundle)) {
    const std::vector<Rubric>& rubrics = course.rubrics();
    const auto is_there = [&](const Rubric& rubric) { return bundle.items.contains(below(base, rubric.lab)); };
    const auto is_filled = [&](const Rubric& rubric) {
      return holds_any(bundle, below(base, rubric.lab), rubric.files);
    };
    if (std::ranges::any_of(rubrics, is_filled)) filled.push_back(base);
    if (std::ranges::any_of(rubrics, is_there)) named.push_back(base);
  }
  return filled.empty() && !named.empty() ? named.front() : only_one_of(path, filled);
}

// Its files that no other lab has: of a folder that holds one lab's files, they say which lab's.
std::vector<std::string> telling_files(const Course& course, const Rubric& rubric) {
  std::vector<std::string> files = rubric.files;
  for (const Rubric& other : course.rubrics()) {
    if (other.lab == rubric.lab) continue;
    std::erase_if(files, [&](const std::string& file) { return other.is_editable(file); });
  }
  return files;
}

std::optional<std::string> base_with_any(const std::vector<std::string>& files, const fs::path& path,
                                         const Bundle& bundle) {
  std::vector<std::string> bases = possible_bases(bundle);
  std::erase_if(bases, [&](const std::string& base) { return !holds_any(bundle, base, files); });
  return only_one_of(path, bases);
}

bool is_code(const std::string& name) {
  constexpr std::array<std::string_view, 7> kEndings{".cpp", ".hpp", ".h", ".cc", ".c", ".hh", ".cxx"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

// What lies beside the editable files and does not count.
std::vector<std::string> ignored_in(const Course& course, const Rubric& rubric, const Bundle& bundle,
                                    const std::string& folder) {
  std::vector<std::string> notes;
  std::size_t more = 0;
  const auto say = [&](std::string note) {
    notes.size() < kMostNotes ? notes.push_back(std::move(note)) : void(++more);
  };
  const std::string prefix = folder.empty() ? "" : folder + "/";
  for (auto entry = bundle.items.lower_bound(prefix); entry != bundle.items.end(); ++entry) {
    if (!entry->first.starts_with(prefix)) break;
    const std::string name = entry->first.substr(prefix.size());
    if (!is_code(name) || rubric.is_editable(name) || entry->second.kind == Item::Kind::kFolder) continue;
    const fs::path given = course.root() / "labs" / rubric.lab / name;
    std::error_code error;
    if (name.find('/') != std::string::npos || !fs::exists(given, error)) {
      say(fmt::format("{}: ignored: not a file of this lab that you are to edit", harmless(name)));
    } else if (read_untrusted(given, kFileLimit).content != entry->second.content) {
      say(fmt::format("{}: your changes are ignored: this file is given, the course's own was used", harmless(name)));
    }
  }
  if (more > 0) notes.push_back(fmt::format("and {} more files that are ignored", more));
  return notes;
}

HandedIn take(const Course& course, const Rubric& rubric, const Bundle& bundle, const std::string& folder) {
  HandedIn lab{.lab = rubric.lab, .state = HandedIn::State::kComplete, .problem = {}, .notes = {}, .files = {}};
  std::vector<std::string> problems;
  std::vector<std::string> missing;
  const auto at_folder = bundle.items.find(folder);
  const bool no_folder = at_folder != bundle.items.end() && at_folder->second.kind != Item::Kind::kFolder;
  if (no_folder || (at_folder != bundle.items.end() && !at_folder->second.problem.empty())) {
    const std::string& why = at_folder->second.problem;
    problems.push_back(fmt::format("{} {}", harmless(folder), why.empty() ? "is not a folder" : why));
  }
  for (const std::string& name : rubric.files) {
    if (!problems.empty() && no_folder) break;
    const auto found = bundle.items.find(below(folder, name));
    if (found == bundle.items.end()) {
      missing.push_back(name);
      continue;
    }
    const std::string problem =
        found->second.problem.empty() ? problem_with(found->second.content) : found->second.problem;
    if (problem.empty()) {
      lab.files[name] = found->second.content;
    } else {
      problems.push_back(fmt::format("{} {}", name, problem));
    }
  }
  lab.notes = ignored_in(course, rubric, bundle, folder);
  const bool none = missing.size() == rubric.files.size();
  for (const std::string& name : missing) {
    if (none) {
      problems.push_back(name + " is missing; put it into the lab's folder");
    } else {
      lab.notes.push_back(fmt::format("{} is missing: the unsolved one of the course was used in its place", name));
      lab.files[name] = read_untrusted(course.root() / "labs" / rubric.lab / name, kFileLimit).content;
    }
  }
  lab.problem = joined(problems, "; ");
  if (!problems.empty()) lab.state = none ? HandedIn::State::kAbsent : HandedIn::State::kRefused;
  return lab;
}

HandedIn absent(const Rubric& rubric) {
  return {
      .lab = rubric.lab,
      .state = HandedIn::State::kAbsent,
      .problem = fmt::format("there is no folder {} with {} in the submission", rubric.lab, joined(rubric.files, ", ")),
      .notes = {},
      .files = {}};
}

}  // namespace

std::string problem_with(const std::string& content) {
  if (content.find_first_not_of(" \t\r\n") == std::string::npos)
    return "is empty; start again from the course's skeleton";
  const std::size_t zero = content.find('\0');
  if (zero == std::string::npos) return "";
  return fmt::format("is binary (a zero byte in line {}); save it as UTF-8 text",
                     1 + std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(zero), '\n'));
}

Submission open_submission(const Course& course, const std::vector<Rubric>& labs, const fs::path& path) {
  Bundle bundle = read_submission(path, wanted_names(course, labs));
  Submission submission{.labs = {}, .notes = std::move(bundle.notes)};
  const auto base = base_shaped_like_labs(course, path, bundle);
  bool any = base.has_value();
  for (const Rubric& rubric : labs) {
    if (base) {
      const std::string folder = below(*base, rubric.lab);
      submission.labs.push_back(bundle.items.contains(folder) ? take(course, rubric, bundle, folder) : absent(rubric));
      continue;
    }
    const auto own = base_with_any(labs.size() == 1 ? rubric.files : telling_files(course, rubric), path, bundle);
    submission.labs.push_back(own ? take(course, rubric, bundle, *own) : absent(rubric));
    any = any || own;
  }
  if (!any) {
    std::vector<std::string> expected;
    for (const Rubric& rubric : labs) expected.push_back(fmt::format("{}/{}", rubric.lab, joined(rubric.files, ", ")));
    std::string message =
        fmt::format("{}: no lab found in it; expected {}", harmless(path.string()), joined(expected, " or "));
    for (const std::string& note : submission.notes) message += "\n  " + note;
    throw CannotGrade{message};
  }
  return submission;
}

}  // namespace grading
