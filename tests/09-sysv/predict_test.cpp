// Step 0: what the kernel does, guessed before it is tried.
#include "predictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "shm/child.hpp"
#include "support.hpp"

namespace {

using judge::experiment;
using judge::Happens;
using judge::lesson;
using judge::predicted;
using lab::Answer;
using lab::kPredictions;
using lab09::FreshPlace;

TEST(Predict, TheKeyOfProject257) {
  lesson(0,
         "ftok takes the low 8 bits of the project, 16 of the inode and 8 of the device: a key can be another's, too");
  const FreshPlace fresh;
  const bool same = ::ftok(fresh.path().c_str(), 1) == ::ftok(fresh.path().c_str(), 257);
  EXPECT_THAT(predicted([] { return kPredictions.key_of_project_257; }),
              Happens(same ? Answer::kIsTheSame : Answer::kIsAnother));
}

TEST(Predict, TheModeUnderAUmask) {
  lesson(0, "System V is older than the umask's reach: the mode given to shmget is the mode of the segment");
  const FreshPlace fresh;
  const auto mode = experiment([&] {
    ::umask(077);
    return lab09::facts_of(lab09::make_raw(fresh.place(), lab09::kPage, 0666)).shm_perm.mode & 0777U;
  });
  EXPECT_THAT(predicted([] { return kPredictions.mode_under_a_umask; }),
              Happens(mode.value == 0600U ? Answer::kHasMode0600 : Answer::kHasMode0666));
}

TEST(Predict, ALargerSizeOfAnExistingSegment) {
  lesson(0, "a segment has its size for life: shmget with a larger one is refused, whatever the flags");
  const FreshPlace fresh;
  lab09::make_raw(fresh.place(), lab09::kPage);
  const bool has_it = ::shmget(fresh.place().key, 2 * lab09::kPage, IPC_CREAT | 0600) != -1;
  const Answer failure = errno == ENOMEM ? Answer::kFailsWithEnomem : Answer::kFailsWithEinval;
  EXPECT_THAT(predicted([] { return kPredictions.larger_size_of_an_existing_segment; }),
              Happens(has_it ? Answer::kSucceeds : failure));
}

TEST(Predict, TheUsersAfterAFork) {
  lesson(0, "the system counts attachments, and a child has its parent's: it counts, until it ends or calls exec");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), lab09::kPage);
  const auto users = experiment([&] {
    const auto segment = lab09::attach_raw(id);
    std::array<int, 2> end{};
    if (::pipe(end.data()) != 0) return std::size_t{0};
    const shm::UniqueFd read{end[0]};
    shm::UniqueFd write{end[1]};
    auto child = shm::Child::run([&] {
      write.reset();
      char byte = 0;
      return static_cast<int>(::read(read.get(), &byte, 1));  // returns when the parent has looked
    });
    const std::size_t seen = lab09::users_of(id);
    write.reset();
    static_cast<void>(child.wait(judge::far_away()));
    return seen;
  });
  EXPECT_THAT(predicted([] { return kPredictions.users_after_a_fork; }),
              Happens(users.value == 1U ? Answer::kCountsOne : Answer::kCountsTwo));
}

TEST(Predict, AttachingByTheIdAfterRemoval) {
  lesson(0,
         "removal takes the key only; Linux lets whoever knows the id attach the segment as long as somebody has it");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), lab09::kPage);
  const auto works = experiment([&] {
    const auto segment = lab09::attach_raw(id);
    ::shmctl(id, IPC_RMID, nullptr);
    static_cast<void>(lab09::attach_raw(id));
    return true;
  });
  EXPECT_THAT(predicted([] { return kPredictions.attaching_by_the_id_after_removal; }),
              Happens(works.value ? Answer::kSucceeds : Answer::kFailsWithEinval));
}

TEST(Predict, TheSegmentWhoseUsersWereKilled) {
  lesson(0, "nobody cleans up after the dead: a segment stays until it is removed, or the machine restarts");
  const FreshPlace fresh;
  const int id = lab09::make_raw(fresh.place(), lab09::kPage);
  static_cast<void>(experiment([&] {
    const auto segment = lab09::attach_raw(id);
    ::raise(SIGKILL);
  }));
  EXPECT_THAT(predicted([] { return kPredictions.segment_whose_users_were_killed; }),
              Happens(lab09::is_there(id) ? Answer::kIsStillThere : Answer::kIsGone));
}

}  // namespace
