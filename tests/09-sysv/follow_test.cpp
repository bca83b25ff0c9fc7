#include <gtest/gtest.h>
#include <signal.h>
#include <sys/shm.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using lab09::Access;
using lab09::FreshPlace;
using lab09::Proper;

void is_replaced_by(int id, int successor) {
  lab09::attach_raw(id).header().successor.store(static_cast<std::uint64_t>(successor) + 1);
}

/// A segment that has been replaced by another, as the judge makes them: the old one is removed and still in use.
class Replaced {
 public:
  explicit Replaced(const Proper& next, const lab::Place* place = nullptr)
      : id_{lab09::make_segment(fresh_.place(), {.text = "old", .mode = 0644})},
        in_use_{lab09::attach_raw(id_)},
        next_{make_next(place == nullptr ? fresh_.place() : *place, next)} {
    is_replaced_by(id_, next_);
  }
  [[nodiscard]] int id() const { return id_; }
  [[nodiscard]] int next() const { return next_; }
  [[nodiscard]] const FreshPlace& fresh() const { return fresh_; }

 private:
  int make_next(const lab::Place& place, const Proper& next) const {
    ::shmctl(id_, IPC_RMID, nullptr);
    return lab09::make_segment(place, next);
  }

  FreshPlace fresh_;
  int id_;
  lab::Segment in_use_;
  int next_;
};

/// What follow() makes of a segment: "true, 700", or the error and what it holds then.
auto follow(int id, Access access = Access::kReadWrite) {
  return subject(
      [id, access] {
        auto segment = lab09::attach_raw(id, access);
        try {
          const bool has_moved = lab::follow(segment);
          return std::string{has_moved ? "moved to " : "stayed with "} + lab09::read_text(segment);
        } catch (const std::system_error& error) {
          return judge::describe_errno(error.code().value()) + ", " + lab09::read_text(segment);
        }
      },
      lab09::kBrief);
}

TEST(Follow, StaysWithWhatNobodyHasReplaced) {
  lesson(5, "most calls find nothing new: they cost one load");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "the only one"});
  EXPECT_THAT(follow(id), Returns(std::string{"stayed with the only one"}));
}

TEST(Follow, GoesOverToTheSuccessor) {
  lesson(5, "an old segment that somebody still has attached keeps its memory, removed or not");
  const Replaced replaced{{.text = "a larger one"}};
  const std::size_t ours = lab09::users_of(replaced.id());
  EXPECT_THAT(subject([&] {
                const std::size_t before = lab09::users_of(replaced.id());
                auto segment = lab09::attach_raw(replaced.id());
                lab::follow(segment);
                return lab09::users_of(replaced.id()) == before && lab09::users_of(replaced.next()) == 1;
              }),
              Returns(true));
  EXPECT_EQ(lab09::users_of(replaced.id()), ours);
  EXPECT_THAT(follow(replaced.id()), Returns(std::string{"moved to a larger one"}));
}

TEST(Follow, GoesToTheNewestOfAll) {
  lesson(5, "who looks rarely may have missed several: the successor's successor is the one to have");
  const Replaced replaced{{.text = "a larger one"}};
  const auto in_use = lab09::attach_raw(replaced.next());
  ::shmctl(replaced.next(), IPC_RMID, nullptr);
  const int newest = lab09::make_segment(replaced.fresh().place(), {.text = "the largest one"});
  is_replaced_by(replaced.next(), newest);
  EXPECT_THAT(follow(replaced.id()), Returns(std::string{"moved to the largest one"}));
}

TEST(Follow, SaysWhenTheSuccessorHasGone) {
  lesson(5, "the successor may be gone as well, removed or replaced in turn: what one has is better than nothing");
  const Replaced replaced{{.text = "a larger one"}};
  ::shmctl(replaced.next(), IPC_RMID, nullptr);
  EXPECT_THAT(follow(replaced.id()), Returns(judge::describe_errno(ENOENT) + ", old"));
  const Replaced twice{{.text = "a larger one"}};
  const auto in_use = lab09::attach_raw(twice.next());
  ::shmctl(twice.next(), IPC_RMID, nullptr);
  const int newest = lab09::make_segment(twice.fresh().place(), {.text = "the largest one"});
  is_replaced_by(twice.next(), newest);
  ::shmctl(newest, IPC_RMID, nullptr);
  EXPECT_THAT(follow(twice.id()), Returns(judge::describe_errno(ENOENT) + ", old")) << "the successor's successor";
}

TEST(Follow, TrustsNoSuccessorThatIsNone) {
  lesson(5, "an id in shared memory is a number that anybody may have written: look what it leads to");
  const auto stays = Returns(judge::describe_errno(EINVAL) + ", old");
  EXPECT_THAT(follow(Replaced{{.text = "?", .magic = 5}}.id()), stays) << "another program's segment";
  EXPECT_THAT(follow(Replaced{{.type = 2, .text = "?"}}.id()), stays) << "another type";
  EXPECT_THAT(follow(Replaced{{.text = "?", .version = 2}}.id()), stays) << "another version";
  EXPECT_THAT(follow(Replaced{{.text = "?", .is_ready = false}}.id()), stays) << "a half-made one";
  const FreshPlace elsewhere;
  EXPECT_THAT(follow(Replaced({.text = "?"}, &elsewhere.place()).id()), stays) << "another place's";
  const FreshPlace small;
  const int tiny = lab09::make_raw(small.place(), sizeof(lab::Header) - 1);
  const Replaced replaced{{.text = "?"}};
  is_replaced_by(replaced.id(), tiny);
  EXPECT_THAT(follow(replaced.id()), stays) << "one without a header";
}

TEST(Follow, StillOnlyReads) {
  lesson(5, "who asked for reading only is protected by the hardware; a successor must not lose that in silence");
  const Replaced replaced{{.text = "a larger one", .mode = 0644}};
  EXPECT_THAT(follow(replaced.id(), Access::kReadOnly), Returns(std::string{"moved to a larger one"}));
  EXPECT_THAT(subject([&] {
                auto segment = lab09::attach_raw(replaced.id(), Access::kReadOnly);
                lab::follow(segment);
                lab09::write_text(segment, "x");
              }),
              judge::DiesOf(SIGSEGV));
}

}  // namespace
