// A small table model for the server's tests, saved to a temporary file.
#pragma once

#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "data/table/test_schema.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine::serve {

class TestModel {
 public:
  TestModel()
      : path_(std::filesystem::temp_directory_path() /
              ("vitrine-test-model-" + std::to_string(::getpid()) + ".onnx")) {
    model::Card card;
    card.algorithm = "logistic";
    card.schema = data::fruit_schema();
    model::LinearModel linear;
    linear.weights = {{1, 2, 3, 5}};
    linear.bias = {-4};
    linear.imputed = linear.offset = {4};
    linear.scale = {0.5};
    const std::string bytes = model::serialise_model(
        model::build_table_graph(card.schema, model::lay_out_features(card.schema, true), linear,
                                 0.5),
        card);
    write_file_atomically(path_, std::array<std::string_view, 1>{bytes});
  }
  ~TestModel() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vitrine::serve
