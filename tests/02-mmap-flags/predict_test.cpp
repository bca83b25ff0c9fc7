// Step 0: what the table predicts is tried out here, on this machine.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <cerrno>

#include "predictions.hpp"
#include "support.hpp"
#include "testing/prediction.hpp"

namespace {

using judge::Happens;
using judge::lesson;
using judge::predicted;
using judge::subject;
using lab::Answer;
using lab02::File;
using lab02::kPage;

/// How it ended when nothing came back.
template <typename T>
Answer end_of(const judge::Outcome<T>& outcome) {
  if (outcome.value) return *outcome.value;
  if (outcome.signal == SIGBUS) return Answer::kSigbus;
  return outcome.signal == SIGSEGV ? Answer::kSigsegv : Answer::kNotPredicted;
}

/// What a byte that was `before` shows now.
Answer seen_in(const volatile std::byte* place, char before) {
  const std::byte now = *place;
  if (now == std::byte{0}) return Answer::kReadsZeroes;
  return now == static_cast<std::byte>(before) ? Answer::kKeepsItsBytes : Answer::kShowsTheNewBytes;
}

TEST(Predict, ASharedMappingForWritingOfADescriptorForReading) {
  lesson(0, "mmap compares what is asked with how the file was opened: shared writing needs O_RDWR, private does not");
  const File file{kPage};
  const auto seen = subject([&] {
    const auto fd = file.open(O_RDONLY);
    void* address = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED) return errno == EACCES ? Answer::kIsRefused : Answer::kNotPredicted;
    const shm::Mapping mapping{address, kPage};
    lab02::put(mapping.bytes(), "news");
    return file.contents() == file.text() ? Answer::kLeavesTheFileAlone : Answer::kChangesTheFile;
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.shared_mapping_for_writing_of_a_descriptor_for_reading; }),
              Happens(end_of(seen)));
}

TEST(Predict, APrivatePageThatWasOnlyRead) {
  lesson(0, "a private page is the file's own page until the first write here: what others write shows through");
  const File file{kPage};
  const auto seen = subject([&] {
    const auto mapping = file.map(MAP_PRIVATE);
    const volatile std::byte* place = mapping.data();
    const char before = static_cast<char>(*place);
    file.write(0, before == 'n' ? "N" : "n");
    return seen_in(place, before);
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.private_page_that_was_only_read; }), Happens(end_of(seen)));
}

TEST(Predict, AWriteBehindTheEndInTheLastPage) {
  lesson(0, "a mapping ends with a page, a file with a byte: what is written between the two is in no file");
  const File file{100};
  const auto seen = subject([&] {
    const auto mapping = file.map();
    *static_cast<volatile std::byte*>(mapping.data() + 200) = std::byte{'x'};
    return file.contents() == file.text() ? Answer::kLeavesTheFileAlone : Answer::kChangesTheFile;
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.write_behind_the_end_in_the_last_page; }), Happens(end_of(seen)));
}

TEST(Predict, AReadBehindTheEndAfterMremap) {
  lesson(0, "mremap changes the mapping, not the file: where the file has no page, each touch is SIGBUS");
  const File file{kPage};
  const auto seen = subject([&] {
    auto mapping = file.map();
    void* moved = ::mremap(mapping.release(), kPage, 2 * kPage, MREMAP_MAYMOVE);
    mapping = shm::Mapping{moved, 2 * kPage};
    return seen_in(mapping.data() + kPage, 'x');
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.read_behind_the_end_after_mremap; }), Happens(end_of(seen)));
}

TEST(Predict, ASharedPageAfterDontneed) {
  lesson(0,
         "MADV_DONTNEED drops this process's view; a shared page is still in the file, and comes back with the next "
         "touch");
  const File file{kPage};
  const auto seen = subject([&] {
    const auto mapping = file.map();
    mapping.data()[0] = std::byte{'w'};
    if (::madvise(mapping.data(), kPage, MADV_DONTNEED) != 0) return Answer::kNotPredicted;
    return seen_in(mapping.data(), 'w');
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.shared_page_after_dontneed; }), Happens(end_of(seen)));
}

TEST(Predict, APrivateCopyAfterTheFileWasCut) {
  lesson(0, "ftruncate unmaps what it cuts off from every mapping, the private copies of its pages included");
  const File file{kPage};
  const auto seen = subject([&] {
    const auto mapping = file.map(MAP_PRIVATE);
    mapping.data()[0] = std::byte{'w'};
    file.cut(0);
    return seen_in(mapping.data(), 'w');
  });
  EXPECT_THAT(predicted([] { return lab::kPredictions.private_copy_after_the_file_was_cut; }), Happens(end_of(seen)));
}

}  // namespace
