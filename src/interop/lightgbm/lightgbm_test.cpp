#include "interop/lightgbm/lightgbm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "data/table/cell.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine::interop {
namespace {

/// `a` goes left up to 0.5, missing numbers too; `b` was never missing in training.
const std::string kText =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
    "objective=binary sigmoid:2\nfeature_names=a b\n\nTree=0\nnum_leaves=3\nnum_cat=0\n"
    "split_feature=0 1\nthreshold=0.5 1.5\ndecision_type=10 2\nleft_child=1 -1\n"
    "right_child=-2 -3\nleaf_value=0.1 -0.2 0.3\nleaf_count=4 5 6\ninternal_count=15 10\n"
    "is_linear=0\n\n\nTree=1\nnum_leaves=1\nnum_cat=0\nleaf_value=0.05\n\nend of trees\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kText;
  return text.replace(text.find(from), from.size(), to);
}

std::string message_of(const std::string& text) {
  try {
    (void)import_lightgbm(text, {.target = "y"}, "m.txt");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(LightGbm, rows_are_answered_as_by_the_library) {
  ImportedModel made = import_lightgbm(kText, {.target = "y"}, "m.txt");
  const model::ModelFile file =
      model::parse_model(model::serialise_model(take_graph(made), made.card), "m");
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  data::Table rows = data::missing_rows(file.card->schema, 5);
  rows.columns[0].numbers() = {0.5F, 0.5F, 0.75F, kNaN, kNaN};
  rows.columns[1].numbers() = {1.5F, 2, 0, kNaN, 9};
  const auto got = engine::open_predictor(file)->predict(rows).probabilities;
  const double leaves[] = {0.1, 0.3, -0.2, 0.1, 0.3};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(got[2 * i + 1], 1 / (1 + std::exp(-2 * (leaves[i] + 0.05))), 1e-6) << i;
  }
}

TEST(LightGbm, what_is_not_read_is_an_error) {
  EXPECT_NE(message_of(with("decision_type=10 2", "decision_type=10 3")).find("categorical splits"),
            std::string::npos);
  EXPECT_NE(message_of(with("is_linear=0", "is_linear=1")).find("linear trees"), std::string::npos);
  EXPECT_NE(message_of(with("binary sigmoid:2", "cross_entropy")).find("'cross_entropy'"),
            std::string::npos);
  EXPECT_NE(message_of(with("decision_type=10 2", "decision_type=10 6")).find("zeros as missing"),
            std::string::npos);
  for (const char* to : {"left_child=1 -9", "left_child=0 -1", "left_child=7 -1",
                         "left_child=1 -9223372036854775808", "left_child=1"}) {
    EXPECT_NE(message_of(with("left_child=1 -1", to)), "") << to;
  }
  EXPECT_NE(message_of(with("split_feature=0 1", "split_feature=0 2")), "");
  EXPECT_NE(message_of(with("split_feature=0 1", "split_feature=-1 1")), "");
  EXPECT_NE(message_of(with("threshold=0.5 1.5", "threshold=0.5 nan")), "");
  EXPECT_NE(message_of(with("feature_names=a b", "feature_names=")), "");
}

TEST(LightGbm, a_text_that_ends_early_is_an_error) {
  for (std::size_t size = 0; size < kText.find("end of trees"); ++size) {
    EXPECT_NE(message_of(kText.substr(0, size)), "") << size;
  }
}

}  // namespace
}  // namespace vitrine::interop
