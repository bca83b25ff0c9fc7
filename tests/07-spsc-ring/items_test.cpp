// Step 1: which items may travel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "ring.hpp"
#include "ring_memory.hpp"
#include "testing/lesson.hpp"
#include "testing/matchers.hpp"
#include "testing/probe.hpp"
#include "testing/subject.hpp"

namespace {

using judge::Returns;
using judge::subject;
using lab::Small;

// Whether an item type is accepted shows when the header is compiled; that the step is begun shows when it runs.
auto smallest_ring() {
  return subject([] { return PrivateRing<Small>{1}.ring.capacity(); });
}

TEST(Items, OfPlainDataAreAccepted) {
  judge::lesson(1, "every trivially copyable type can travel as its bytes");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_TRUE(judge::probe_compiles("item_of_plain_data")) << "an item of plain data does not compile";
}

TEST(Items, WithAStringDoNotCompile) {
  judge::lesson(1, "a string's characters lie on the heap of one process; the other would follow a wild pointer");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_a_string")) << "SpscRing<std::string> compiles";
}

TEST(Items, WithAVirtualFunctionDoNotCompile) {
  judge::lesson(1, "such an object holds the address of its functions, which lie elsewhere in the other process");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_a_virtual_function")) << "an item with a virtual function compiles";
}

TEST(Items, WithTheirOwnCopyingDoNotCompile) {
  judge::lesson(1, "only a trivially copyable object is its bytes");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_with_its_own_copying")) << "an item with its own copy constructor compiles";
}

TEST(Items, ThatArePointersDoNotCompile) {
  judge::lesson(1, "a pointer is trivially copyable, and worthless in a process that maps the object elsewhere");
  EXPECT_THAT(smallest_ring(), Returns(std::size_t{1}));
  EXPECT_FALSE(judge::probe_compiles("item_that_is_a_pointer")) << "SpscRing<const char*> compiles";
}

}  // namespace
