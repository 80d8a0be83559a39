// The calendar is computed as in Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (days_from_civil and civil_from_days), with floor() in place of the division of integers. Years
// begin in March there, so that the leap day is the last one.
#include "model/date_graph.h"

#include "base/error.h"

namespace vitrine::model {
namespace {

/// A date with an optional time.
const std::string kIsoDate = std::string(data::kDayPattern) +
                             "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?)?";

constexpr double kDaysToMarch0 = 719468;  ///< from 0000-03-01 to 1970-01-01

}  // namespace

std::string DateParts::number(const std::string& what, double value) {
  return graph_.constant(name(what), std::vector<double>{value});
}

std::string DateParts::text(const std::string& what, const std::string& value) {
  return graph_.constant(name(what), std::vector<std::string>{value});
}

std::string DateParts::binary(const char* type, const std::string& what, const std::string& a,
                              const std::string& b) {
  return graph_.node(type, name(what), {a, b}).output();
}

std::string DateParts::floor(const std::string& what, const std::string& value) {
  return graph_.node("Floor", name(what), {value}).output();
}

/// floor(value / divisor).
std::string DateParts::quotient(const std::string& what, const std::string& value, double divisor) {
  return floor(what, binary("Div", what + ".ratio", value, number(what + ".divisor", divisor)));
}

/// One of the texts that StringSplit returns, [N,1,parts] -> [N,1].
std::string DateParts::field(const std::string& what, const std::string& texts,
                             std::int64_t place) {
  const std::string flat = graph_.constant(name(what + ".place"), std::vector<std::int64_t>{place});
  graph_.node("Gather", name(what + ".field"), {texts, flat}).set("axis", std::int64_t{2});
  const std::string column =
      graph_.constant(name(what + ".shape"), std::vector<std::int64_t>{-1, 1});
  return graph_.node("Reshape", name(what), {name(what + ".field"), column}).output();
}

std::string DateParts::to_number(const std::string& what, const std::string& text) {
  return graph_.node("Cast", name(what), {text})
      .set("to", std::int64_t{::onnx::TensorProto::DOUBLE})
      .output();
}

std::string DateParts::days(const std::string& input) {
  // An empty delimiter stands for blanks, of which several count as one.
  const auto split = [&](const std::string& what, const std::string& value, const char* delimiter) {
    graph_.node("StringSplit", name(what), {value}, "", {name(what), name(what + ".count")})
        .set("delimiter", delimiter);
    return name(what);
  };
  graph_.node("RegexFullMatch", name("known"), {input}).set("pattern", kIsoDate.c_str());
  graph_.node("Where", name("text"), {name("known"), input, text("missing", "nan-nan-nan")});
  // `T` between date and time becomes a blank, and a date without a time gets one.
  const std::string date_and_time =
      split("date_and_time", binary("StringConcat", "ends", name("text"), text("t", "T")), "T");
  const std::string spaced = binary(
      "StringConcat", "spaced",
      binary("StringConcat", "first", field("day_text", date_and_time, 0), text("blank", " ")),
      field("time_text", date_and_time, 1));
  const std::string words =
      split("words", binary("StringConcat", "timed", spaced, text("midnight", " 00:00:00")), "");
  const std::string day = day_number(split("numbers", field("date", words, 0), "-"));
  const std::string seconds = second_of_day(split(
      "clock", binary("StringConcat", "whole", field("time", words, 1), text("zero", ":0")), ":"));
  return binary("Add", "since_1970", day,
                binary("Div", "fraction", seconds, number("seconds_of_day", 86400)));
}

/// Days since 1970 of the texts of year, month and day.
std::string DateParts::day_number(const std::string& date) {
  const std::string year = to_number("y", field("y.text", date, 0));
  const std::string month = to_number("m", field("m.text", date, 1));
  const std::string day = to_number("d", field("d.text", date, 2));
  // The month counted from March: m + 9 modulo 12.
  const std::string late = binary("Add", "m.late", month, number("nine", 9));
  const std::string turn = quotient("m.turn", late, 12);
  const std::string from_march =
      binary("Sub", "m.march", late, binary("Mul", "m.turned", turn, number("twelve", 12)));
  const std::string march_year =
      binary("Sub", "y.march", year, quotient("y.before", from_march, 10));
  const std::string of_months =
      quotient("m.days",
               binary("Add", "m.two", binary("Mul", "m.scaled", from_march, number("scale", 153)),
                      number("two", 2)),
               5);
  std::string sum = binary("Mul", "y.days", march_year, number("year_days", 365));
  sum = binary("Add", "sum.4", sum, quotient("y.4", march_year, 4));
  sum = binary("Sub", "sum.100", sum, quotient("y.100", march_year, 100));
  sum = binary("Add", "sum.400", sum, quotient("y.400", march_year, 400));
  sum = binary("Add", "sum.m", sum, of_months);
  sum = binary("Add", "sum.d", sum, day);
  return binary("Sub", "day_number", sum, number("day_number.zero", kDaysToMarch0 + 1));
}

std::string DateParts::second_of_day(const std::string& time) {
  const std::string hours = to_number("h", field("h.text", time, 0));
  const std::string minutes = to_number("min", field("min.text", time, 1));
  const std::string seconds = to_number("s", field("s.text", time, 2));
  const std::string sum =
      binary("Add", "h.min", binary("Mul", "h.seconds", hours, number("hour_seconds", 3600)),
             binary("Mul", "min.seconds", minutes, number("minute_seconds", 60)));
  return binary("Add", "second", sum, seconds);
}

std::string DateParts::feature(const std::string& days, data::DatePart part, double origin,
                               const std::string& since) {
  std::string what(data::name_of(part));
  std::string value;
  switch (part) {
    case data::DatePart::days:
      value = binary("Sub", what + ".value", days, number(what + ".origin", origin));
      break;
    case data::DatePart::since:
      what += "." + since;
      value = binary("Sub", what + ".value", days, since);
      break;
    case data::DatePart::hour: {
      const std::string fraction =
          binary("Sub", what + ".fraction", days, floor(what + ".floor", days));
      value = binary("Mul", what + ".value", fraction, number(what + ".hours", 24));
      break;
    }
    case data::DatePart::weekday: {
      const std::string from_monday = binary("Add", what + ".monday", floor(what + ".floor", days),
                                             number(what + ".thursday", 3));
      const std::string weeks =
          binary("Mul", what + ".weeks", quotient(what + ".week", from_monday, 7),
                 number(what + ".seven", 7));
      value = binary("Add", what + ".value", binary("Sub", what + ".rest", from_monday, weeks),
                     number(what + ".one", 1));
      break;
    }
    case data::DatePart::year:
    case data::DatePart::month:
    case data::DatePart::day:
      value = civil(days, part);
      break;
  }
  return graph_.node("Cast", name(what), {value})
      .set("to", std::int64_t{::onnx::TensorProto::FLOAT})
      .output();
}

/// The year, month or day of the month of days since 1970. Each part has its own nodes: runtimes
/// merge equal ones.
std::string DateParts::civil(const std::string& days, data::DatePart part) {
  const std::string p = "civil." + std::string(data::name_of(part)) + ".";
  const auto times = [&](const std::string& what, const std::string& value, double factor) {
    return binary("Mul", p + what, value, number(p + what + ".factor", factor));
  };
  const std::string z =
      binary("Add", p + "z", floor(p + "floor", days), number(p + "zero", kDaysToMarch0));
  const std::string era = quotient(p + "era", z, 146097);
  const std::string doe = binary("Sub", p + "doe", z, times("era.days", era, 146097));
  // Year of the era: (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365.
  std::string rest = binary("Sub", p + "rest.4", doe, quotient(p + "q.4", doe, 1460));
  rest = binary("Add", p + "rest.100", rest, quotient(p + "q.100", doe, 36524));
  rest = binary("Sub", p + "rest.400", rest, quotient(p + "q.400", doe, 146096));
  const std::string yoe = quotient(p + "yoe", rest, 365);
  std::string before = times("yoe.days", yoe, 365);
  before = binary("Add", p + "before.4", before, quotient(p + "yoe.4", yoe, 4));
  before = binary("Sub", p + "before.100", before, quotient(p + "yoe.100", yoe, 100));
  const std::string doy = binary("Sub", p + "doy", doe, before);
  const std::string mp = quotient(
      p + "mp", binary("Add", p + "doy.two", times("doy.5", doy, 5), number(p + "two", 2)), 153);
  if (part == data::DatePart::day) {
    const std::string start = quotient(
        p + "start", binary("Add", p + "mp.two", times("mp.153", mp, 153), number(p + "2", 2)), 5);
    return binary("Add", p + "value", binary("Sub", p + "offset", doy, start),
                  number(p + "one", 1));
  }
  // January and February belong to the next year.
  const std::string turn = quotient(p + "turn", mp, 10);
  if (part == data::DatePart::month) {
    const std::string shifted = binary("Add", p + "shifted", mp, number(p + "three", 3));
    return binary("Sub", p + "value", shifted, times("turned", turn, 12));
  }
  const std::string year = binary("Add", p + "year", yoe, times("era.years", era, 400));
  return binary("Add", p + "value", year, turn);
}

}  // namespace vitrine::model
