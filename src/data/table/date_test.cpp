#include "data/table/date.h"

#include <gtest/gtest.h>

#include <limits>

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
  EXPECT_EQ(parse_date("01/02/40", kDmy), parse_date("1940-02-01", kYmd));
  EXPECT_EQ(parse_date("01/02/39", kDmy), parse_date("2039-02-01", kYmd));
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
  for (const char* text :
       {"", "2024", "2024.07", "7.2024", "2024-13", "2024-13-01", "2024-02-30", "25", "1.5", "abc",
        "2024-07-25x", "2024-07-25 25:00", "2024-07-25 13:60", "1-2-3-4", "192.168.0.1",
        "Foo 25 2024", "2024-07-25T", "99999999"}) {
    for (const DateOrder order : {kYmd, kDmy, kMdy}) EXPECT_FALSE(parse_date(text, order)) << text;
  }
  EXPECT_FALSE(parse_date("25.07.2024", kYmd));
  EXPECT_FALSE(parse_date("25.07.2024", kMdy));
}

TEST(Date, reads_months_and_weekdays) {
  constexpr double kMonth = 1719792000;  // 2024-07-01
  for (const char* text : {"2024-07", "2024/7", "2024 Jul"}) {
    EXPECT_EQ(parse_date(text, kYmd), kMonth) << text;
  }
  for (const char* text : {"07/2024", "7-2024", "Jul-2024", "July 2024"}) {
    EXPECT_EQ(parse_date(text, kDmy), kMonth) << text;
    EXPECT_EQ(parse_date(text, kMdy), kMonth) << text;
  }
  EXPECT_EQ(parse_date("Thu, 25 Jul 2024 13:45:07 GMT", kDmy), kDay + 49507);
  EXPECT_EQ(parse_date("Thursday 25/07/2024", kDmy), kDay);
  EXPECT_EQ(parse_date("25/Jul/2024:13:45:07 +0200", kDmy), kDay + 49507 - 7200);
  EXPECT_FALSE(parse_date("Thu", kDmy));
  EXPECT_EQ(parse_date("Jul-24", kDmy), kMonth) << "as LendingClub writes months";
  EXPECT_FALSE(parse_date("24-Jul", kDmy));
  EXPECT_EQ(parse_date("July 25th, 2024", kMdy), kDay);
  EXPECT_EQ(parse_date("20240725T134507", kYmd), kDay + 49507);
  EXPECT_EQ(parse_date("25.07.2024, 13:45", kDmy), kDay + 49500);
  EXPECT_EQ(parse_date("25.07.2024.", kDmy), kDay);
}

TEST(Date, days_are_those_of_the_wall_clock) {
  const DateFormat dmy{.order = kDmy};
  EXPECT_EQ(parse_days("25.07.2024", dmy), 19929);
  EXPECT_EQ(parse_days("2024-07-25", dmy), 19929) << "ISO dates are always accepted";
  EXPECT_EQ(parse_days("2024-07-25T18:00:00+09:00", {}), 19929.75) << "the zone is ignored";
  EXPECT_FALSE(parse_days("07/25/2024", dmy));
  EXPECT_FALSE(parse_days("9999-12-31", {})) << "it means never";
  EXPECT_FALSE(parse_days("9000-01-01", {}));
  EXPECT_TRUE(parse_days("8999-12-31", {}));
  EXPECT_TRUE(means_no_date("9999-12-31", dmy));
  EXPECT_TRUE(means_no_date("31.12.9999", dmy));
  EXPECT_TRUE(means_no_date("0000-00-00 00:00:00", dmy));
  EXPECT_FALSE(means_no_date("2024-07-25", dmy));
  EXPECT_FALSE(means_no_date("-", dmy));
  using Form = DateFormat::Form;
  EXPECT_EQ(parse_days("20240725", {.form = Form::digits}), 19929);
  EXPECT_EQ(parse_days("20240725.0", {.form = Form::digits}), 19929);
  EXPECT_FALSE(parse_days("20240732", {.form = Form::digits}));
  EXPECT_EQ(parse_days("1721887200", {.form = Form::seconds}), 19929.25);
  EXPECT_EQ(parse_days("1721887200000", {.form = Form::milliseconds}), 19929.25);
  EXPECT_EQ(parse_days("2024-07-25", {.form = Form::seconds}), 19929);
  EXPECT_FALSE(days_of_number(20240725, {})) << "a number is no date among texts";
  EXPECT_EQ(parse_days("2024-07-25 00:00:00.1239", {}), parse_days("2024-07-25 00:00:00.124", {}))
      << "in milliseconds, as the graph reads them";
  EXPECT_FALSE(days_of_number(1e300, {.form = Form::seconds}));
}

TEST(Date, text_and_days_convert_into_each_other) {
  EXPECT_EQ(date_text(19929, false), "2024-07-25");
  EXPECT_EQ(date_text(19929.75, true), "2024-07-25T18:00:00");
  EXPECT_EQ(date_text(-0.5, true), "1969-12-31T12:00:00");
  EXPECT_EQ(date_text(19929 + 0.25 / 86400, true), "2024-07-25T00:00:00.250");
  EXPECT_EQ(date_text(19929.9999999999, true), "2024-07-26T00:00:00");
  EXPECT_EQ(date_text(std::numeric_limits<double>::quiet_NaN(), true), "");
  for (double days = -40000; days < 60000; days += 13.37) {
    EXPECT_NEAR(parse_days(date_text(days, true), {}).value(), days, 1e-8);
  }
}

TEST(Date, format_is_kept_as_json) {
  const DateFormat format{.form = DateFormat::Form::milliseconds, .order = kMdy, .times = true};
  EXPECT_EQ(date_format_from_json(to_json(format)), format);
  EXPECT_THROW(date_format_from_json({{"form", "roman"}, {"order", "day"}, {"times", true}}),
               std::exception);
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
  const CountedText unclear{"03/04/2024"};
  EXPECT_EQ(find_date_order({&unclear, 1}, kMdy).order, kMdy);
  EXPECT_EQ(order({"a", "b"}).rows, 0);
}

}  // namespace
}  // namespace vitrine::data
