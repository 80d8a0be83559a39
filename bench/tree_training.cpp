// tree_training: the training of boosted trees, ours against XGBoost's, in one process.
//   tree_training CSV TARGET [TREES] [LEAVES]
// Prints a line of JSON for each run: seconds for the bins and for the trees, and the log loss on
// the held-out fifth. Runs take turns.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/table/schema_inference.h"
#include "data/table/table_set.h"
#include "train/table/design.h"
#include "train/table/trees/counter_random.h"
#include "train/table/trees/test_xgboost.h"

using namespace vitrine;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

struct Rows {
  std::vector<std::uint32_t> train, validation;
};

void run_ours(const data::TableSchema& schema, const data::Table& table, const Rows& rows,
              const train::TreeOptions& options, int trees) {
  const auto layout = model::lay_out_features(schema, false);
  const auto began = Clock::now();
  const train::BinnedTable binned(schema, layout, table);
  const double bins = seconds_since(began);
  const train::TreeTarget target{.classes = 2, .labels = table.labels, .numbers = {}};
  train::Booster booster(binned, target, options, rows.train, rows.validation);
  const auto start = Clock::now();
  for (int i = 0; i < trees; ++i) booster.add_round();
  const double fit = seconds_since(start);
  std::printf(
      "{\"engine\": \"vitrine\", \"bins_s\": %.3f, \"fit_s\": %.3f, \"log_loss\": %.5f, "
      "\"groups\": %zu}\n",
      bins, fit, booster.held_out_loss(), binned.groups().size());
}

train::DenseRows dense_rows(const data::TableSchema& schema, const data::Table& table,
                            const std::vector<std::uint32_t>& rows) {
  const auto layout = model::lay_out_features(schema, false);
  const data::Table part = table.subset(rows);
  train::DenseRows out{.values = train::dense_features(schema, layout, part, 0, part.rows),
                       .labels = {part.labels.begin(), part.labels.end()},
                       .features = layout.size};
  return out;
}

void run_xgboost(const train::DenseRows& rows, const train::DenseRows& held_out,
                 const train::TreeOptions& options, int trees, int threads) {
  const auto began = Clock::now();
  const train::XgboostTrees peer(rows, 2, options, trees, threads);
  const double fit = seconds_since(began);
  const auto p = peer.predict(held_out, 0);
  double loss = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    loss -= std::log(std::max(held_out.labels[i] > 0 ? p[i] : 1 - p[i], 1e-16F));
  }
  std::printf("{\"engine\": \"xgboost\", \"threads\": %d, \"fit_s\": %.3f, \"log_loss\": %.5f}\n",
              threads, fit, loss / static_cast<double>(p.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    return std::fprintf(stderr, "usage: tree_training CSV TARGET [TREES] [LEAVES] [ROUNDS]\n"), 2;
  }
  const int trees = argc > 3 ? std::atoi(argv[3]) : 100;
  const int leaves = argc > 4 ? std::atoi(argv[4]) : 31;
  const int rounds = argc > 5 ? std::atoi(argv[5]) : 3;
  try {
    data::SchemaOptions inference;
    inference.target = argv[2];
    data::TableSet source({argv[1]}, {});
    std::vector<data::Warning> warnings;
    const data::RawTable raw = source.read(data::training_read_options(inference));
    const data::TableSchema schema = data::infer_schema(raw, inference, warnings);
    const data::Table table = data::apply_schema(
        schema, raw, {.target = data::ApplyOptions::TargetColumn::needed}, warnings);
    Rows rows;
    const train::CounterRandom random(5, 5);
    for (std::uint32_t row = 0; row < table.rows; ++row) {
      (random.at(row) % 5 == 0 ? rows.validation : rows.train).push_back(row);
    }
    const train::TreeOptions options{.depth = 64, .leaves = leaves, .learning_rate = 0.1};
    const train::DenseRows train_rows = dense_rows(schema, table, rows.train);
    const train::DenseRows held_out = dense_rows(schema, table, rows.validation);
    for (int round = 0; round < rounds; ++round) {
      run_ours(schema, table, rows, options, trees);
      for (const int threads : {1, 2}) run_xgboost(train_rows, held_out, options, trees, threads);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message.c_str());
    return 1;
  }
}
