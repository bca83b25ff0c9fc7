#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using lab09::FreshPlace;

TEST(Publish, IsSeenByOtherProcesses) {
  lesson(3, "what is announced in one process only is announced to nobody");
  const FreshPlace fresh;
  const int id = lab09::make_segment(fresh.place(), {.text = "filled", .is_ready = false});
  EXPECT_THAT(subject([&] { return lab::is_ready(lab09::attach_raw(id)); }), Returns(false));
  EXPECT_THAT(subject([&] {
                auto segment = lab09::attach_raw(id);
                lab::publish(segment);
              }),
              judge::ReturnsNormally());
  EXPECT_EQ(lab09::attach_raw(id).header().magic.load(), lab::kMagic);
  EXPECT_THAT(subject([&] { return lab::is_ready(lab09::attach_raw(id, lab::Access::kReadOnly)); }), Returns(true));
}

TEST(Publish, LetsReadersTrustThePayload) {
  lesson(3, "without release and acquire a reader may see the flag before the data that it announces");
  EXPECT_THAT(subject([] {
                const FreshPlace fresh;
                const int id = lab09::make_segment(fresh.place(), {.text = std::string(1'000, '-'), .is_ready = false});
                auto segment = lab09::attach_raw(id);
                std::string seen;
                {
                  const std::jthread reader{[&] {
                    while (!lab::is_ready(segment)) std::this_thread::yield();
                    seen = lab09::read_text(segment, 1'000);
                  }};
                  const std::jthread writer{[&] {
                    lab09::write_text(segment, std::string(1'000, '+'));
                    lab::publish(segment);
                  }};
                }
                return seen;
              }),
              Returns(std::string(1'000, '+')));
}

}  // namespace
