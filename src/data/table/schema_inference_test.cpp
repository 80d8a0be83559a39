#include "data/table/schema_inference.h"

#include <gtest/gtest.h>

#include <cmath>

#include <algorithm>

#include "base/error.h"
#include "data/table/csv.h"

namespace vitrine::data {
namespace {

struct Inferred {
  TableSchema schema;
  std::vector<Warning> warnings;
  bool warned(std::string_view code) const {
    return std::ranges::contains(warnings, code, &Warning::code);
  }
};

Inferred infer(const std::string& text, SchemaOptions options) {
  Inferred out;
  out.schema = infer_schema(read_csv(text, "t.csv"), options, out.warnings);
  return out;
}

Error error_of(const std::string& text, const SchemaOptions& options) {
  try {
    infer(text, options);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::failed, "", "", ""};
}

/// A table with a header and `rows` lines made by `line(i)`.
template <typename Line>
std::string table_of(const std::string& header, int rows, const Line& line) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += line(i) + "\n";
  return text;
}

std::string yes_no(int i) { return i % 3 == 0 ? "Yes" : "No"; }

TEST(SchemaInference, texts_of_several_words_that_differ_are_free_text) {
  const auto text = table_of("name,message,rare,few,size,when,Churn", 200, [](int i) {
    const std::string n = std::to_string(i);
    return "John Doe" + n + ",order " + n + " has not come," + (i % 3 ? "" : "call back at " + n) +
           ",one of four " + std::to_string(i % 4) + ",1 234 " + std::to_string(100 + i % 101) +
           ",3 May " + std::to_string(1900 + i / 4) + "," + yes_no(i);
  });
  const auto kind_of = [](const Inferred& found, std::string_view key) {
    const Column* column = found.schema.find(key);
    return column == nullptr ? "left out" : std::string(name_of(column->kind));
  };
  const auto found = infer(text, {.target = "churn"});
  EXPECT_EQ(kind_of(found, "message"), "text");
  EXPECT_EQ(kind_of(found, "rare"), "text");
  EXPECT_EQ(kind_of(found, "name"), "left out");
  EXPECT_EQ(kind_of(found, "few"), "category");
  EXPECT_EQ(kind_of(found, "size"), "number");
  EXPECT_EQ(kind_of(found, "when"), "date");
  EXPECT_DOUBLE_EQ(found.schema.find("message")->mean, 5);
  EXPECT_NEAR(found.schema.find("rare")->missing_share, 2.0 / 3, 0.01);
  EXPECT_TRUE(found.schema.find("message")->optional);
  const auto asked =
      infer(text, {.target = "churn", .category = {"message"}, .text = {"few", "name"}});
  EXPECT_EQ(kind_of(asked, "message"), "left out");
  EXPECT_EQ(kind_of(asked, "name"), "text");
  EXPECT_EQ(kind_of(asked, "few"), "text");
  EXPECT_EQ(error_of(text, {.target = "churn", .text = {"nothing"}}).kind, ErrorKind::usage);
}

TEST(SchemaInference, finds_kinds_and_the_reasons_for_dropped_columns) {
  const auto text = table_of("customerID,Total,Contract,Same,Churn", 200, [](int i) {
    return "A-" + std::to_string(i * 7) + "," + (i == 5 ? " " : std::to_string(i * 0.5)) + "," +
           (i % 2 ? "One year" : "one_year ") + (i % 4 ? "" : "s") + ",1," + yes_no(i);
  });
  const auto found = infer(text, {.target = "churn"});
  ASSERT_EQ(found.schema.columns.size(), 2);
  const Column& total = found.schema.columns[0];
  EXPECT_EQ(total.kind, ColumnKind::number);
  EXPECT_DOUBLE_EQ(total.missing_share, 1.0 / 200);
  EXPECT_DOUBLE_EQ(total.quantiles[10], 99.5);
  const Column& contract = found.schema.columns[1];
  EXPECT_EQ(contract.kind, ColumnKind::category);
  EXPECT_EQ(contract.categories.back().value, "one_year_s");
  ASSERT_EQ(found.schema.dropped.size(), 2);
  EXPECT_NE(found.schema.dropped[0].reason.find("identifier"), std::string::npos);
  EXPECT_NE(found.schema.dropped[1].reason.find("constant"), std::string::npos);
}

TEST(SchemaInference, spellings_that_differ_in_case_or_blanks_are_separate_categories) {
  const auto found = infer(table_of("c,x,y", 90,
                                    [](int i) {
                                      return std::string(i % 3 == 0   ? "FIBER optic"
                                                         : i % 3 == 1 ? "Fiber optic"
                                                         : i % 2 == 0 ? "Dsl"
                                                                      : " Dsl ") +
                                             "," + std::to_string(i % 7) + "," + yes_no(i / 3);
                                    }),
                           {.target = "y"});
  EXPECT_TRUE(found.warned("spelling"));
  const Column& column = *found.schema.find("c");
  ASSERT_EQ(column.categories.size(), 3);
  EXPECT_EQ(column.categories[0].value, "FIBER optic");
  EXPECT_EQ(column.categories[1].value, "Fiber optic");
  EXPECT_EQ(column.categories[2].value, "dsl");
  EXPECT_EQ(column.categories[2].count, 30);
  EXPECT_EQ(column.categories[2].variants.size(), 2);
  // Exact matches first; loose matches only if they are unambiguous.
  EXPECT_EQ(column.code_of_text(" FIBER optic"), 0);
  EXPECT_EQ(column.code_of_text("Fiber optic"), 1);
  EXPECT_EQ(column.code_of_text("fiber_optic"), std::nullopt);
  EXPECT_EQ(column.code_of_text("DSL"), 2);
}

TEST(SchemaInference, classes_that_differ_in_case_are_separate_classes) {
  const auto found = infer(table_of("x,y", 120,
                                    [](int i) {
                                      return std::to_string(i % 9) + "," +
                                             (i % 4 == 0   ? "hAd"
                                              : i % 4 == 1 ? "had"
                                              : i % 4 == 2 ? "Two words"
                                                           : "two_words");
                                    }),
                           {.target = "y"});
  EXPECT_EQ(found.schema.target.class_names(),
            (std::vector<std::string>{"Two words", "hAd", "had", "two_words"}));
  EXPECT_TRUE(found.warned("spelling"));
  EXPECT_EQ(class_of(found.schema.target, "hAd"), 1);
  EXPECT_EQ(class_of(found.schema.target, "HAD"), -1);
  EXPECT_EQ(class_of(found.schema.target, "two words"), -1);
}

TEST(SchemaInference, numbers_that_floats_would_merge_get_an_origin) {
  const auto found =
      infer(table_of("account,price,reading,y", 300,
                     [](int i) {
                       return std::to_string(9000000000LL + i / 2 * 6) + "," + std::to_string(i) +
                              ".25," + std::to_string(1700000000.5 + i * 0.25) + "," + yes_no(i);
                     }),
            {.target = "y"});
  const Column& account = *found.schema.find("account");
  ASSERT_TRUE(account.origin.has_value());
  EXPECT_NE(account.feature_of(9000000006.0), account.feature_of(9000000012.0));
  EXPECT_EQ(account.value_of(account.feature_of(9000000294.0)), 9000000294.0);
  const Column& reading = *found.schema.find("reading");
  ASSERT_TRUE(reading.origin.has_value());
  EXPECT_EQ(reading.value_of(reading.feature_of(1700000001.25)), 1700000001.25);
  EXPECT_FALSE(found.schema.find("price")->origin.has_value());
  // The card keeps the origin.
  const TableSchema again = schema_from_json(to_json(found.schema), "t");
  EXPECT_EQ(again.find("account")->origin, account.origin);
}

TEST(SchemaInference, an_origin_is_found_among_many_small_numbers) {
  // Most accounts are 0, so the median of all numbers would not be a useful origin.
  const auto found = infer(table_of("account,x,y", 500,
                                    [](int i) {
                                      return std::to_string(i % 5 < 3 ? 0 : 9000000000LL + i * 3) +
                                             "," + std::to_string(i % 9) + "," + yes_no(i);
                                    }),
                           {.target = "y"});
  const Column& account = *found.schema.find("account");
  ASSERT_TRUE(account.origin.has_value());
  EXPECT_NE(account.feature_of(9000000009.0), account.feature_of(9000000012.0));
  EXPECT_FALSE(found.warned("digits_lost"));
}

TEST(SchemaInference, numbers_that_no_origin_separates_cause_a_warning) {
  const auto found = infer(table_of("account,x,y", 400,
                                    [](int i) {
                                      return std::to_string((1 + i % 9) * 1000000000000LL + i) +
                                             "," + std::to_string(i % 9) + "," + yes_no(i);
                                    }),
                           {.target = "y"});
  EXPECT_TRUE(found.warned("digits_lost"));
}

TEST(SchemaInference, a_number_matches_a_category_only_if_it_is_unambiguous) {
  const auto found = infer(table_of("c,x,y", 90,
                                    [](int i) {
                                      return std::string(i % 3 == 0   ? "1"
                                                         : i % 3 == 1 ? "1.0"
                                                                      : "2.0") +
                                             "," + std::to_string(i % 7) + "," + yes_no(i);
                                    }),
                           {.target = "y", .category = {"c"}});
  const Column& column = *found.schema.find("c");
  ASSERT_EQ(column.categories.size(), 3);
  EXPECT_NE(column.code_of_text("1"), column.code_of_text("1.0"));
  EXPECT_EQ(column.code_of_text("1.00"), std::nullopt);
  EXPECT_EQ(column.code_of_text("2"), column.code_of_text("2.0"));
}

TEST(SchemaInference, a_few_words_among_numbers_are_missing_values) {
  const auto text = table_of("x,y", 300, [](int i) {
    return (i == 7 ? "oops" : i % 10 == 3 ? "#N/A" : std::to_string(i % 50)) + "," + yes_no(i);
  });
  const auto found = infer(text, {.target = "y"});
  EXPECT_TRUE(found.warned("text_among_numbers"));
  EXPECT_TRUE(found.warned("missing_words"));
  EXPECT_EQ(found.schema.columns[0].missing_words, (std::vector<std::string>{"#n/a", "oops"}));
  EXPECT_NEAR(found.schema.columns[0].missing_share, 31.0 / 300, 1e-9);
}

TEST(SchemaInference, more_categories_than_can_be_kept_are_texts) {
  const auto text = table_of("shop,few,Churn", 4000, [](int i) {
    return "S" + std::to_string(i % 1100) + ",k" + std::to_string(i % 900) + "," + yes_no(i);
  });
  const auto found = infer(text, {.target = "churn"});
  EXPECT_EQ(found.schema.find("shop")->kind, ColumnKind::text);
  EXPECT_EQ(found.schema.find("few")->kind, ColumnKind::category);
  EXPECT_TRUE(found.warned("many_categories"));
  const auto asked = infer(text, {.target = "churn", .category = {"shop"}});
  EXPECT_EQ(asked.schema.find("shop")->kind, ColumnKind::category);
  EXPECT_EQ(asked.schema.find("shop")->categories.size(), 1000U);
  EXPECT_EQ(asked.schema.find("shop")->rare_rows, 300U);
}

TEST(SchemaInference, mostly_numbers_are_not_free_text) {
  const auto found =
      infer(table_of("x,mixed,y", 300,
                     [](int i) {
                       return std::to_string(i) + ".5," +
                              (i % 5 < 2 ? "w" + std::to_string(i) : std::to_string(i) + ".25") +
                              "," + yes_no(i);
                     }),
            {.target = "y"});
  EXPECT_EQ(found.schema.find("mixed")->kind, ColumnKind::number);
  EXPECT_TRUE(found.warned("text_among_numbers"));
}

TEST(SchemaInference, numbers_as_people_write_them_have_a_format) {
  const auto found = infer(table_of("price;share;thousands;y", 300,
                                    [](int i) {
                                      return std::to_string(i % 70) + ",25 EUR;" +
                                             std::to_string(i % 90) + "%;" +
                                             std::to_string(1 + i % 9) + "." +
                                             std::to_string(100 + i % 80) + ";" + yes_no(i);
                                    }),
                           {.target = "y"});
  EXPECT_TRUE(found.warned("number_format"));
  const Column& price = *found.schema.find("price");
  EXPECT_EQ(price.quantiles.back(), 69.25);
  EXPECT_EQ(price.number_of("3,5 EUR"), 3.5);
  EXPECT_EQ(price.number_of("3.5"), 3.5);
  EXPECT_EQ(found.schema.find("share")->quantiles.back(), 89);
  // The other columns show that a comma is the decimal separator.
  EXPECT_GT(found.schema.find("thousands")->quantiles.back(), 9000);
  const TableSchema again = schema_from_json(to_json(found.schema), "t");
  EXPECT_EQ(again.find("price")->format, price.format);
}

TEST(SchemaInference, the_user_says_which_words_and_numbers_are_missing) {
  const auto text = table_of("x,plan,y", 300, [](int i) {
    return (i % 10 == 0   ? "-200"
            : i % 10 == 1 ? "-300"
                          : std::to_string(100 + i) + ".5") +
           "," +
           (i % 3 == 0   ? "None"
            : i % 3 == 1 ? "a"
                         : "zz") +
           "," + yes_no(i);
  });
  EXPECT_TRUE(infer(text, {.target = "y"}).schema.find("x")->missing_numbers.empty());
  const auto found = infer(
      text, {.target = "y", .missing = {"-200", "x=-300", "plan=zz"}, .not_missing = {"none"}});
  const Column& x = *found.schema.find("x");
  EXPECT_EQ(x.missing_numbers, (std::vector<double>{-300, -200}));
  EXPECT_EQ(x.quantiles.front(), 102.5);
  EXPECT_TRUE(std::isnan(x.feature_of(-200)));
  EXPECT_TRUE(std::isnan(x.feature_of(-300)));
  const Column& plan = *found.schema.find("plan");
  EXPECT_EQ(plan.categories.size(), 2);
  EXPECT_TRUE(plan.code_of_text("None"));
  EXPECT_TRUE(plan.optional);
  const TableSchema again = schema_from_json(to_json(found.schema), "t");
  EXPECT_EQ(again.find("x")->missing_numbers, x.missing_numbers);
  EXPECT_EQ(error_of(text, {.target = "y", .missing = {"nope=1"}}).kind, ErrorKind::usage);
}

TEST(SchemaInference, hints_at_numbers_that_may_mean_missing) {
  const auto hinted = [](const std::string& odd) {
    return infer(table_of("x,y", 300,
                          [&](int i) {
                            return (i % 10 == 0 ? odd : std::to_string(1500 + i * 7 % 2000)) + "," +
                                   yes_no(i);
                          }),
                 {.target = "y"})
        .warned("possible_missing_number");
  };
  EXPECT_TRUE(hinted("-200"));
  EXPECT_TRUE(hinted("-1"));
  EXPECT_TRUE(hinted("9999"));
  EXPECT_FALSE(hinted("0"));
  EXPECT_FALSE(hinted("1600"));
}

TEST(SchemaInference, leaves_out_identifiers_whatever_they_are_called) {
  const auto found = infer(table_of(",Unnamed: 0,customer,amount,y", 300,
                                    [](int i) {
                                      const int spread = 15000000 + i * 7919 % 300 * 811;
                                      const int skewed = 10 + i * i;
                                      return std::to_string(i) + "," + std::to_string(i % 7) + "," +
                                             std::to_string(spread) + "," + std::to_string(skewed) +
                                             "," + yes_no(i);
                                    }),
                           {.target = "y"});
  ASSERT_EQ(found.schema.columns.size(), 1);
  EXPECT_EQ(found.schema.columns[0].name, "amount");
  EXPECT_EQ(found.schema.dropped.size(), 3);
}

TEST(SchemaInference, identifiers_have_many_names) {
  for (const char* name : {"CustomerID", "customerId", "user.id", "order no", "RowNumber", "uid",
                           "Kundennummer", "PassengerId", "id"}) {
    const auto found = infer(table_of(std::string(name) + ",x,y", 300,
                                      [](int i) {
                                        const int block = i < 150 ? 1000 + i * 53 : 90000 + i * 7;
                                        return std::to_string(block) + "," + std::to_string(i % 9) +
                                               ".5," + yes_no(i);
                                      }),
                             {.target = "y"});
    EXPECT_EQ(found.schema.dropped.size(), 1) << name;
  }
}

TEST(SchemaInference, numbers_that_predict_the_target_are_no_identifiers) {
  const auto text = table_of("salary,y", 600, [](int i) {
    const int salary = 20000 + i * 7919 % 600 * 211;
    return std::to_string(salary) + "," + (salary > 90000 ? "yes" : "no");
  });
  const auto found = infer(text, {.target = "y"});
  EXPECT_NE(found.schema.find("salary"), nullptr);
  EXPECT_TRUE(found.warned("identifier_kept"));
}

TEST(SchemaInference, a_text_column_without_a_name_is_kept) {
  const auto found = infer(table_of("x,,y", 300,
                                    [](int i) {
                                      return std::to_string(i % 9) + ".5," +
                                             (i % 3 == 0 ? "a," : "b,") + yes_no(i);
                                    }),
                           {.target = "y"});
  EXPECT_EQ(found.schema.columns.size(), 2);
}

TEST(SchemaInference, a_missing_number_in_a_target_of_numbers_is_left_out) {
  const auto text = table_of("x,y", 90, [](int i) {
    return std::to_string(i % 7) + "," + std::to_string(i % 3 == 2 ? 9 : i % 3);
  });
  const auto found = infer(text, {.target = "y", .missing = {"9"}});
  EXPECT_EQ(found.schema.target.classes.size(), 2);
  EXPECT_EQ(error_of(text, {.target = "y", .missing = {"9", "y=0"}}).kind, ErrorKind::bad_input);
}

TEST(SchemaInference, classes_and_categories_with_limits_are_kept_apart) {
  for (const auto& [a, b] :
       {std::pair{"<=50K", ">50K"}, {"10%", "20%"}, {"1,0", "0,0"}, {"3*", "4*"}}) {
    const auto found = infer(table_of("x;band;y", 90,
                                      [&](int i) {
                                        return std::to_string(i % 7) + ";" + (i % 3 == 0 ? a : b) +
                                               ";" + (i % 2 == 0 ? a : b);
                                      }),
                             {.target = "y"});
    EXPECT_EQ(found.schema.target.classes.size(), 2) << a;
    EXPECT_NE(found.schema.find("band"), nullptr) << a;
  }
}

TEST(SchemaInference, a_number_among_words_for_missing_is_no_constant) {
  const auto found =
      infer(table_of("flag,y", 90,
                     [](int i) { return std::string(i % 9 == 0 ? "1," : "-,") + yes_no(i); }),
            {.target = "y"});
  EXPECT_NE(found.schema.find("flag"), nullptr);
}

TEST(SchemaInference, error_words_are_no_class_among_numbers) {
  const auto found = infer(table_of("x,y", 90,
                                    [](int i) {
                                      return std::to_string(i % 7) + "," +
                                             (i % 10 == 0 ? "#N/A" : std::to_string(i % 2));
                                    }),
                           {.target = "y"});
  EXPECT_EQ(found.schema.target.class_names(), (std::vector<std::string>{"0", "1"}));
}

TEST(SchemaInference, names_that_differ_in_case_or_blanks_are_separate_columns) {
  const auto text = table_of("a b,a_b,Y,y", 300, [](int i) {
    return std::to_string(i % 9) + ".5," + std::to_string(i % 8) + ".5," + std::to_string(i % 7) +
           ".5," + yes_no(i);
  });
  const auto found = infer(text, {.target = "y", .drop = {"a b"}});
  ASSERT_EQ(found.schema.columns.size(), 2);
  EXPECT_EQ(found.schema.columns[0].key, "a_b");
  EXPECT_EQ(found.schema.columns[1].key, "Y");
  EXPECT_EQ(found.schema.target.key, "y");
  EXPECT_NE(found.schema.find_named("a_b"), nullptr);
  EXPECT_EQ(found.schema.find_named("A_B"), nullptr);
  EXPECT_EQ(found.schema.find_named("a b"), nullptr);
  EXPECT_EQ(schema_from_json(to_json(found.schema), "t").columns[1].key, "Y");
  EXPECT_EQ(error_of(text, {.target = "y", .drop = {"A B"}}).kind, ErrorKind::usage);
}

TEST(SchemaInference, a_number_of_nines_far_beyond_all_others_is_missing) {
  const auto text = table_of("income,y", 100, [](int i) {
    return (i % 10 == 0 ? "99999999" : std::to_string(100 + i % 17)) + "," + yes_no(i);
  });
  const auto found = infer(text, {.target = "y"});
  EXPECT_TRUE(found.warned("number_for_missing"));
  EXPECT_EQ(found.schema.columns[0].missing_numbers, std::vector<double>{99999999});
  EXPECT_EQ(found.schema.columns[0].quantiles[10], 116);
  EXPECT_FALSE(infer(text, {.target = "y", .keep = {"income"}}).warned("number_for_missing"));
}

TEST(SchemaInference, consecutive_row_numbers_are_identifiers) {
  const auto text = table_of("row,x,y", 60, [](int i) {
    return std::to_string(i + 1) + "," + std::to_string(i % 6) + "," + yes_no(i);
  });
  const auto found = infer(text, {.target = "y"});
  ASSERT_EQ(found.schema.dropped.size(), 1);
  EXPECT_EQ(found.schema.dropped[0].name, "row");
}

TEST(SchemaInference, the_positive_class_is_the_chosen_the_positive_sounding_or_the_rarer_one) {
  const auto three_to_one = [](const char* rare, const char* often) {
    return table_of("x,y", 60, [&](int i) {
      return std::to_string(i % 7) + "," + (i % 4 == 0 ? rare : often);
    });
  };
  EXPECT_EQ(infer(three_to_one("No", "Yes"), {.target = "y"}).schema.target.classes[1].value,
            "yes");
  EXPECT_EQ(infer(three_to_one("1", "0"), {.target = "y"}).schema.target.classes[1].value, "1");
  const auto rarer = infer(three_to_one("red", "blue"), {.target = "y"});
  EXPECT_EQ(rarer.schema.target.classes[1].value, "red");
  EXPECT_TRUE(rarer.warned("positive_class"));
  const auto asked = infer(three_to_one("red", "blue"), {.target = "y", .positive = "BLUE"});
  EXPECT_EQ(asked.schema.target.classes[1].value, "blue");
  EXPECT_FALSE(asked.warned("positive_class"));
  EXPECT_EQ(error_of(three_to_one("red", "blue"), {.target = "y", .positive = "blu"})
                .hint.find("did you mean 'blue'"),
            0);
}

TEST(SchemaInference, targets_of_many_different_numbers_are_numbers) {
  using Task = SchemaOptions::Task;
  const auto prices = table_of("x,y", 90, [](int i) {
    return std::to_string(i % 5) +
           (i == 3 ? ",unknown" : ",\"$1," + std::to_string(100 + i) + ".50\"");
  });
  const auto found = infer(prices, {.target = "y"});
  ASSERT_TRUE(found.schema.target.number);
  EXPECT_EQ(found.schema.target.task(), TaskKind::regression);
  EXPECT_EQ(found.schema.target.number->quantiles.front(), 1100.5);
  EXPECT_EQ(found.schema.target.number_of("$1,150.50"), 1150.5);
  EXPECT_EQ(found.schema.target.tenth_of(1100.5), 0);
  EXPECT_EQ(found.schema.target.tenth_of(5000), 9);
  EXPECT_TRUE(found.warned("number_format"));
  EXPECT_TRUE(found.warned("missing_target"));
  const TableSchema again = schema_from_json(to_json([&] {
                                               TableSchema schema = found.schema;
                                               schema.target.number->intervals = {{0.9, 1.5}};
                                               return schema;
                                             }()),
                                             "t");
  EXPECT_EQ(again.target.number->quantiles, found.schema.target.number->quantiles);
  EXPECT_EQ(again.target.number->intervals[0].factor, 1.5);
  // Few different whole numbers may be classes or amounts.
  const auto stars =
      table_of("x,y", 90, [](int i) { return std::to_string(i) + "," + std::to_string(i % 5); });
  const auto classes = infer(stars, {.target = "y", .keep = {"x"}});
  EXPECT_EQ(classes.schema.target.classes.size(), 5U);
  EXPECT_TRUE(classes.warned("numbers_as_classes"));
  EXPECT_TRUE(
      infer(stars, {.target = "y", .task = Task::regression, .keep = {"x"}}).schema.target.number);
  const auto codes =
      table_of("x,y", 90, [](int i) { return std::to_string(i) + "," + std::to_string(i % 30); });
  EXPECT_TRUE(infer(codes, {.target = "y", .keep = {"x"}}).schema.target.number);
  EXPECT_EQ(infer(codes, {.target = "y", .task = Task::classification, .keep = {"x"}})
                .schema.target.classes.size(),
            30U);
}

TEST(SchemaInference, a_spread_column_that_predicts_a_number_is_no_identifier) {
  // Nearly all numbers are 0; the others go with the largest values of the column.
  const auto found = infer(table_of("x,z,y", 1000,
                                    [](int i) {
                                      const int x = i * 7919 % 1000 * 5 + 100 + i % 5;
                                      return std::to_string(x) + "," + std::to_string(i % 7) + "," +
                                             std::to_string(x > 4700 ? x : 0);
                                    }),
                           {.target = "y"});
  EXPECT_NE(found.schema.find("x"), nullptr);
  EXPECT_TRUE(found.warned("identifier_kept"));
}

TEST(SchemaInference, targets_without_usable_classes_are_rejected) {
  const auto numbers =
      table_of("x,y", 90, [](int i) { return std::to_string(i % 5) + "," + std::to_string(i); });
  const auto one = table_of("x,y", 30, [](int i) { return std::to_string(i) + ",yes"; });
  EXPECT_NE(error_of(one, {.target = "y"}).message.find("only one class"), std::string::npos);
  EXPECT_EQ(error_of(numbers, {.target = "z"}).hint.find("its columns are x and y"), 0);
  EXPECT_NE(error_of("y\nyes\nno\n", {.target = "y"}).message.find("one column only"),
            std::string::npos);
}

TEST(SchemaInference, missing_target_names_the_closest_column) {
  const auto text =
      table_of("tenure,Churn", 30, [](int i) { return std::to_string(i % 9) + "," + yes_no(i); });
  EXPECT_EQ(error_of(text, {.target = "Chrun"}).hint.find("did you mean 'Churn'?"), 0);
}

TEST(SchemaInference, small_classes_and_rows_without_a_class_cause_warnings) {
  const auto text = table_of("x,y", 100, [](int i) {
    return std::to_string(i % 8) + "," + (i < 3 ? "rare" : i < 50 ? "a" : i == 99 ? "" : "b");
  });
  const auto found = infer(text, {.target = "y"});
  EXPECT_TRUE(found.warned("small_class"));
  EXPECT_TRUE(found.warned("missing_target"));
  EXPECT_EQ(found.schema.target.classes.size(), 3);
}

TEST(SchemaInference, a_schema_is_the_same_after_json) {
  const auto text = table_of("a b,n,y", 120, [](int i) {
    return std::string(i % 9 == 0 ? ""
                       : i % 2    ? "Left One"
                                  : "right") +
           "," + (i % 10 == 0 ? "99999" : std::to_string(i % 13)) + "," + yes_no(i);
  });
  const auto schema = infer(text, {.target = "y"}).schema;
  EXPECT_EQ(to_json(schema_from_json(to_json(schema), "t")).dump(), to_json(schema).dump());
  Json broken = to_json(schema);
  broken["columns"][0]["key"] = "other";
  EXPECT_THROW(schema_from_json(broken, "t"), Error);
  broken = to_json(schema);
  broken["target"].erase("classes");
  EXPECT_THROW(schema_from_json(broken, "t"), Error);
  for (const Json& count : {Json(4.5e27), Json(-1), Json(0.5), Json("12")}) {
    broken = to_json(schema);
    broken["target"]["classes"][0]["count"] = count;
    EXPECT_THROW(schema_from_json(broken, "t"), Error) << count;
  }
}

}  // namespace
}  // namespace vitrine::data
