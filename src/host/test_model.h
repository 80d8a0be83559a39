// A small model for the server's tests, saved to a file of its own.
#pragma once

#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/schema_inference.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine {

class TestModel {
 public:
  TestModel()
      : path_(std::filesystem::temp_directory_path() /
              ("vitrine-test-model-" + std::to_string(::getpid()) + ".onnx")) {
    std::string text = "size,kind,y\n";
    for (int i = 0; i < 60; ++i) {
      text += (i % 10 == 0 ? "" : std::to_string(i % 7)) + (i % 2 ? ",Red Apple," : ",blue,") +
              (i % 3 ? "no\n" : "yes\n");
    }
    std::vector<Warning> warnings;
    Card card;
    card.algorithm = "logistic";
    card.schema = infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
    LinearModel linear;
    linear.weights = {{1, 2, 3, 5}};
    linear.bias = {-4};
    linear.imputed = linear.offset = {4};
    linear.scale = {0.5};
    const std::string bytes = serialise_model(
        build_table_graph(card.schema, lay_out_features(card.schema, true), linear, 0.5), card);
    write_file_atomically(path_, std::array<std::string_view, 1>{bytes});
  }
  ~TestModel() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vitrine
