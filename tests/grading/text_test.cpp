#include "autograder/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

using ::testing::ElementsAre;

TEST(Harmless, KeepsOrdinaryText) { EXPECT_EQ(harmless("naïve\tline\n→ 雪"), "naïve\tline\n→ 雪"); }
TEST(Harmless, DropsColours) { EXPECT_EQ(harmless("\x1b[1;31mred\x1b[0m"), "red"); }
TEST(Harmless, SpellsOutOtherControlCharacters) {
  EXPECT_EQ(harmless("\x1b]0;title\a\b\x7f"), "\\x1b]0;title\\x07\\x08\\x7f");
}
TEST(Harmless, SpellsOutInvalidBytes) { EXPECT_EQ(harmless("a\xff\xc3(\xe2\x82"), "a\\xff\\xc3(\\xe2\\x82"); }
TEST(Harmless, TakesOverlongAndSurrogateFormsForInvalid) {
  EXPECT_EQ(harmless("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(harmless("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}
TEST(Harmless, SpellsOutWhatTurnsTextAround) {
  EXPECT_EQ(harmless("\u202eevil\u200b\u0085"), "\\u{202e}evil\\u{200b}\\u{85}");
}
TEST(Harmless, SpellsOutWhatXmlForbids) { EXPECT_EQ(harmless("\uffff"), "\\u{ffff}"); }
TEST(Harmless, IsDoneOnce) { EXPECT_EQ(harmless(harmless("\x01\xff")), harmless("\x01\xff")); }

TEST(ValidUtf8, ReplacesOnlyInvalidBytes) { EXPECT_EQ(valid_utf8("a\xff\n\x01"), "a\uFFFD\n\x01"); }

TEST(Shortened, CutsBetweenCharacters) { EXPECT_EQ(shortened("ääää", 6), "ä…"); }
TEST(Shortened, LeavesWhatFits) { EXPECT_EQ(shortened("four", 4), "four"); }

TEST(Wrapped, BreaksAtSpaces) { EXPECT_THAT(wrapped("one two three", 8), ElementsAre("one two", "three")); }
TEST(Wrapped, BreaksALongWordAnywhere) { EXPECT_THAT(wrapped("abcdefgh", 3), ElementsAre("abc", "def", "gh")); }
TEST(Wrapped, CountsCharactersNotBytes) { EXPECT_THAT(wrapped("ää ää", 5), ElementsAre("ää ää")); }

TEST(Padded, FillsOrCuts) {
  EXPECT_EQ(padded("ä", 3), "ä  ");
  EXPECT_EQ(padded("abcdef", 4), "abc…");
}

TEST(OneLine, CollapsesWhiteSpace) { EXPECT_EQ(one_line("  a\n\n b\t"), "a b"); }

}  // namespace
}  // namespace grading
