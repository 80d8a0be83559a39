#include "cli/metrics_text.h"

#include <gtest/gtest.h>

#include "cli/prediction_table.h"
#include "cli/text_table.h"
#include "task/evaluation.h"

namespace vitrine::cli {
namespace {

data::Target target_of(std::size_t classes) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes; ++k) names.push_back("class " + std::to_string(k));
  data::Target target;
  target.classes = data::classes_of_names(names);
  return target;
}

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
  return task::to_json(task::evaluate({probabilities, labels, labels, classes}, target_of(classes)),
                       names);
}

TEST(MetricsText, has_one_line_a_metric_with_its_interval) {
  const std::string two = metrics_text(evaluation_of(2));
  EXPECT_NE(two.find("  AUC                1.000     0.500\n"), std::string::npos) << two;
  EXPECT_NE(two.find("(too few cases for intervals)"), std::string::npos);
  EXPECT_EQ(std::ranges::count(two, '\n'), 9);
  const std::string twelve = metrics_text(evaluation_of(12));
  EXPECT_EQ(twelve.find("AUC"), std::string::npos);  // there is none of more classes
  EXPECT_NE(twelve.find("  accuracy           1.000  0.758 to 1.000     0.083\n"),
            std::string::npos)
      << twelve;
  EXPECT_EQ(std::ranges::count(twelve, '\n'), 7);
}

TEST(MetricsText, has_the_metrics_of_training_beside_those_of_an_evaluation) {
  Json evaluation = evaluation_of(12);
  evaluation["at_training"] = {{"accuracy", 0.5}};
  EXPECT_NE(metrics_text(evaluation)
                .find("  accuracy           1.000  0.758 to 1.000        0.500     0.083\n"),
            std::string::npos)
      << metrics_text(evaluation);
}

TEST(PredictionTable, shows_few_classes_and_the_largest_reasons) {
  const std::vector<std::string> csv{
      "customer,label,probability_No,probability_Yes,base,contribution_a,contribution_b\n",
      "0007,Yes,0.25,0.75,-1,0.5,-0.75\n"};
  EXPECT_EQ(prediction_table(csv, 1),
            "  row  customer  label  probability_No  probability_Yes        because of\n"
            "  1        0007    Yes           0.250            0.750  b -0.75, a +0.50\n");
}

TEST(PredictionTable, shows_the_first_twenty_rows_and_of_many_classes_one_probability) {
  std::string lines = "label,probability_a,probability_b,probability_c,probability_d\n";
  for (int i = 0; i < 30; ++i) lines += "c,0.1,0.2,0.6,0.1\n";
  const std::string table = prediction_table({&lines, 1}, 0);
  EXPECT_NE(table.find("  20       c        0.600\n... and 10 more rows"), std::string::npos)
      << table;
}

TEST(MetricsText, shows_the_confusion_matrix_if_it_fits_80_columns) {
  EXPECT_EQ(confusion_text(evaluation_of(2), target_of(2)),
            "  columns: predicted\n"
            "  actual   class 0  class 1  rows  precision  recall\n"
            "  class 0        1        .     1      1.000   1.000\n"
            "  class 1        .        1     1      1.000   1.000\n");
  const std::string many = confusion_text(evaluation_of(12), target_of(12));
  EXPECT_EQ(many.find("columns: predicted"), std::string::npos);
  EXPECT_EQ(std::ranges::count(many, '\n'), 13);  // no confusions
}

TEST(MetricsText, lists_the_most_frequent_confusions_of_many_classes) {
  Json evaluation = evaluation_of(12);
  evaluation["confusion"]["rows_are_truth"][3][5] = 7;
  evaluation["confusion"]["rows_are_truth"][2][1] = 9;
  const std::string text = confusion_text(evaluation, target_of(12));
  EXPECT_NE(text.find("  most frequent confusions:\n       9  class 2 predicted as class 1\n"
                      "       7  class 3 predicted as class 5\n"),
            std::string::npos)
      << text;
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
