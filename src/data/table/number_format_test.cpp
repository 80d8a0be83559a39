#include "data/table/number_format.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/table/value.h"

namespace vitrine::data {
namespace {

/// The format of some texts, each in one row.
FoundFormat found(const std::vector<std::string>& texts, char decimal = 0) {
  std::vector<CountedText> counted;
  for (const std::string& text : texts) counted.push_back({text});
  return find_number_format(counted, decimal);
}

std::vector<double> read(const std::vector<std::string>& texts, char decimal = 0) {
  const FoundFormat format = found(texts, decimal);
  std::vector<double> out;
  for (const std::string& text : texts) {
    out.push_back(parse_number(text, format.format).value_or(NAN));
  }
  return out;
}

using Numbers = std::vector<double>;

TEST(NumberFormat, plain_numbers_have_the_plain_format) {
  for (const auto& texts : {std::vector<std::string>{"1", "2.5", "-3e2"}, {"1.234", "2.345"}}) {
    const FoundFormat format = found(texts);
    EXPECT_TRUE(format.format.plain);
    EXPECT_EQ(format.rows, texts.size());
    EXPECT_TRUE(format.example.empty());
  }
}

TEST(NumberFormat, reads_separators_between_thousands) {
  EXPECT_EQ(read({"1,234.50", "12", "1,234,567"}), (Numbers{1234.5, 12, 1234567}));
  EXPECT_EQ(read({"1.234,50", "12", "1.234.567"}), (Numbers{1234.5, 12, 1234567}));
  EXPECT_EQ(read({"1 234,5", "1\u00A0234 567", "3\u202F000,25"}),
            (Numbers{1234.5, 1234567, 3000.25}));
  EXPECT_EQ(read({"1'234.5", "1\u2019234\u2019567"}), (Numbers{1234.5, 1234567}));
  EXPECT_EQ(read({"12,34,567.5", "1,00,000"}), (Numbers{1234567.5, 100000}));  // Indian
  EXPECT_EQ(read({"1_000", "2_500_000"}), (Numbers{1000, 2500000}));
}

TEST(NumberFormat, reads_a_decimal_comma) {
  EXPECT_EQ(read({"1,5", "0,25", "-3,125", "7"}), (Numbers{1.5, 0.25, -3.125, 7}));
  EXPECT_TRUE(found({"0,125", "0,250"}).shows_decimal);  // no thousands begin with 0
  EXPECT_EQ(read({"1,234E+05", "2,5e-1", "1,25"}), (Numbers{123400, 0.25, 1.25}));
}

TEST(NumberFormat, asks_for_the_decimal_separator_where_both_fit) {
  EXPECT_TRUE(found({"1,234", "5,678"}).ambiguous);
  EXPECT_EQ(read({"1,234", "5,678"}), (Numbers{1234, 5678}));
  EXPECT_EQ(read({"1,234", "5,678"}, ','), (Numbers{1.234, 5.678}));
  EXPECT_TRUE(found({"1.234", "5.678"}).ambiguous);
  EXPECT_EQ(read({"1.234", "5.678"}, ','), (Numbers{1234, 5678}));
  EXPECT_EQ(read({"1.5", "2.25"}, ','), (Numbers{1.5, 2.25}));  // points can't be thousands
  EXPECT_FALSE(found({"1,234", "5,67"}).ambiguous);
}

TEST(NumberFormat, reads_currencies_and_percent) {
  EXPECT_EQ(read({"$1,234.50", "$ 12", "-$3", "$-4", "1"}), (Numbers{1234.5, 12, -3, -4, 1}));
  EXPECT_EQ(read({"1234,5 \u20AC", "7 \u20AC"}), (Numbers{1234.5, 7}));
  EXPECT_EQ(read({"EUR 1.234,50", "12,00 EUR"}), (Numbers{1234.5, 12}));
  EXPECT_EQ(read({"45%", "3.5 %"}), (Numbers{45, 3.5}));
  EXPECT_EQ(read({"Rs.500", "Rs. 1,200"}), (Numbers{500, 1200}));
  EXPECT_EQ(read({"Fr. 50.-", "Fr. 1'200.\u2014"}), (Numbers{50, 1200}));
}

TEST(NumberFormat, reads_signs_and_limits) {
  EXPECT_EQ(read({"(12.5)", "($3)", "4"}), (Numbers{-12.5, -3, 4}));
  EXPECT_EQ(read({"\u22125", "+6", "7-"}), (Numbers{-5, 6, -7}));
  EXPECT_EQ(read({"<1000", "10,000+", ">= 5", "~3"}), (Numbers{1000, 10000, 5, 3}));
}

TEST(NumberFormat, reads_words_behind_many_different_numbers_only) {
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) texts.push_back(std::to_string(10 + i) + ".5 km/h");
  EXPECT_EQ(found(texts).rows, 30);
  EXPECT_EQ(found(texts).format.units, std::vector<std::string>{"km/h"});
  EXPECT_EQ(found({"36 months", "60 months"}).rows, 0);
}

TEST(NumberFormat, reads_factors) {
  EXPECT_EQ(read({"\u20AC110.5M", "\u20AC565K", "\u20AC0"}), (Numbers{110.5e6, 565e3, 0}));
  EXPECT_EQ(read({"$1.2B", "$3M"}), (Numbers{1.2e9, 3e6}));
}

TEST(NumberFormat, a_column_has_one_unit) {
  const auto mixed = [](const std::string& a, const std::string& b) {
    std::vector<std::string> texts;
    for (int i = 1; i < 40; ++i) texts.push_back(std::to_string(i) + (i % 2 == 0 ? a : b));
    return found(texts).rows;
  };
  EXPECT_EQ(mixed(" kg", " kg"), 39);
  EXPECT_EQ(mixed(" EUR", " \u20AC"), 39);  // two spellings of one currency
  for (const auto& [a, b] : {std::pair{" kg", " g"},
                             {" months", " years"},
                             {" GB", " MB"},
                             {" CR", " DR"},
                             {" EUR", " USD"},
                             {"s", "m"}}) {
    EXPECT_EQ(mixed(a, b), 0) << a << b;
  }
  EXPECT_EQ(read({"$6 million", "$4830 thousand"}), (Numbers{6e6, 4830e3}));
  EXPECT_EQ(read({"4.5k", "3k"}), (Numbers{4500, 3000}));
  std::vector<std::string> few{"7 kg"};
  for (int i = 1; i < 40; ++i) few.push_back(std::to_string(i));
  EXPECT_TRUE(found(few).format.units.empty());
}

TEST(NumberFormat, addresses_and_telephone_numbers_are_no_numbers) {
  EXPECT_EQ(found({"192.168.100.101", "192.168.100.102", "10.0.0.1"}).rows, 0);
  EXPECT_EQ(found({"+49 160 555 123", "+49 170 444 222"}).rows, 0);
  EXPECT_EQ(found({"15.07.", "16.08."}).rows, 0);
  EXPECT_EQ(read({"1.234.567.890", "2.345.678.901"}), (Numbers{1234567890, 2345678901}));
}

TEST(NumberFormat, reads_what_spreadsheets_and_reports_add) {
  EXPECT_EQ(read({"=\"4830.5\"", "'12.5", "7"}), (Numbers{4830.5, 12.5, 7}));
  EXPECT_EQ(read({"4,830*", "12[1]", "1,000 **"}), (Numbers{4830, 12, 1000}));
  EXPECT_EQ(read({"%19,6", "% 20,5"}), (Numbers{19.6, 20.5}));
  EXPECT_EQ(read({"Rs. 19,634/-", "Rs. 500/-"}), (Numbers{19634, 500}));
  EXPECT_EQ(read({"ca. 4830", "up to 12", "about 3"}), (Numbers{4830, 12, 3}));
  EXPECT_EQ(read({"4,830E+03", "1,5e2"}), (Numbers{4830, 150}));  // no groups before an exponent
}

TEST(NumberFormat, other_texts_are_not_numbers) {
  for (const char* text :
       {"2024-01-05", "12:30", "1/2", "10-20", "A12", "INV-0012", "12 34", "1,23,45", "1.2.3",
        "192.168.0.1", "", "EUR", "--5", "(5", "5th Ave 3", "1.234.56", "0,123,456"}) {
    EXPECT_FALSE(looks_like_number(text)) << text;
    EXPECT_EQ(found({text}).rows, 0) << text;
  }
}

TEST(NumberFormat, accepts_plain_numbers_and_no_other_units) {
  const NumberFormat format = found({"1.234,50 EUR", "7,25 EUR"}).format;
  EXPECT_EQ(parse_number("1234.5", format), 1234.5);
  EXPECT_EQ(parse_number("1.234,5", format), 1234.5);
  EXPECT_EQ(parse_number("1.234", format), 1234);
  EXPECT_FALSE(parse_number("12 USD", format));
  EXPECT_FALSE(parse_number("abc", format));
}

TEST(NumberFormat, round_trips_through_json) {
  for (const auto& texts : {std::vector<std::string>{"1.234,50 EUR", "2,5 EUR"},
                            {"\u20AC110.5M", "\u20AC565K"},
                            {"1 234,5", "2"}}) {
    const NumberFormat format = found(texts).format;
    EXPECT_EQ(number_format_from_json(to_json(format)), format);
    EXPECT_FALSE(describe(format).empty());
  }
  EXPECT_THROW(number_format_from_json(Json{{"decimal", "x"}}), std::exception);
  EXPECT_THROW(number_format_from_json(Json{{"decimal", ","}, {"group", ","}}), std::exception);
}

TEST(NumberFormat, knows_the_words_of_programs_for_missing_numbers) {
  for (const char* word : {"#N/A", "<NA>", "#DIV/0!", "-", " -nan ", "#VALUE!"}) {
    EXPECT_TRUE(is_missing_among_numbers(word)) << word;
  }
  for (const char* word : {"", "5", "yes", "#", "a"}) {
    EXPECT_EQ(is_missing_among_numbers(word), std::string_view(word) == "#") << word;
  }
}

}  // namespace
}  // namespace vitrine::data
