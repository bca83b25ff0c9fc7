#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "files.hpp"

/// What a student handed in, whatever it came in: names, kinds and, of the files we care about, contents. Nothing is
/// ever written from it except the editable files, by us, under names of ours.
namespace grading {

/// What is read of a submission at most, in bytes, entries and folders within folders (docs/limits.md).
inline constexpr std::size_t kFileLimit = std::size_t{1} << 20;
inline constexpr std::size_t kTotalLimit = std::size_t{16} << 20;
inline constexpr std::size_t kArchiveLimit = std::size_t{16} << 20;  // packed
inline constexpr std::size_t kEntryLimit = 4096;
inline constexpr int kDepthLimit = 5;

/// One entry of a submission.
struct Item {
  enum class Kind { kFile, kFolder, kOther };
  Kind kind = Kind::kFile;
  std::string content;  ///< of a file whose name was wanted
  std::string problem;  ///< why there is no content, e.g. "is a symbolic link"
};

/// All entries of a submission, and what the reader should know about those that were refused.
struct Bundle {
  std::map<std::string, Item> items;  ///< by path inside the submission: "labs/01-shm-open/shm_object.cpp"
  std::vector<std::string> notes;
};

/// Reads a folder or an archive; contents only of files with a name in `wanted`.
/// @throws CannotGrade when it is neither, or not readable at all
[[nodiscard]] Bundle read_submission(const fs::path& path, const std::set<std::string>& wanted);

/// Reads a .zip, .tar.gz or .tar without unpacking it anywhere. Links, devices, absolute paths and `..` are refused
/// entry by entry, with a note; limits bound what a small archive may unfold to.
[[nodiscard]] Bundle read_archive(const fs::path& path, const std::set<std::string>& wanted);

}  // namespace grading
