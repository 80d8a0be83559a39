// XGBoost as the oracle of tests and benchmarks.
#pragma once

#include <xgboost/c_api.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/table/trees/boosting.h"

namespace vitrine::train {

/// Dense rows of `features` floats (NaN is missing) and their classes, or the numbers to predict.
struct DenseRows {
  std::vector<float> values;
  std::vector<float> labels;
  std::size_t features = 0;
  std::size_t rows() const { return labels.size(); }
};

/// Boosted trees of XGBoost with the same options.
class XgboostTrees {
 public:
  /// Without classes, numbers are predicted.
  XgboostTrees(const DenseRows& rows, std::size_t classes, const TreeOptions& options, int rounds,
               int threads = 1)
      : classes_(classes) {
    const DMatrixHandle matrix = matrix_of(rows);
    check(XGDMatrixSetFloatInfo(matrix, "label", rows.labels.data(), rows.labels.size()));
    check(XGBoosterCreate(&matrix, 1, &handle_));
    set("tree_method", "hist");
    set("nthread", std::to_string(threads));
    set("seed", std::to_string(options.seed));
    set("seed_per_iteration", "1");
    set("max_depth", std::to_string(options.depth));
    if (options.leaves > 0) {
      set("grow_policy", "lossguide");
      set("max_leaves", std::to_string(options.leaves));
    }
    set("learning_rate", std::to_string(options.learning_rate));
    set("subsample", std::to_string(options.row_share));
    set("colsample_bytree", std::to_string(options.column_share));
    set("min_child_weight", std::to_string(options.least_hessian));
    set("base_score", classes == 0 ? "0" : "0.5");
    set("objective", classes == 0   ? "reg:squarederror"
                     : classes == 2 ? "binary:logistic"
                                    : "multi:softprob");
    if (classes > 2) set("num_class", std::to_string(classes));
    for (int round = 0; round < rounds; ++round) {
      check(XGBoosterUpdateOneIter(handle_, round, matrix));
    }
    XGDMatrixFree(matrix);
  }
  XgboostTrees(const XgboostTrees&) = delete;
  XgboostTrees& operator=(const XgboostTrees&) = delete;
  ~XgboostTrees() { XGBoosterFree(handle_); }

  BoosterHandle handle() const { return handle_; }

  /// XGBoost's predictions by its number of their type: 1 is margins, 2 contributions.
  std::vector<float> predict(const DenseRows& rows, int type) const {
    const DMatrixHandle matrix = matrix_of(rows);
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    const std::string config =
        "{\"type\":" + std::to_string(type) +
        R"(,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";
    check(
        XGBoosterPredictFromDMatrix(handle_, matrix, config.c_str(), &shape, &dimensions, &values));
    std::size_t size = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
    std::vector<float> out(values, values + size);
    XGDMatrixFree(matrix);
    return out;
  }

  model::TreeEnsemble ensemble() const {
    bst_ulong size = 0;
    const char* bytes = nullptr;
    check(XGBoosterSaveModelToBuffer(handle_, R"({"format":"json"})", &size, &bytes));
    const Json json = Json::parse(std::string_view(bytes, size));
    model::TreeEnsemble out;
    out.base.assign(classes_ > 2 ? classes_ : 1, classes_ > 2 ? 0.5F : 0.0F);
    for (const Json& tree : json.at("learner").at("gradient_booster").at("model").at("trees")) {
      out.trees.push_back(read_tree(tree));
    }
    return out;
  }

 private:
  static void check(int status) {
    if (status != 0) throw std::runtime_error(XGBGetLastError());
  }
  static DMatrixHandle matrix_of(const DenseRows& rows) {
    DMatrixHandle matrix = nullptr;
    check(XGDMatrixCreateFromMat(rows.values.data(), rows.rows(), rows.features,
                                 std::numeric_limits<float>::quiet_NaN(), &matrix));
    return matrix;
  }
  void set(const char* name, const std::string& value) {
    check(XGBoosterSetParam(handle_, name, value.c_str()));
  }
  static model::Tree read_tree(const Json& json) {
    model::Tree tree;
    for (std::size_t i = 0; i < json.at("left_children").size(); ++i) {
      model::Tree::Node node;
      node.value = json.at("split_conditions")[i].get<float>();
      node.left = json.at("left_children")[i].get<int>();
      node.right = json.at("right_children")[i].get<int>();
      node.feature = node.left < 0 ? -1 : json.at("split_indices")[i].get<int>();
      node.missing_left = json.at("default_left")[i].get<int>() != 0;
      node.cover = json.at("sum_hessian")[i].get<float>();
      tree.nodes.push_back(node);
    }
    return tree;
  }

  BoosterHandle handle_ = nullptr;
  std::size_t classes_;
};

}  // namespace vitrine::train
