#include "data/table/date.h"

#include <gtest/gtest.h>

namespace vitrine::data {
namespace {

constexpr auto kYmd = DateOrder::year_month_day;
constexpr auto kDmy = DateOrder::day_month_year;
constexpr auto kMdy = DateOrder::month_day_year;
constexpr double kDay = 1721865600;  // 2024-07-25 00:00 UTC

TEST(Date, reads_days_in_three_orders) {
  for (const char* text : {"2024-07-25", "2024/7/25", "2024.07.25", "20240725", " 2024 Jul 25 "}) {
    EXPECT_EQ(parse_date(text, kYmd), kDay) << text;
  }
  for (const char* text : {"25.07.2024", "25/7/24", "25-Jul-2024", "25 July 2024", "25072024"}) {
    EXPECT_EQ(parse_date(text, kDmy), kDay) << text;
  }
  for (const char* text : {"07/25/2024", "7-25-24", "Jul 25, 2024", "July 25 2024"}) {
    EXPECT_EQ(parse_date(text, kMdy), kDay) << text;
  }
  EXPECT_EQ(parse_date("1969-12-31", kYmd), -86400);
  EXPECT_EQ(parse_date("01/02/70", kDmy), parse_date("1970-02-01", kYmd));
  EXPECT_EQ(parse_date("01/02/69", kDmy), parse_date("2069-02-01", kYmd));
}

TEST(Date, reads_times_and_zones) {
  EXPECT_EQ(parse_date("2024-07-25T13:45:07", kYmd), kDay + 49507);
  EXPECT_EQ(parse_date("2024-07-25 13:45", kYmd), kDay + 49500);
  EXPECT_EQ(parse_date("2024-07-25T13:45:07.25Z", kYmd), kDay + 49507.25);
  EXPECT_EQ(parse_date("2024-07-25T13:45:07+02:00", kYmd), kDay + 49507 - 7200);
  EXPECT_EQ(parse_date("2024-07-25 13:45:07 -0730", kYmd), kDay + 49507 + 27000);
  EXPECT_EQ(parse_date("7/25/2024 1:45 PM", kMdy), kDay + 49500);
  EXPECT_EQ(parse_date("7/25/2024 12:05 am", kMdy), kDay + 300);
}

TEST(Date, other_texts_are_no_dates) {
  for (const char* text : {"", "2024", "2024-07", "2024-13-01", "2024-02-30", "25", "1.5", "abc",
                           "2024-07-25x", "2024-07-25 25:00", "2024-07-25 13:60", "1-2-3-4",
                           "192.168.0.1", "Foo 25 2024", "2024-07-25T", "99999999"}) {
    for (const DateOrder order : {kYmd, kDmy, kMdy}) EXPECT_FALSE(parse_date(text, order)) << text;
  }
  EXPECT_FALSE(parse_date("25.07.2024", kYmd));
  EXPECT_FALSE(parse_date("25.07.2024", kMdy));
}

TEST(Date, finds_the_order_of_a_column) {
  const auto order = [](std::vector<const char*> texts) {
    std::vector<CountedText> counted;
    for (const char* text : texts) counted.push_back({text});
    return find_date_order(counted);
  };
  EXPECT_EQ(order({"2024-07-25", "2024-01-02"}).order, kYmd);
  EXPECT_FALSE(order({"2024-07-25", "2024-01-02"}).ambiguous);
  EXPECT_EQ(order({"03/04/2024", "25/12/2024"}).order, kDmy);
  EXPECT_FALSE(order({"03/04/2024", "25/12/2024"}).ambiguous);
  EXPECT_EQ(order({"03/04/2024", "12/25/2024"}).order, kMdy);
  EXPECT_TRUE(order({"03/04/2024", "05/06/2024"}).ambiguous);
  EXPECT_FALSE(order({"03/03/2024"}).ambiguous);
  EXPECT_EQ(order({"a", "b"}).rows, 0);
}

}  // namespace
}  // namespace vitrine::data
