#include "course.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "errors.hpp"
#include "text.hpp"

namespace grading {
namespace {

std::string without_zeros(std::string_view number) {
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return std::string{number};
}

bool means(const std::string& wish, const std::string& lab) {
  const std::size_t dash = lab.find('-');
  if (wish == lab) return true;
  if (dash == std::string::npos) return false;
  return wish == lab.substr(dash + 1) || without_zeros(wish) == without_zeros(lab.substr(0, dash));
}

}  // namespace

Course::Course(const fs::path& root) {
  std::error_code error;
  root_ = fs::canonical(root, error);
  const fs::path folder = root_ / "grading" / "rubrics";
  if (error || !fs::is_directory(folder)) {
    throw CannotGrade{fmt::format("{}: no course here (grading/rubrics is missing); name its folder with --course",
                                  harmless(root.string()))};
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) rubrics_.push_back(load_rubric(file));
  if (rubrics_.empty()) throw CannotGrade{fmt::format("{}: there is no rubric in it", folder.string())};
}

std::vector<Rubric> Course::labs(const std::string& name) const {
  if (name.empty()) return rubrics_;
  std::vector<std::string> valid;
  for (const Rubric& rubric : rubrics_) {
    if (means(name, rubric.lab)) return {rubric};
    valid.push_back(rubric.lab);
  }
  std::error_code error;
  if (fs::is_directory(root() / "labs" / name, error)) {
    throw UsageError{
        fmt::format("labs/{} has no rubric: write grading/rubrics/{}.toml", harmless(name), harmless(name))};
  }
  throw UsageError{fmt::format("there is no lab '{}'; the labs are: {}", harmless(name), joined(valid, ", "))};
}

std::vector<std::string> Course::checkers(const std::vector<std::string>& names) const {
  std::vector<std::string> valid;
  for (const Rubric& rubric : rubrics_) std::ranges::copy(rubric.checkers(), std::back_inserter(valid));
  sort_checkers(valid);
  std::vector<std::string> chosen;
  for (std::string text : names) {
    std::ranges::replace(text, ',', ' ');
    std::size_t at = 0;
    while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      chosen.push_back(text.substr(at, end - at));
      at = end;
    }
  }
  for (const std::string& checker : chosen) {
    if (std::ranges::find(valid, checker) == valid.end()) {
      throw UsageError{
          fmt::format("there is no checker '{}'; the checkers are: {}", harmless(checker), joined(valid, ", "))};
    }
  }
  sort_checkers(chosen);
  return chosen.empty() ? valid : chosen;
}

}  // namespace grading
