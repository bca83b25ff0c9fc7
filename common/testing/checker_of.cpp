#include "testing/checker_of.hpp"

#include <cctype>

namespace judge::detail {

std::string checker_of(std::string_view file) {
  // .../lab/checker/file
  const auto name = file.rfind('/');
  if (name == std::string_view::npos || name == 0) return {};
  const auto folder = file.rfind('/', name - 1);
  if (folder == std::string_view::npos || folder == 0) return {};
  const auto lab = file.rfind('/', folder - 1) + 1;
  const bool is_lab = std::isdigit(static_cast<unsigned char>(file[lab])) != 0;
  return is_lab ? std::string{file.substr(folder + 1, name - folder - 1)} : "";
}

}  // namespace judge::detail
