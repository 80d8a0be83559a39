#include "data/table/value.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <string>

#include "base/random.h"

namespace vitrine::data {
namespace {

TEST(Value, normalised_text_has_lower_case_and_underscores_for_spaces) {
  EXPECT_EQ(normalised(" Month-to-month "), "month-to-month");
  EXPECT_EQ(normalised("Bank transfer (automatic)"), "bank_transfer_(automatic)");
  EXPECT_EQ(normalised("\xC3\x89T\xC3\x89"), "\xC3\x89t\xC3\x89");  // ASCII letters only
}

TEST(Value, missing_tokens_are_recognised_in_any_case) {
  for (const char* text : {"", "  ", "NA", "n/a", "NaN", "null", "None", "?", " ? "}) {
    EXPECT_TRUE(is_missing(text)) << text;
  }
  for (const char* text : {"no", "0", "nano", "-", "unknown"})
    EXPECT_FALSE(is_missing(text)) << text;
}

TEST(Value, only_finite_decimal_numbers_are_parsed) {
  EXPECT_EQ(parse_number(" 29.85 "), 29.85);
  EXPECT_EQ(parse_number("+1e3"), 1000);
  EXPECT_EQ(parse_number("-.5"), -0.5);
  EXPECT_EQ(parse_number("1e-400"), std::nullopt);
  for (const char* text :
       {"", "inf", "nan", "0x10", "1,234", "1 2", "12a", "+-1", "-", "1e39", "1e999"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(Value, numbers_are_parsed_to_the_nearest_double) {
  Random random(5);
  for (int i = 0; i < 200000; ++i) {
    std::string text = random.below(4) == 0 ? "-" : "";
    const auto digits = 1 + random.below(19);
    const auto point = random.below(24);
    for (std::size_t k = 0; k < digits; ++k) {
      if (k == point) text += '.';
      text += static_cast<char>('0' + random.below(10));
    }
    double nearest = 0;
    std::from_chars(text.data(), text.data() + text.size(), nearest);
    ASSERT_EQ(parse_number(text), nearest) << text;
    ASSERT_EQ(std::signbit(*parse_number(text)), std::signbit(nearest)) << text;
  }
  EXPECT_EQ(parse_number("7."), 7);
  EXPECT_EQ(parse_number("1.2.3"), std::nullopt);
  EXPECT_EQ(parse_number("."), std::nullopt);
}

}  // namespace
}  // namespace vitrine::data
