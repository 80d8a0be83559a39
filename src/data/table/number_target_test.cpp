#include "data/table/number_target.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {
namespace {

NumberTarget target_with(Link link) {
  NumberTarget target{.quantiles = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  target.link = link;
  target.offset = 1;
  target.scale = 2;
  target.intervals = {{0.5, 0.5}, {0.9, 1}, {0.99, 3}};
  return target;
}

TEST(NumberTarget, links_and_their_inverses_agree) {
  for (const Link link : {Link::identity, Link::log, Link::log1p}) {
    const NumberTarget target = target_with(link);
    EXPECT_NEAR(target.linked(target.value_of(0.7)), 2.4, 1e-12) << name_of(link);
  }
  EXPECT_EQ(target_with(Link::log1p).value_of(-100), 0) << "never negative";
  EXPECT_TRUE(std::isfinite(static_cast<float>(target_with(Link::log).value_of(1e6))));
}

TEST(NumberTarget, intervals_contain_the_prediction_and_grow_with_the_level) {
  for (const Link link : {Link::identity, Link::log, Link::log1p}) {
    const NumberTarget target = target_with(link);
    for (const double margin : {-300.0, -3.0, 0.0, 2.0, 300.0}) {
      for (const double log_size : {-30.0, 0.0, 2.0, 1e9}) {
        const NumberOutputs usual = outputs_of(target, margin, std::min(log_size, 20.0));
        for (const double level : {0.5, 0.9, 0.99}) {
          const NumberOutputs outputs = at_level(target, usual, level);
          EXPECT_TRUE(std::isfinite(outputs.low) && std::isfinite(outputs.high))
              << name_of(link) << " " << margin << " " << log_size << " " << level;
          EXPECT_LE(outputs.low, outputs.prediction);
          EXPECT_GE(outputs.high, outputs.prediction);
        }
        EXPECT_LE(at_level(target, usual, 0.5).high, usual.high);
        EXPECT_GE(at_level(target, usual, 0.99).high, usual.high);
      }
    }
    const NumberOutputs usual = outputs_of(target, 0.3, 0.1);
    EXPECT_NEAR(at_level(target, usual, 0.9).low, usual.low, 1e-5);
    EXPECT_NEAR(at_level(target, usual, 0.9).high, usual.high, 1e-4);
  }
}

TEST(NumberTarget, sizes_stay_in_the_range_that_was_seen) {
  NumberTarget target = target_with(Link::identity);
  target.most_log_size = 1;
  EXPECT_EQ(outputs_of(target, 0, 1e6).high, outputs_of(target, 0, 1).high);
}

TEST(NumberTarget, a_level_between_two_takes_the_higher_one) {
  const NumberTarget target = target_with(Link::identity);
  EXPECT_EQ(target.factor_of(0.6), 1);
  EXPECT_EQ(target.factor_of(0.9), 1);
  EXPECT_FALSE(target.factor_of(0.995));
}

TEST(NumberTarget, contradictory_cards_are_refused) {
  const Json good = to_json(target_with(Link::log));
  EXPECT_EQ(number_target_from_json(good).intervals, target_with(Link::log).intervals);
  const auto refused = [&](const char* key, const Json& value) {
    Json json = good;
    json[key] = value;
    EXPECT_THROW(number_target_from_json(json), std::exception) << key << " " << value;
  };
  refused("quantiles", {1, 2, 3});
  refused("quantiles", {9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  refused("scale", 0);
  refused("scale", "1");
  refused("link", "cube");
  refused("log_sizes", {1, 0});
  refused("log_sizes", Json::array());
  refused("intervals", Json::array());
  refused("intervals", {{{"level", 0.8}, {"factor", 1}}});
  refused("intervals", {{{"level", 0.9}, {"factor", 0}}});
  refused("intervals", {{{"level", 0.95}, {"factor", 1}}, {{"level", 0.9}, {"factor", 1}}});
}

TEST(NumberTarget, numbers_that_stand_for_missing_are_unknown) {
  std::string text = "x,y\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i % 7) + "," + (i % 10 == 0 ? "-1" : std::to_string(100 + i)) + "\n";
  }
  std::vector<Warning> warnings;
  const RawTable raw = read_csv(text, "t");
  const TableSchema plain = infer_schema(raw, {.target = "y"}, warnings);
  EXPECT_EQ(warnings.at(0).code, "possible_missing_number");
  EXPECT_EQ(plain.target.number->quantiles.front(), -1);
  warnings.clear();
  const TableSchema schema = infer_schema(raw, {.target = "y", .missing = {"y=-1"}}, warnings);
  EXPECT_EQ(schema.target.number->quantiles.front(), 101);
  const Table table = apply_schema(schema, raw, {}, warnings);
  EXPECT_TRUE(std::isnan(table.targets[0]));
  EXPECT_EQ(table.labels[0], -1);
  EXPECT_EQ(table.targets[1], 101);
}

}  // namespace
}  // namespace vitrine::data
