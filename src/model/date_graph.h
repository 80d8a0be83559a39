// The nodes of a table graph that take dates apart: ISO text -> days since 1970 -> parts.
#pragma once

#include <string>

#include "data/table/schema.h"
#include "onnx/graph_builder.h"

namespace vitrine::model {

/// Adds the nodes of one date column, whose names end with its key. The arithmetic is that of
/// parse_days() and date_part(), in double precision.
class DateParts {
 public:
  /// `graph` must outlive the object.
  DateParts(onnx::GraphBuilder& graph, std::string key) : graph_(graph), key_(std::move(key)) {}

  /// Days since 1970 with the time of day as a fraction, `double [N,1]`; NaN where the text `input`
  /// is no date. Uses the operators RegexFullMatch, StringConcat and StringSplit (opset 20).
  std::string days(const std::string& input);

  /// A part of the days, `float [N,1]`. `since` is the name of the earlier days, for that part.
  std::string feature(const std::string& days, data::DatePart part, double origin,
                      const std::string& since);

 private:
  std::string name(const std::string& what) const { return "V.date." + what + "." + key_; }
  std::string number(const std::string& what, double value);
  std::string binary(const char* type, const std::string& what, const std::string& a,
                     const std::string& b);
  std::string floor(const std::string& what, const std::string& value);
  std::string quotient(const std::string& what, const std::string& value, double divisor);
  std::string text(const std::string& what, const std::string& value);
  std::string field(const std::string& what, const std::string& texts, std::int64_t place);
  std::string to_number(const std::string& what, const std::string& text);
  std::string day_number(const std::string& date);
  std::string second_of_day(const std::string& time);
  std::string civil(const std::string& days, data::DatePart part);

  onnx::GraphBuilder& graph_;
  std::string key_;
};

}  // namespace vitrine::model
