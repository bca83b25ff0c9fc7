// Step 4: a file and its mapping grow and shrink.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;
using judge::ThrowsErrno;
using lab02::File;
using lab02::kPage;

/// Maps the file and gives it this size; what the mapping shows then.
auto resized(const File& file, std::size_t size) {
  return subject([&file, size] {
    auto mapping = file.map();
    lab::resize(file.fd(), mapping, size);
    return lab02::text_of(mapping.bytes());
  });
}

TEST(Resize, GrowsTheFileAndTheMapping) {
  lesson(4, "mremap alone succeeds beyond the file's end, and the first touch there is SIGBUS: both must grow");
  const File file{random_between(100, 9'000)};
  const std::size_t more = random_between(1, 50'000);
  EXPECT_THAT(resized(file, file.text().size() + more), Returns(file.text() + std::string(more, '\0')));
  EXPECT_EQ(file.size(), file.text().size() + more);
}

TEST(Resize, ReservesWhatItAdds) {
  lesson(4, "ftruncate makes a file longer and reserves nothing: when memory runs out, a later write dies of SIGBUS");
  const File file{random_between(100, 9'000)};
  const std::size_t size = random_between(100'000, 300'000);
  EXPECT_THAT(subject([&] {
                auto mapping = file.map();
                lab::resize(file.fd(), mapping, size);
              }),
              ReturnsNormally());
  EXPECT_GE(file.reserved(), size) << "bytes of memory the file has";
}

TEST(Resize, MovesWhenThereIsNoRoomBehind) {
  lesson(4, "a mapping grows in place only if nothing lies behind it; MREMAP_MAYMOVE lets it go elsewhere");
  const File file{100};
  EXPECT_THAT(
      subject([&] {
        auto mapping = file.map();
        void* wall =
            ::mmap(mapping.data() + kPage, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        const shm::Mapping owned{wall == MAP_FAILED ? nullptr : wall, kPage};  // else something is there already
        lab::resize(file.fd(), mapping, 20 * kPage);
        return lab02::text_of(mapping.bytes().first(100));
      }),
      Returns(file.text()));
}

TEST(Resize, WhatIsNewIsZeroAlsoInTheLastPage) {
  lesson(4,
         "what was written behind the end, in the last page, belongs to no file; in /dev/shm it comes to light when "
         "the file grows");
  const File file{random_between(100, kPage - 100)};
  const std::size_t size = file.text().size();
  EXPECT_THAT(subject([&] {
                auto mapping = file.map();
                lab02::put({mapping.data() + size, 16}, "behind the end!!");
                lab::resize(file.fd(), mapping, size + 5'000);
                return lab02::text_of(mapping.bytes().subspan(size, 16));
              }),
              Returns(std::string(16, '\0')));
}

TEST(Resize, ShrinksTheFileAndTheMapping) {
  lesson(4, "pages that are mapped behind a file's end are SIGBUS for whoever touches them");
  const File file{random_between(20'000, 30'000)};
  const std::size_t size = random_between(1, 9'000);
  EXPECT_THAT(resized(file, size), Returns(file.text().substr(0, size)));
  EXPECT_EQ(file.size(), size);
}

TEST(Resize, UnmapsWhatItTakesAway) {
  lesson(4, "a mapping that only says that it is smaller keeps its pages mapped, and nobody will ever unmap them");
  const File file{20 * kPage};
  EXPECT_THAT(subject([&] {
                {
                  auto mapping = file.map();
                  lab::resize(file.fd(), mapping, 2 * kPage);
                }
                {
                  auto mapping = file.map();
                  lab::resize(file.fd(), mapping, 30 * kPage);
                }
              }),
              ReturnsNormally());  // and leaves nothing mapped
}

TEST(Resize, OthersKeepWhatBothSizesHave) {
  lesson(4, "others have the file mapped: growing it must not go through a moment in which it is empty");
  const File file{3 * kPage};
  EXPECT_THAT(subject([&] {
                auto mapping = file.map();
                const auto other = file.map(MAP_PRIVATE);
                other.data()[0] = std::byte{'x'};  // its own copy, which goes when the file is cut below it
                lab::resize(file.fd(), mapping, 9 * kPage);
                lab::resize(file.fd(), mapping, 2 * kPage);
                return lab02::text_of(other.bytes().first(2 * kPage));
              }),
              Returns("x" + file.text().substr(1, 2 * kPage - 1)));
}

TEST(Resize, AcceptsTheSizeItHas) {
  lesson(4, "to ask for what is there already is no error: there is just nothing to do");
  const File file{random_between(100, 9'000)};
  EXPECT_THAT(resized(file, file.text().size()), Returns(file.text()));
  EXPECT_EQ(file.contents(), file.text());
}

TEST(Resize, RefusesNoBytes) {
  lesson(4, "an empty file cannot stay mapped, and all that it held would be gone");
  const File file{random_between(100, 9'000)};
  EXPECT_THAT(resized(file, 0), ThrowsErrno(EINVAL));
  EXPECT_EQ(file.contents(), file.text());
}

TEST(Resize, RefusesAMappingThatIsNotOfTheWholeFile) {
  lesson(4, "a mapping of another size is of another file, or out of date: to go on would cut what one has not seen");
  const File file{3 * kPage};
  const auto with = [&](std::size_t mapped) {
    return subject([&file, mapped] {
      auto mapping = mapped == 0 ? shm::Mapping{} : shm::Mapping::shared(file.fd(), mapped);
      lab::resize(file.fd(), mapping, kPage);
    });
  };
  EXPECT_THAT(with(2 * kPage), ThrowsErrno(EINVAL));
  EXPECT_THAT(with(0), ThrowsErrno(EINVAL));
  EXPECT_EQ(file.contents(), file.text());
  const File empty{0};
  EXPECT_THAT(subject([&] {
                shm::Mapping mapping;
                lab::resize(empty.fd(), mapping, kPage);
              }),
              ThrowsErrno(EINVAL));
}

}  // namespace
