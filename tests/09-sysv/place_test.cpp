#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "support.hpp"

namespace {

using judge::FreshName;
using judge::lesson;
using judge::Returns;
using judge::subject;
using lab09::FreshPlace;
using lab09::ThrowsNaming;
using testing::Each;

/// Of a file whose inode's number has more than 16 bits, wherever the tests run.
constexpr const char* kLargeInode = "/proc/version";

TEST(Place, HasTheKeyOfFtokAndWhatItWasMadeOf) {
  lesson(1,
         "the key has room for 16 bits of an inode's number: only the whole of it tells two files apart for certain");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] { return lab::place_for(fresh.path(), fresh.project()).key; }), Returns(fresh.place().key));
  EXPECT_THAT(subject([&] { return lab::place_for(fresh.path(), fresh.project()).inode; }),
              Returns(fresh.place().inode));
  EXPECT_THAT(subject([&] { return lab::place_for(fresh.path(), fresh.project()).device; }),
              Returns(fresh.place().device));
  EXPECT_THAT(subject([&] { return lab::place_for(fresh.path(), fresh.project()).project; }),
              Returns(fresh.place().project));
  struct stat file {};
  ASSERT_EQ(::stat(kLargeInode, &file), 0);
  ASSERT_GT(file.st_ino, 0xffffU);
  EXPECT_THAT(subject([&] { return lab::place_for(kLargeInode, 1).inode; }), Returns(std::uint64_t{file.st_ino}));
}

TEST(Place, IsTheSameByAnotherName) {
  lesson(1,
         "ftok looks at the file, not at its name: a link to it leads to the same key, so it must be the same place");
  const FreshPlace fresh;
  const FreshName hard;
  const FreshName soft;
  ASSERT_EQ(::link(fresh.path().c_str(), ("/dev/shm" + hard.str()).c_str()), 0);
  ASSERT_EQ(::symlink(fresh.path().c_str(), ("/dev/shm" + soft.str()).c_str()), 0);
  for (const auto& name : {hard.str(), "/." + soft.str()}) {
    EXPECT_THAT(subject([&] { return lab::place_for("/dev/shm" + name, fresh.project()) == fresh.place(); }),
                Returns(true));
  }
}

TEST(Place, RefusesProjectsThatFtokWouldCut) {
  lesson(1, "ftok takes the low 8 bits: 257 gives the key of 1, 256 that of 0, and nobody notices");
  const FreshPlace fresh;
  const auto random = static_cast<int>(judge::random_between(257, INT_MAX));
  const std::vector<int> projects{0, 256, 257, 511, -1, -255, INT_MIN, random};
  EXPECT_THAT(subject([&] {
                std::vector<int> errors;
                for (const int project : projects) {
                  try {
                    static_cast<void>(lab::place_for(fresh.path(), project));
                    errors.push_back(0);
                  } catch (const std::system_error& error) {
                    errors.push_back(error.code().value());
                  }
                }
                return errors;
              }),
              Returns(Each(EINVAL)));
  EXPECT_THAT(subject([&] { static_cast<void>(lab::place_for(fresh.path(), 257)); }), ThrowsNaming(EINVAL, "257"));
}

TEST(Place, SaysThatThereIsNoSuchFile) {
  lesson(1, "ftok's -1 is a key like any other for shmget: unnoticed, all who err meet in one segment");
  const FreshName nothing;
  const std::string path = "/dev/shm" + nothing.str();
  EXPECT_THAT(subject([&] { static_cast<void>(lab::place_for(path, 1)); }), ThrowsNaming(ENOENT, path));
  EXPECT_THAT(subject([&] { static_cast<void>(lab::place_for("", 1)); }), judge::ThrowsErrno(ENOENT));
}

TEST(Place, DoesNotOpenTheFile) {
  lesson(1, "the file is a meeting point: those who may not read it may meet there all the same");
  const FreshPlace fresh;
  EXPECT_THAT(subject([&] {
                judge::gate::fail_always("open", EACCES);
                judge::gate::fail_always("openat", EACCES);
                return lab::place_for(fresh.path(), fresh.project()) == fresh.place();
              }),
              Returns(true));
}

}  // namespace
