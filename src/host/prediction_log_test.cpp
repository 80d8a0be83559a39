#include "host/prediction_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "host/test_model.h"

namespace vitrine {
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
  ServerMetrics metrics;
  Scheduler scheduler{{}, metrics};
};

TEST_F(PredictionLogTest, logs_that_share_a_path_lose_no_record_in_rotations) {
  constexpr int kRecords = 200;
  const ServedModel model("m", 1, read_model(model_file.path()), {}, HostParts{scheduler, metrics});
  const Predictions predictions{.classes = 2, .probabilities = {0.75F, 0.25F}, .answers = {0}};
  {
    std::vector<std::jthread> writers;
    for (const char* writer : {"a", "b", "c"}) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < kRecords; ++i) {
          // A log of its own for each record, so that each is a piece of its own.
          PredictionLog log({.path = folder / "log", .max_bytes = 1, .kept = 3 * kRecords});
          log.write(writer + std::to_string(i), model, nullptr, predictions);
        }
      });
    }
  }
  const std::vector<std::string> kept = lines();
  EXPECT_EQ(kept.size(), 3U * kRecords);
  EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), kept.size());
}

}  // namespace
}  // namespace vitrine
