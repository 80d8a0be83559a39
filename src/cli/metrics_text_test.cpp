#include "cli/metrics_text.h"

#include <gtest/gtest.h>

#include "task/evaluation.h"

namespace vitrine::cli {
namespace {

Json evaluation_of(std::size_t classes) {
  std::vector<float> probabilities;
  std::vector<int> labels;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes; ++k) {
    for (std::size_t j = 0; j < classes; ++j) {
      probabilities.push_back(j == k ? 0.7F : 0.3F / static_cast<float>(classes - 1));
    }
    labels.push_back(static_cast<int>(k));
    names.push_back("class " + std::to_string(k));
  }
  return task::to_json(task::evaluate({probabilities, labels, labels, classes}), names);
}

TEST(MetricsText, has_one_line_a_metric_with_its_interval) {
  const std::string two = metrics_text(evaluation_of(2));
  EXPECT_NE(two.find("  AUC                1.000   95 % interval"), std::string::npos) << two;
  EXPECT_EQ(std::ranges::count(two, '\n'), 6);
  const std::string three = metrics_text(evaluation_of(3));
  EXPECT_EQ(three.find("AUC"), std::string::npos);  // there is none of three classes
  EXPECT_EQ(std::ranges::count(three, '\n'), 5);
}

TEST(MetricsText, many_classes_are_listed_without_the_matrix) {
  EXPECT_NE(confusion_text(evaluation_of(12)).find("<- predicted"), std::string::npos);
  const std::string many = confusion_text(evaluation_of(13));
  EXPECT_EQ(many.find("<- predicted"), std::string::npos);
  EXPECT_EQ(std::ranges::count(many, '\n'), 14);
}

TEST(MetricsText, empty_calibration_bins_are_left_out) {
  const std::string text = calibration_text(evaluation_of(2));
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;  // the head, and the bins of 0.3 and 0.7
}

TEST(MetricsText, pads_by_characters_not_bytes) {
  EXPECT_EQ(padded("größe", 7), "größe  ");
  EXPECT_EQ(padded("größe", 7, true), "  größe");
  EXPECT_EQ(padded("too long", 3), "too long");
}

TEST(MetricsText, warnings_have_their_hint) {
  const data::Warning warning{"leak", "column 'n' alone predicts the target", "leave it out"};
  EXPECT_EQ(warnings_text({&warning, 1}),
            "warning: column 'n' alone predicts the target\n  hint: leave it out\n");
}

TEST(MetricsText, the_same_warning_about_many_columns_is_said_once) {
  std::vector<data::Warning> warnings;
  for (const char* name : {"a", "b", "c", "d"}) {
    warnings.push_back({"leak", "column '" + std::string(name) + "' leaks", "leave it out"});
  }
  EXPECT_EQ(warnings_text(warnings),
            "warning: column 'a' leaks\n  likewise 3 other columns: b, c and d\n"
            "  hint: leave it out\n");
  warnings.pop_back();
  EXPECT_EQ(std::ranges::count(warnings_text(warnings), '\n'), 6);
}

}  // namespace
}  // namespace vitrine::cli
