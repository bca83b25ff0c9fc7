#include "mailbox.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support.hpp"

namespace {

using judge::far_away;
using judge::FreshName;
using judge::lesson;
using judge::random_between;
using judge::Returns;
using judge::start;
using lab09::FreshPlace;

/// Two processes run the mailbox program.
template <typename Way>
void exchange_letters(const Way& way) {
  const std::uint64_t count = random_between(100, 300);
  const std::string begin = judge::random_text(random_between(1, 90));
  auto sender = start([&] { lab::send_letters(way, begin, count, far_away()); });
  auto receiver = start([&] { return lab::receive_letters(way, begin, count, far_away()); });
  EXPECT_THAT(sender.outcome(), judge::ReturnsNormally());
  EXPECT_THAT(receiver.outcome(), Returns(0U)) << "letters that were not what was due";
}

TEST(Mailbox, RunsUnchangedOverBoth) {
  lesson(6, "what two processes do in shared memory does not depend on how they came by it");
  const FreshPlace fresh;
  exchange_letters(lab::BySysv{fresh.place()});
  EXPECT_FALSE(fresh.is_taken()) << "the receiver has removed it";
  const FreshName name;
  exchange_letters(lab::ByPosix{name.str()});
  EXPECT_FALSE(name.exists()) << "the receiver has removed it";
}

}  // namespace
