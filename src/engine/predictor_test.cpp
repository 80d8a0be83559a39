#include "engine/predictor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/row.h"
#include "data/table/schema_inference.h"
#include "engine/prediction_writer.h"
#include "model/table_graph.h"

namespace vitrine::engine {
namespace {

data::TableSchema schema_with(const std::string& target) {
  std::string text = "size,kind," + target + "\n";
  for (int i = 0; i < 60; ++i) {
    text += (i % 10 == 0   ? ""
             : i % 12 == 0 ? "99999"
                           : std::to_string(i % 7)) +
            (i % 2 ? ",Red Apple," : ",blue,") + (i % 3 ? "no\n" : "yes\n");
  }
  std::vector<data::Warning> warnings;
  return data::infer_schema(data::read_csv(text, "t"), {.target = target}, warnings);
}

/// A linear model with known weights: blue 1, red_apple 2, size 3 per standard deviation (offset 4,
/// scale 0.5, missing values imputed as 6), size missing 5.
model::ModelFile known_model(double threshold = 0.5, const std::string& target = "y") {
  model::Card card;
  card.algorithm = "logistic";
  card.schema = schema_with(target);
  card.threshold = threshold;
  model::LinearModel linear;
  linear.weights = {{1, 2, 3, 5}};
  linear.bias = {-4};
  linear.imputed = {6};
  linear.offset = {4};
  linear.scale = {0.5};
  const model::FeatureLayout layout = model::lay_out_features(card.schema, true);
  return model::parse_model(
      model::serialise_model(model::build_table_graph(card.schema, layout, linear, threshold),
                             card),
      "m");
}

float probability(const Predictor& predictor, const model::ModelFile& file,
                  const std::string& json) {
  return predictor.predict(data::read_json_rows(file.card->schema, json, 10).table)
      .probabilities[1];
}

float logistic(double margin) { return static_cast<float>(1 / (1 + std::exp(-margin))); }

TEST(Predictor, probabilities_match_those_computed_from_the_weights) {
  const model::ModelFile file = known_model();
  const auto predictor = open_predictor(file);
  const auto p = [&](const std::string& json) { return probability(*predictor, file, json); };
  EXPECT_NEAR(p(R"({"size": 6, "kind": "BLUE"})"), logistic(1 + 3 - 4), 1e-6);
  EXPECT_NEAR(p(R"({"size": 2, "kind": "red apple"})"), logistic(2 - 3 - 4), 1e-6);
  EXPECT_NEAR(p(R"({"size": null, "kind": "red_apple"})"), logistic(2 + 3 + 5 - 4), 1e-6);
  EXPECT_NEAR(p(R"({"size": 99999, "kind": "red_apple"})"), logistic(2 + 3 + 5 - 4), 1e-6);
  EXPECT_NEAR(p(R"({"size": 4, "kind": "green"})"), logistic(-4), 1e-6);
}

TEST(Predictor, predicts_no_rows_and_many_rows) {
  const model::ModelFile file = known_model();
  const auto predictor = open_predictor(file);
  EXPECT_TRUE(predictor->predict(data::read_json_rows(file.card->schema, "[]", 10).table)
                  .predicted.empty());
  data::Table table;
  table.rows = 10000;
  table.columns = {{data::Numbers{}}, {data::Codes{}}};
  for (std::size_t row = 0; row < table.rows; ++row) {
    table.columns[0].numbers().push_back(static_cast<float>(row % 9));
    table.columns[1].codes().push_back(row % 2);
  }
  const Predictions out = predictor->predict(table);
  for (std::size_t row = 0; row < table.rows; ++row) {
    EXPECT_NEAR(out.probabilities[row * 2 + 1],
                logistic((row % 2 ? 2 : 1) + 3 * (static_cast<double>(row % 9) - 4) / 2 - 4), 1e-6);
  }
}

TEST(Predictor, the_label_depends_on_the_threshold) {
  const model::ModelFile file = known_model(0.01);
  const auto predictor = open_predictor(file);
  const auto out = predictor->predict(
      data::read_json_rows(file.card->schema, R"({"size": 4, "kind": "green"})", 1).table);
  EXPECT_EQ(out.predicted[0], 1);
}

TEST(Predictor, a_file_without_a_card_is_rejected) {
  ::onnx::ModelProto model;
  model.mutable_graph()->add_node()->set_op_type("Identity");
  EXPECT_THROW(open_predictor(model::parse_model(model.SerializeAsString(), "m")), Error);
}

TEST(Predictor, a_card_that_does_not_match_its_graph_is_rejected) {
  const model::ModelFile file = known_model();
  model::Card other = *file.card;
  other.schema.columns.pop_back();
  ::onnx::ModelProto graph = model::whole_model(file);
  graph.clear_metadata_props();
  EXPECT_THROW(open_predictor(model::parse_model(model::serialise_model(graph, other), "m")),
               Error);
}

std::string answer(const model::ModelFile& file, const std::vector<float>& p, int which) {
  std::string out;
  PredictionWriter(*file.card, "m").json(out, p, which, {});
  return out;
}

TEST(Answer, json_starts_with_the_name_of_the_target) {
  EXPECT_EQ(
      answer(known_model(), {0.25F, 0.75F}, 1),
      R"({"y":true,"y_probability":0.75,"label":"yes","probabilities":{"no":0.25,"yes":0.75},"model":"m"})");
  EXPECT_EQ(
      answer(known_model(0.5, "Label"), {0.75F, 0.25F}, 0),
      R"({"label_":false,"label__probability":0.25,"label":"no","probabilities":{"no":0.75,"yes":0.25},"model":"m"})");
}

TEST(Answer, csv_has_one_line_per_row_and_quotes_if_necessary) {
  const model::ModelFile file = known_model();
  const PredictionWriter writer(*file.card, "m");
  std::string out = writer.csv_header();
  writer.csv(out, std::vector<float>{0.25F, 0.75F}, 1);
  EXPECT_EQ(out, "label,probability_no,probability_yes\nyes,0.25,0.75\n");
  EXPECT_EQ(data::csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

}  // namespace
}  // namespace vitrine::engine
