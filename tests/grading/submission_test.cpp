#include "autograder/submission.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autograder/errors.hpp"
#include "fake_course.hpp"

namespace grading_test {
namespace {

using grading::CannotGrade;
using grading::Course;
using grading::HandedIn;
using grading::Submission;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = grading::HandedIn::State;

constexpr const char* kWork = "Alpha.One passed\n";

/// Writes archives entry by entry, also such that no honest program writes.
class Packer {
 public:
  enum class Format { kZip, kTarGz };
  Packer(const fs::path& file, Format format) : archive_{::archive_write_new()} {
    if (format == Format::kZip) {
      ::archive_write_set_format_zip(archive_);
    } else {
      ::archive_write_set_format_pax_restricted(archive_);
      ::archive_write_add_filter_gzip(archive_);
    }
    EXPECT_EQ(::archive_write_open_filename(archive_, file.c_str()), ARCHIVE_OK);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() {
    ::archive_write_close(archive_);
    ::archive_write_free(archive_);
  }

  void file(const std::string& path, const std::string& content) {
    begin(path, AE_IFREG, content.size());
    data(content);
  }
  void link(const std::string& path, const std::string& target) {
    archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, path.c_str());
    ::archive_entry_set_filetype(entry, AE_IFLNK);
    ::archive_entry_set_symlink(entry, target.c_str());
    ::archive_write_header(archive_, entry);
    ::archive_entry_free(entry);
  }
  void zeros(const std::string& path, std::size_t size) {
    begin(path, AE_IFREG, size);
    const std::string block(1 << 20, '\0');
    for (; size > 0; size -= std::min(size, block.size()))
      ::archive_write_data(archive_, block.data(), std::min(size, block.size()));
  }

 private:
  void begin(const std::string& path, unsigned type, std::size_t size) {
    archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, path.c_str());
    ::archive_entry_set_filetype(entry, type);
    ::archive_entry_set_perm(entry, 0644);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    ::archive_write_header(archive_, entry);
    ::archive_entry_free(entry);
  }
  void data(const std::string& content) { ::archive_write_data(archive_, content.data(), content.size()); }

  archive* archive_;
};

class SubmissionTest : public ::testing::Test {
 protected:
  Submission open(const fs::path& path, const std::string& lab = "") const {
    return open_submission(course_, course_.labs(lab), path);
  }
  HandedIn alpha(const fs::path& path) const { return open(path, "01").labs[0]; }
  std::string refusal(const fs::path& path) const {
    try {
      (void)open(path);
    } catch (const CannotGrade& error) {
      return error.what();
    }
    return "";
  }
  const fs::path& root() const { return fake_.root(); }
  fs::path in(const std::string& name) const { return fake_.root() / "in" / name; }

  FakeCourse fake_;
  Course course_{fake_.root()};
};

TEST_F(SubmissionTest, IsAFolderShapedLikeLabs) {
  write(in("x/01-alpha/answer.cpp"), kWork);
  EXPECT_EQ(alpha(in("x")).files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, IsAFolderOfOneLabsFiles) {
  write(in("x/answer.cpp"), kWork);
  EXPECT_EQ(alpha(in("x")).files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, MayLieInOneMoreFolder) {
  write(in("x/anne-hand-in/labs/01-alpha/answer.cpp"), kWork);
  EXPECT_EQ(alpha(in("x")).state, State::kComplete);
}

TEST_F(SubmissionTest, PrefersLabsInACopyOfTheWholeCourse) {
  write(in("x/alternates/01-alpha/answer.cpp"), "other");
  write(in("x/labs/01-alpha/answer.cpp"), kWork);
  EXPECT_EQ(alpha(in("x")).files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, OfAWholeClassIsRefused) {
  write(in("x/anne/01-alpha/answer.cpp"), kWork);
  write(in("x/bob/01-alpha/answer.cpp"), kWork);
  EXPECT_THAT(refusal(in("x")), HasSubstr("there are 2 submissions in it: anne, bob; grade them one by one"));
}

TEST_F(SubmissionTest, OfAWholeClassIsRefusedWhereverItsLabsLie) {
  write(in("x/anne/labs/01-alpha/answer.cpp"), kWork);
  write(in("x/bob/labs/01-alpha/answer.cpp"), kWork);
  EXPECT_THAT(refusal(in("x")), HasSubstr("anne/labs, bob/labs"));
}

TEST_F(SubmissionTest, OfOneLabOfAWholeClassIsRefused) {
  write(in("x/anne/answer.cpp"), kWork);
  write(in("x/bob/answer.cpp"), kWork);
  EXPECT_THAT(refusal(in("x")), HasSubstr("there are 2 submissions in it"));
}

TEST_F(SubmissionTest, OfOneLabIsKnownByTheFilesThatNoOtherLabHas) {
  for (const std::string lab : {"01-alpha", "02-beta"}) {
    const fs::path rubric = root() / "grading/rubrics" / (lab + ".toml");
    const std::string text = read(rubric);
    write(rubric, std::string{text}.replace(text.find("files = ["), 9, "files = [\"both.cpp\", "));
  }
  write(in("x/answer.cpp"), kWork);
  write(in("x/both.cpp"), kWork);
  const Course course{root()};
  const Submission submission = open_submission(course, course.labs(""), in("x"));
  EXPECT_EQ(submission.labs[0].state, State::kComplete);
  EXPECT_EQ(submission.labs[1].state, State::kAbsent);
}

TEST_F(SubmissionTest, MayHaveFoldersOfALabsNameWithNothingOfItsFiles) {
  write(in("x/notes/01-alpha/notes.txt"), "hello");
  write(in("x/work/01-alpha/answer.cpp"), kWork);
  EXPECT_EQ(alpha(in("x")).files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, IsAZip) {
  { Packer{root() / "x.zip", Packer::Format::kZip}.file("01-alpha/answer.cpp", kWork); }
  EXPECT_EQ(alpha(root() / "x.zip").files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, IsATarGz) {
  { Packer{root() / "x.tar.gz", Packer::Format::kTarGz}.file("./hand-in/01-alpha/answer.cpp", kWork); }
  EXPECT_EQ(alpha(root() / "x.tar.gz").files.at("answer.cpp"), kWork);
}

TEST_F(SubmissionTest, ThatDoesNotExistIsNamed) {
  EXPECT_THAT(refusal(root() / "nowhere"), AllOf(HasSubstr("nowhere"), HasSubstr("there is no such file or folder")));
}

TEST_F(SubmissionTest, ThatIsAFifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(root() / "pipe"), HasSubstr("neither a folder nor a regular file"));
}

TEST_F(SubmissionTest, ThatIsNoArchiveIsCalledSo) {
  write(root() / "x.zip", "this is not a zip");
  EXPECT_THAT(refusal(root() / "x.zip"), HasSubstr("is neither a folder nor a readable .zip or .tar.gz"));
}

TEST_F(SubmissionTest, ThatIsAnEmptyFileIsCalledSo) {
  write(root() / "x.zip", "");
  EXPECT_THAT(refusal(root() / "x.zip"), HasSubstr("x.zip: is"));
}

TEST_F(SubmissionTest, ThatWasCutOffIsCalledTruncated) {
  std::string noise;  // nothing that packs well
  for (unsigned i = 1, x = 1; i < 100'000; ++i) noise += static_cast<char>((x = x * 1'664'525 + 1'013'904'223) >> 24);
  { Packer{root() / "x.tar.gz", Packer::Format::kTarGz}.file("01-alpha/answer.cpp", noise); }
  fs::resize_file(root() / "x.tar.gz", fs::file_size(root() / "x.tar.gz") / 2);
  EXPECT_THAT(refusal(root() / "x.tar.gz"), HasSubstr("truncated"));
}

TEST_F(SubmissionTest, WithoutAnyLabSaysWhatWasExpected) {
  write(in("x/readme.txt"), "hello");
  EXPECT_THAT(refusal(in("x")), AllOf(HasSubstr("no lab found"), HasSubstr("01-alpha/answer.cpp")));
}

TEST_F(SubmissionTest, RefusesAnEmptyFile) {
  write(in("x/01-alpha/answer.cpp"), " \n");
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp is empty"));
}

TEST_F(SubmissionTest, RefusesAFileOfAGigabyteWithoutReadingIt) {
  write(in("x/01-alpha/answer.cpp"), "x");
  fs::resize_file(in("x/01-alpha/answer.cpp"), std::uintmax_t{1} << 30);
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp is larger than 1024 KiB"));
}

TEST_F(SubmissionTest, RefusesASymbolicLink) {
  fs::create_directories(in("x/01-alpha"));
  fs::create_symlink(root() / "solutions/01-alpha/answer.cpp", in("x/01-alpha/answer.cpp"));
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp is a symbolic link"));
}

TEST_F(SubmissionTest, RefusesALinkedFolder) {
  fs::create_directories(in("x"));
  fs::create_symlink(root() / "solutions/01-alpha", in("x/01-alpha"));
  const HandedIn lab = alpha(in("x"));
  EXPECT_NE(lab.state, State::kComplete);
  EXPECT_THAT(lab.problem, HasSubstr("01-alpha is a symbolic link"));
}

TEST_F(SubmissionTest, RefusesAFifoWithoutBlocking) {
  fs::create_directories(in("x/01-alpha"));
  ASSERT_EQ(::mkfifo(in("x/01-alpha/answer.cpp").c_str(), 0600), 0);
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp is a FIFO"));
}

TEST_F(SubmissionTest, RefusesAFolderInTheFilesPlace) {
  fs::create_directories(in("x/01-alpha/answer.cpp"));
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp is a folder"));
}

TEST_F(SubmissionTest, RefusesAnUnreadableFile) {
  if (::geteuid() == 0) {
    // Root may read everything: hand over to the kernel's own unreadable file.
    fs::create_directories(in("x/01-alpha"));
    EXPECT_THAT(grading::read_untrusted("/proc/self/mem", 4096).problem, HasSubstr("cannot be read"));
    return;
  }
  write(in("x/01-alpha/answer.cpp"), kWork);
  fs::permissions(in("x/01-alpha/answer.cpp"), fs::perms::none);
  EXPECT_THAT(alpha(in("x")).problem, HasSubstr("answer.cpp cannot be read"));
}

TEST_F(SubmissionTest, TakesTheSkeletonOfAMissingFileWithANote) {
  write(in("x/02-beta/ring.hpp"), "x");
  const HandedIn lab = open(in("x"), "02").labs[0];
  EXPECT_EQ(lab.state, State::kComplete);
  EXPECT_EQ(lab.files.at("more.cpp"), read(root() / "labs/02-beta/more.cpp"));
  EXPECT_THAT(lab.notes, Contains(HasSubstr("more.cpp is missing: the unsolved one")));
}

TEST_F(SubmissionTest, NamesWhatIsMissingOfALabWithoutFiles) {
  write(in("x/01-alpha/answer.cpp"), kWork);
  write(in("x/02-beta/notes.txt"), "x");
  const HandedIn lab = open(in("x"), "02").labs[0];
  EXPECT_EQ(lab.state, State::kAbsent);
  EXPECT_THAT(lab.problem, HasSubstr("more.cpp is missing"));
}

TEST_F(SubmissionTest, IgnoresChangedGivenFilesWithANote) {
  write(in("x/01-alpha/answer.cpp"), kWork);
  write(in("x/01-alpha/given.hpp"), "// mine is better");
  write(in("x/01-alpha/extra.cpp"), "int main() {}");
  const HandedIn lab = alpha(in("x"));
  EXPECT_THAT(lab.notes, AllOf(Contains(HasSubstr("given.hpp: your changes are ignored")),
                               Contains(HasSubstr("extra.cpp: ignored"))));
  EXPECT_EQ(lab.files.size(), 1U);
}

TEST_F(SubmissionTest, SaysNothingOfUnchangedGivenFiles) {
  write(in("x/01-alpha/answer.cpp"), kWork);
  write(in("x/01-alpha/given.hpp"), "// given\n");
  EXPECT_THAT(alpha(in("x")).notes, IsEmpty());
}

TEST_F(SubmissionTest, IgnoresPathsThatLeaveTheArchive) {
  {
    Packer packer{root() / "x.tar.gz", Packer::Format::kTarGz};
    packer.file("../../01-alpha/answer.cpp", "evil");
    packer.file("/etc/01-alpha/answer.cpp", "evil");
    packer.file("01-alpha/answer.cpp", kWork);
  }
  const Submission submission = open(root() / "x.tar.gz", "01");
  EXPECT_EQ(submission.labs[0].files.at("answer.cpp"), kWork);
  EXPECT_THAT(submission.notes, AllOf(Contains(HasSubstr("'..'")), Contains(HasSubstr("an absolute path"))));
}

TEST_F(SubmissionTest, RefusesALinkInAnArchive) {
  {
    Packer packer{root() / "x.tar.gz", Packer::Format::kTarGz};
    packer.link("01-alpha/answer.cpp", "/etc/passwd");
  }
  EXPECT_THAT(alpha(root() / "x.tar.gz").problem, HasSubstr("answer.cpp is a link"));
}

TEST_F(SubmissionTest, PassesOverAGigabyteInAnArchiveAndTakesTheOtherLab) {
  {
    Packer packer{root() / "x.zip", Packer::Format::kZip};
    packer.zeros("01-alpha/answer.cpp", std::size_t{40} << 20);
    packer.file("02-beta/ring.hpp", "Beta.One passed\n");
    packer.file("02-beta/more.cpp", "//\n");
  }
  const Submission submission = open(root() / "x.zip");
  EXPECT_THAT(submission.labs[0].problem, HasSubstr("answer.cpp is larger than 1024 KiB"));
  EXPECT_EQ(submission.labs[1].state, State::kComplete);
}

TEST_F(SubmissionTest, StopsAtAnArchiveThatUnfoldsWithoutEnd) {
  {
    Packer packer{root() / "x.tar.gz", Packer::Format::kTarGz};
    for (int i = 0; i < 20; ++i) packer.zeros("01-alpha/" + std::to_string(i) + ".txt", std::size_t{1} << 20);
  }
  EXPECT_THAT(refusal(root() / "x.tar.gz"), HasSubstr("unfolds to more than 16 MiB"));
}

TEST_F(SubmissionTest, StopsAtAnArchiveOfTooManyFiles) {
  {
    Packer packer{root() / "x.tar.gz", Packer::Format::kTarGz};
    for (int i = 0; i < 5000; ++i) packer.file(std::to_string(i), "");
  }
  EXPECT_THAT(refusal(root() / "x.tar.gz"), HasSubstr("more than 4096 files"));
}

}  // namespace
}  // namespace grading_test
