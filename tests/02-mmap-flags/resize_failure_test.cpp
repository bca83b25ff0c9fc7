// Step 4: what fails leaves the file and its mapping as they were.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ostream>
#include <string>
#include <system_error>

#include "support.hpp"

namespace {

using judge::EndsAs;
using judge::Kind;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::subject;
using lab02::File;
using lab02::kPage;

/// What is left of a file and its mapping after an attempt to resize it.
struct Aftermath {
  int error;           ///< 0: it did not fail
  std::size_t mapped;  ///< bytes
  std::size_t size;    ///< of the file
  bool intact;  ///< all that it had before is there, in the mapping and in the file, or as much of it as is mapped
  friend bool operator==(const Aftermath&, const Aftermath&) = default;
  friend void PrintTo(const Aftermath& what, std::ostream* out) {
    *out << (what.error == 0 ? "no error" : judge::describe_errno(what.error)) << ", a file of " << what.size
         << " bytes, " << what.mapped << " of them mapped, the contents " << (what.intact ? "intact" : "damaged");
  }
};

Aftermath try_to_resize(int fd, shm::Mapping& mapping, std::size_t new_size, const std::string& text) {
  Aftermath what{};
  try {
    lab::resize(fd, mapping, new_size);
  } catch (const std::system_error& error) {
    what.error = error.code().value();
  }
  what.mapped = mapping.size();
  what.size = static_cast<std::size_t>(::lseek(fd, 0, SEEK_END));
  const std::size_t common = std::min({text.size(), what.mapped, what.size});
  std::string in_file(common, '\0');
  what.intact = ::pread(fd, in_file.data(), common, 0) == static_cast<ssize_t>(common) &&
                in_file == text.substr(0, common) && lab02::text_of(mapping.bytes().first(common)) == in_file;
  return what;
}

Aftermath as_it_was(const File& file, int error) { return {error, file.text().size(), file.text().size(), true}; }

/// Under a file that is mapped whole, calls fail; an error of their own, or a way without them, is right.
auto resize_while_failing(const File& file, std::size_t size, lab02::Calls calls, int error) {
  return subject([&file, size, calls, error] {
    auto mapping = file.map();
    judge::gate::fail_all(calls, error);
    return try_to_resize(file.fd(), mapping, size, file.text());
  });
}

TEST(ResizeFailure, SaysEnospcInsteadOfPromisingSpace) {
  lesson(4, "an error now can be handled; SIGBUS in the middle of somebody's write cannot");
  const File file{random_between(100, 9'000)};
  const std::size_t too_much = lab02::more_than_there_is();
  EXPECT_THAT(subject([&] {
                auto mapping = file.map();
                return try_to_resize(file.fd(), mapping, too_much, file.text());
              }),
              Returns(as_it_was(file, ENOSPC)));
}

TEST(ResizeFailure, GoesOnAfterASignal) {
  lesson(4, "EINTR means: nothing happened, ask again");
  const File file{random_between(100, 9'000)};
  EXPECT_THAT(subject([&] {
                auto mapping = file.map();
                for (const auto call : lab02::kReserving) judge::gate::fail(call, EINTR);
                return try_to_resize(file.fd(), mapping, 60'000, file.text());
              }),
              Returns(Aftermath{.error = 0, .mapped = 60'000, .size = 60'000, .intact = true}));
}

TEST(ResizeFailure, TakesTheSpaceBackWhenItCannotBeMapped) {
  lesson(4, "the later a step fails, the more there is to undo: a file that stays longer is a change, and memory lost");
  const File file{random_between(100, 9'000)};
  EXPECT_THAT(resize_while_failing(file, 60'000, lab02::kMapping, ENOMEM), Returns(as_it_was(file, ENOMEM)));
}

TEST(ResizeFailure, CutsNothingBeforeItIsSureOfTheMapping) {
  lesson(4, "what ftruncate cuts off is gone for ever, so it comes last, when nothing else can fail");
  const File file{random_between(20'000, 30'000)};
  EXPECT_THAT(resize_while_failing(file, 5'000, lab02::kMapping, ENOMEM),
              Returns(testing::AnyOf(as_it_was(file, ENOMEM), Aftermath{0, 5'000, 5'000, true})));
}

TEST(ResizeFailure, ASealedFileStaysMappedAsItWas) {
  lesson(4, "F_SEAL_SHRINK makes ftruncate fail with EPERM for everybody: then the mapping must be whole again");
  const std::string text = judge::random_text(random_between(20'000, 30'000));
  EXPECT_THAT(subject([&] {
                const shm::UniqueFd fd{::memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
                (void)::ftruncate(fd.get(), static_cast<off_t>(text.size()));
                auto mapping = shm::Mapping::shared(fd.get(), text.size());
                lab02::put(mapping.bytes(), text);
                (void)::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK);
                return try_to_resize(fd.get(), mapping, 5'000, text);
              }),
              Returns(Aftermath{EPERM, text.size(), text.size(), true}));
}

TEST(ResizeFailure, RefusesASizeThatCannotBe) {
  lesson(4, "a size_t may be more than an off_t: as one, it is negative");
  const File file{random_between(100, 9'000)};
  const std::size_t size = SIZE_MAX - random_between(0, 10 * kPage);
  const auto outcome = subject([&] {
    auto mapping = file.map();
    lab::resize(file.fd(), mapping, size);
  });
  EXPECT_THAT(outcome, EndsAs(Kind::kThrew));
  EXPECT_NE(outcome.error, 0) << "it must be a std::system_error";
  EXPECT_EQ(file.contents(), file.text());
}

}  // namespace
