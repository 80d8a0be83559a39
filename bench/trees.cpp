// trees: boosted trees, ours against ONNX Runtime and XGBoost's own predictor, in one process.
//   trees [TREES] [DEPTH] [FEATURES]
// Trains on numbers made by chance; one row at a time, and 1,000 rows. Rounds of all engines take
// turns. Prints a Markdown table of microseconds a call, and what the engines' answers differ by.
#include <onnxruntime_cxx_api.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/ort/onnx_session.h"
#include "engine/table/compiled_table.h"
#include "engine/table/compiled_trees.h"
#include "model/table_graph.h"
#include "onnx/graph_builder.h"
#include "train/table/trees/test_xgboost.h"

using namespace vitrine;

namespace {

struct Data {
  train::DenseRows rows;
  data::TableSchema schema;
  data::Table table;
};

Data make_data(std::size_t rows, std::size_t features) {
  Random random(11);
  Data data;
  data.rows.features = features;
  for (std::size_t row = 0; row < rows; ++row) {
    double score = 0;
    for (std::size_t i = 0; i < features; ++i) {
      const auto x = static_cast<float>(random.normal());
      data.rows.values.push_back(x);
      score += std::sin(static_cast<double>(x) * (1 + static_cast<double>(i % 3)));
    }
    const bool above = score + random.normal() > 0;
    data.rows.labels.push_back(above ? 1 : 0);
    data.table.labels.push_back(above ? 1 : 0);
  }
  data.table.rows = rows;
  for (std::size_t i = 0; i < features; ++i) {
    data::Column column;
    column.name = column.key = "x" + std::to_string(i);
    data.schema.columns.push_back(column);
    data::ColumnData& values = data.table.columns.emplace_back();
    for (std::size_t row = 0; row < rows; ++row)
      values.numbers().push_back(data.rows.values[row * features + i]);
  }
  data.schema.target.name = data.schema.target.key = "y";
  data.schema.target.classes = {{"no", "no", {}, 1}, {"yes", "yes", {}, 1}};
  return data;
}

void check(int status) {
  if (status != 0) std::fprintf(stderr, "XGBoost: %s\n", XGBGetLastError()), std::exit(1);
}

class XgbPredictor {
 public:
  XgbPredictor(BoosterHandle booster, const train::DenseRows& rows, int threads)
      : booster_(booster), rows_(rows), threads_(std::to_string(threads)) {
    check(XGProxyDMatrixCreate(&proxy_));
  }
  void run(std::size_t first, std::size_t count, float* out) {
    check(XGBoosterSetParam(booster_, "nthread", threads_.c_str()));
    const std::string array =
        R"({"data":[)" +
        std::to_string(reinterpret_cast<std::uintptr_t>(&rows_.values[first * rows_.features])) +
        R"(,true],"shape":[)" + std::to_string(count) + "," + std::to_string(rows_.features) +
        R"(],"typestr":"<f4","version":3})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check(XGBoosterPredictFromDense(
        booster_, array.c_str(),
        R"({"type":0,"iteration_begin":0,"iteration_end":0,"strict_shape":true,"missing":NaN})",
        proxy_, &shape, &dimensions, &values));
    std::copy_n(values, count, out);
  }

 private:
  BoosterHandle booster_;
  const train::DenseRows& rows_;
  std::string threads_;
  DMatrixHandle proxy_ = nullptr;
};

/// The trees alone, as one node on a matrix of floats: what ONNX Runtime does best.
std::string matrix_graph(const model::ModelFile& file, std::size_t features) {
  ::onnx::ModelProto model = model::whole_model(file);
  ::onnx::GraphProto graph;
  for (const ::onnx::NodeProto& node : model.graph().node()) {
    if (node.op_type() == "TreeEnsembleRegressor") *graph.add_node() = node;
  }
  graph.mutable_node(0)->set_input(0, "x");
  graph.mutable_node(0)->set_output(0, "margins");
  vitrine::onnx::GraphBuilder builder(&graph);
  builder.input("x", ::onnx::TensorProto::FLOAT, {"N", std::to_string(features)});
  builder.output("margins", ::onnx::TensorProto::FLOAT, {"N", "1"});
  graph.set_name("trees");
  *model.mutable_graph() = graph;
  model.clear_metadata_props();
  return model.SerializeAsString();
}

using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Contributions of 1,000 rows, against XGBoost's pred_contribs on all cores.
void explain(const engine::Predictor& compiled, BoosterHandle booster, const Data& data) {
  std::vector<std::uint32_t> places(1000);
  for (std::uint32_t i = 0; i < places.size(); ++i) places[i] = i;
  const data::Table head = data.table.subset(places);
  DMatrixHandle matrix = nullptr;
  check(XGDMatrixCreateFromMat(data.rows.values.data(), places.size(), data.rows.features,
                               std::nanf(""), &matrix));
  check(XGBoosterSetParam(booster, "nthread", "0"));
  std::vector<double> own, theirs, one;
  double most = 0;
  for (int round = 0; round < 5; ++round) {
    auto began = Clock::now();
    const engine::Contributions all = compiled.explain(head);
    own.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    began = Clock::now();
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check(XGBoosterPredictFromDMatrix(
        booster, matrix,
        R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})",
        &shape, &dimensions, &values));
    theirs.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    for (std::size_t i = 0; i < places.size() * data.rows.features; ++i) {
      const std::size_t row = i / data.rows.features;
      most = std::max(most, std::abs(all.values[i] - double{values[i + row]}));
    }
    const data::Table single = data.table.subset({static_cast<std::uint32_t>(round)});
    began = Clock::now();
    compiled.explain(single);
    one.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  XGDMatrixFree(matrix);
  std::printf(
      "\nContributions of 1,000 rows: %.0f ms, XGBoost's pred_contribs %.0f ms, %.1f x; they "
      "differ "
      "by at most %.0e. Of one row: %.2f ms.\n",
      median(own), median(theirs), median(theirs) / median(own), most, median(one));
}

}  // namespace

int main(int argc, char** argv) {
  const int trees = argc > 1 ? std::atoi(argv[1]) : 500;
  const int depth = argc > 2 ? std::atoi(argv[2]) : 6;
  const std::size_t features = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 30;
  const Data data = make_data(20'000, features);
  model::Card card;
  card.algorithm = "trees";
  card.schema = data.schema;
  const train::XgboostTrees peer(
      data.rows, 2, {.depth = depth, .learning_rate = 0.05, .least_hessian = 10}, trees);
  const model::TreeEnsemble ensemble = peer.ensemble();
  const model::ModelFile file = model::parse_model(
      model::serialise_model(
          model::build_table_graph(card.schema, model::lay_out_features(card.schema, false),
                                   ensemble, 0.5),
          card),
      "bench");
  const auto compiled = engine::open_compiled_table(file);
  const auto trees_alone = engine::CompiledTrees::compile(
      ensemble, card.schema, model::lay_out_features(card.schema, false));
  if (!compiled) return std::puts("not compiled"), 1;

  XgbPredictor xgb_one(peer.handle(), data.rows, 1), xgb_two(peer.handle(), data.rows, 2);
  const std::string graph = matrix_graph(file, features);
  Ort::SessionOptions two;
  Ort::Session session_one = engine::open_session(graph, "bench");
  Ort::Session session_two(Ort::Env(), graph.data(), graph.size(), two);
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const auto ort = [&](Ort::Session& session, std::size_t first, std::size_t count) {
    const std::int64_t shape[] = {static_cast<std::int64_t>(count),
                                  static_cast<std::int64_t>(features)};
    auto value = Ort::Value::CreateTensor<float>(
        memory, const_cast<float*>(&data.rows.values[first * features]), count * features, shape,
        2);
    const char* in = "x";
    const char* out = "margins";
    return session.Run(Ort::RunOptions{nullptr}, &in, &value, 1, &out, 1);
  };

  std::printf("%d trees of depth %d on %zu numbers; %s\n\n", trees, depth, features,
              compiled->engine().c_str());
  std::puts(
      "| Rows | Vitrine, us | its portable kernel, one thread | ONNX Runtime 1.21: 1, 2 threads | "
      "XGBoost: 1, 2 threads | against the faster |");
  std::puts("|---|---|---|---|---|---|");
  std::vector<float> answers(1000);
  std::vector<double> margins_out(1000);
  for (const std::size_t rows : {1, 1000}) {
    std::vector<data::Table> tables;
    for (std::size_t first = 0; first < (rows == 1 ? 64 : 10'000); first += rows) {
      std::vector<std::uint32_t> places(rows);
      for (std::size_t i = 0; i < rows; ++i) places[i] = static_cast<std::uint32_t>(first + i);
      tables.push_back(data.table.subset(places));
    }
    const std::function<void(std::size_t)> engines[] = {
        [&](std::size_t i) { compiled->predict(tables[i]); },
        [&](std::size_t i) { ort(session_one, i * rows, rows); },
        [&](std::size_t i) { ort(session_two, i * rows, rows); },
        [&](std::size_t i) { xgb_one.run(i * rows, rows, answers.data()); },
        [&](std::size_t i) { xgb_two.run(i * rows, rows, answers.data()); },
        [&](std::size_t i) {  // of at most six levels
          if (trees_alone)
            trees_alone->margins_by(engine::walk_portable, tables[i], 0, rows, margins_out.data());
        }};
    std::vector<std::vector<double>> times(6);
    const std::size_t calls = rows == 1 ? 2000 : 10;
    for (int round = 0; round < 15; ++round) {
      for (std::size_t e = 0; e < 6; ++e) {
        const auto began = Clock::now();
        for (std::size_t i = 0; i < calls; ++i) engines[e](i * 7 % tables.size());
        times[e].push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count() /
                           static_cast<double>(calls));
      }
    }
    double best = 1e9;
    for (std::size_t e = 1; e < 5; ++e) best = std::min(best, median(times[e]));
    std::printf("| %zu | %.2f | %.2f | %.1f, %.1f | %.1f, %.1f | %.1f x |\n", rows,
                median(times[0]), median(times[5]), median(times[1]), median(times[2]),
                median(times[3]), median(times[4]), best / median(times[0]));
  }
  explain(*compiled, peer.handle(), data);
  double most = 0;
  const data::Table head = data.table.subset([] {
    std::vector<std::uint32_t> places(1000);
    for (std::uint32_t i = 0; i < 1000; ++i) places[i] = i;
    return places;
  }());
  const engine::Predictions ours = compiled->predict(head);
  const auto margins = ort(session_one, 0, 1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    const double margin = margins[0].GetTensorData<float>()[i];
    most = std::max(most, std::abs(ours.probabilities[2 * i + 1] - 1 / (1 + std::exp(-margin))));
  }
  std::printf("\nLargest difference of probabilities from ONNX Runtime on 1,000 rows: %.1e.\n",
              most);
}
