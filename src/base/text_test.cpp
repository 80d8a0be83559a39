#include "base/text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vitrine {
namespace {

TEST(Text, closest_finds_a_typing_error) {
  const std::vector<std::string> names = {"tenure", "Churn", "Contract"};
  EXPECT_EQ(closest("tenuree", names), "tenure");
  EXPECT_EQ(closest("churn", names), "Churn");
  EXPECT_EQ(closest("Chrun", names), "Churn");
  EXPECT_EQ(closest("colour", names), std::nullopt);
  EXPECT_EQ(closest("z", std::vector<std::string>{"x"}), std::nullopt);
}

TEST(Text, lists_end_with_and) {
  const std::vector<std::string> items = {"a", "b", "c"};
  EXPECT_EQ(listed(items), "a, b and c");
  EXPECT_EQ(listed(items, 2), "a, b and 1 more");
  EXPECT_EQ(listed(std::vector<std::string>{"a"}), "a");
}

TEST(Text, numbers_get_commas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(5634, "row"), "5,634 rows");
}

TEST(Text, shown_cuts_at_a_character_border_and_hides_control_characters) {
  EXPECT_EQ(shown("a\nb"), "a?b");
  EXPECT_EQ(shown("\xC3\xA9\xC3\xA9", 3), "\xC3\xA9...");
}

TEST(Text, shown_is_utf8_whatever_the_bytes) {
  EXPECT_EQ(shown("blu\xE5"), "blu?");
  EXPECT_EQ(shown("\x80\xC0\xAFz"), "???z");                           // lone and overlong
  EXPECT_EQ(shown("\xED\xA0\x80"), "???");                             // a surrogate
  EXPECT_EQ(shown("\xF4\x90\x80\x80"), "????");                        // above U+10FFFF
  EXPECT_EQ(shown("\xE2\x82"), "??");                                  // cut off
  const std::string whole = "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\x8E";  // é € and an apple
  EXPECT_EQ(shown(whole), whole);
}

TEST(Text, percentages_add_up_to_100) {
  const auto of = [](std::vector<std::uint64_t> counts) { return percentages(counts); };
  EXPECT_EQ(of({1, 1, 1}), (std::vector<std::string>{"33.4 %", "33.3 %", "33.3 %"}));
  EXPECT_EQ(of({4902, 2098}), (std::vector<std::string>{"70.0 %", "30.0 %"}));
  EXPECT_EQ(of({1999, 1}), (std::vector<std::string>{"99.9 %", "0.1 %"}));
  EXPECT_EQ(of({5, 0}), (std::vector<std::string>{"100.0 %", "0.0 %"}));
  EXPECT_EQ(of({0, 0}), (std::vector<std::string>{"0.0 %", "0.0 %"}));
  EXPECT_TRUE(of({}).empty());
}

}  // namespace
}  // namespace vitrine
