#include "serve/models/prediction_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "serve/models/test_model.h"

namespace vitrine::serve {
namespace {

struct PredictionLogTest : testing::Test {
  PredictionLogTest()
      : folder(std::filesystem::temp_directory_path() /
               ("vitrine-prediction-log-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder);
  }
  ~PredictionLogTest() override { std::filesystem::remove_all(folder); }

  /// The lines of all files of the folder.
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) found.push_back(line);
    }
    return found;
  }

  std::filesystem::path folder;
  TestModel model_file;
  telemetry::ServerMetrics metrics;
  Scheduler scheduler{{}, metrics};
};

TEST_F(PredictionLogTest, logs_that_share_a_path_lose_no_record_during_rotations) {
  constexpr int kRecords = 200;
  const ServedModel model("m", 1, model::read_model(model_file.path()), {},
                          HostParts{scheduler, metrics});
  const engine::Predictions predictions{
      .classes = 2, .probabilities = {0.75F, 0.25F}, .predicted = {0}};
  {
    std::vector<std::jthread> writers;
    for (const char* writer : {"a", "b", "c"}) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < kRecords; ++i) {
          // A separate log object per record, so that each record is written separately.
          PredictionLog log({.path = folder / "log", .max_bytes = 1, .kept = 3 * kRecords});
          log.write(writer + std::to_string(i), model, nullptr, predictions, {});
        }
      });
    }
  }
  const std::vector<std::string> kept = lines();
  EXPECT_EQ(kept.size(), 3U * kRecords);
  EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), kept.size());
}

}  // namespace
}  // namespace vitrine::serve
