#include "serve/models/model_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "data/table/cell.h"
#include "serve/models/test_model.h"

namespace vitrine::serve {
namespace {

namespace fs = std::filesystem;

class ModelStoreTest : public testing::Test {
 protected:
  ModelStoreTest()
      : folder_(fs::temp_directory_path() / ("vitrine-store-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ModelStoreTest() override { fs::remove_all(folder_); }

  void put(const std::string& place) {
    fs::create_directories((folder_ / place).parent_path());
    fs::copy_file(model_.path(), folder_ / place, fs::copy_options::overwrite_existing);
  }
  void put_broken(const std::string& place) {
    fs::create_directories((folder_ / place).parent_path());
    std::ofstream(folder_ / place) << "broken";
  }
  std::unique_ptr<ModelStore> open(StoreOptions options = {}) {
    if (options.files.empty()) options.folder = folder_;
    options.poll = std::chrono::milliseconds(50);
    return std::make_unique<ModelStore>(std::move(options), HostParts{scheduler_, metrics_},
                                        [this](const std::string& line) {
                                          const std::lock_guard lock(mutex_);
                                          said_ += line + "\n";
                                        });
  }
  static bool soon(const std::function<bool()>& what) {
    for (int i = 0; i < 400; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::string said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

  TestModel model_;
  fs::path folder_;
  telemetry::ServerMetrics metrics_;
  Scheduler scheduler_{{}, metrics_};
  std::mutex mutex_;
  std::string said_;
};

TEST_F(ModelStoreTest, finds_bare_files_and_the_newest_versions) {
  put("bare.onnx");
  for (const char* version : {"1", "2", "10", "11"})
    put(std::string("many/") + version + "/model.onnx");
  put("one/any-name.onnx");
  put(".hidden.onnx");
  put("many/not-a-number/model.onnx");
  const auto store = open();
  auto names = store->catalogue()->names();
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"bare", "many", "one"}));
  const auto catalogue = store->catalogue();
  const CatalogueEntry* many = catalogue->find("many");
  EXPECT_EQ(many->versions.size(), 3U);
  EXPECT_FALSE(many->versions.contains(1));
  EXPECT_EQ(many->current()->version, 11U);
  EXPECT_TRUE(store->ready());
}

TEST_F(ModelStoreTest, is_not_ready_until_each_initial_model_has_a_version) {
  put("good.onnx");
  put_broken("bad.onnx");
  const auto store = open();
  EXPECT_FALSE(store->ready());
  EXPECT_FALSE(store->catalogue()->find("bad")->fault.empty());
  store->watch();
  put("bad.onnx");
  EXPECT_TRUE(soon([&] { return store->ready(); })) << said();
  put_broken("later.onnx");  // a broken model that is added later does not change readiness
  EXPECT_TRUE(soon([&] { return store->catalogue()->find("later") != nullptr; }));
  EXPECT_TRUE(store->ready());
}

TEST_F(ModelStoreTest, a_model_in_use_outlives_its_file_and_is_destroyed_afterwards) {
  put("m/1/model.onnx");
  const auto store = open();
  store->watch();
  std::shared_ptr<const ServedModel> held = store->catalogue()->find("m")->current();
  const std::weak_ptr<const ServedModel> watched = held;
  fs::remove_all(folder_ / "m");
  EXPECT_TRUE(soon([&] { return store->catalogue()->find("m") == nullptr; }));
  EXPECT_EQ(held->predictor->predict(data::missing_rows(held->card->schema, 2)).predicted.size(),
            2U);
  held.reset();
  EXPECT_TRUE(soon([&] { return watched.expired(); }));
}

TEST_F(ModelStoreTest, load_and_unload_report_success_and_errors) {
  put("m.onnx");
  const auto store = open();
  store->watch();
  const auto wait_for = [&](auto start) {
    std::optional<Error> failure;
    std::atomic<bool> done{false};
    start([&](const std::optional<Error>& met) {
      failure = met;
      done = true;
    });
    while (!done) std::this_thread::yield();
    return failure;
  };
  EXPECT_TRUE(wait_for([&](auto done) { store->load("none", done); }));
  EXPECT_FALSE(wait_for([&](auto done) { store->unload("m", done); }));
  EXPECT_EQ(store->catalogue()->find("m"), nullptr);
  EXPECT_FALSE(wait_for([&](auto done) { store->load("m", done); }));
  EXPECT_NE(store->catalogue()->find("m"), nullptr);
  put_broken("m.onnx");
  EXPECT_TRUE(wait_for([&](auto done) { store->load("m", done); }));
  EXPECT_NE(store->catalogue()->find("m")->current(), nullptr) << "the good one is gone";
}

TEST_F(ModelStoreTest, an_invalid_file_of_the_command_line_is_an_error_at_the_start) {
  put_broken("m.onnx");
  EXPECT_THROW(open({.files = {{"m", 0, folder_ / "m.onnx"}}}), Error);
}

TEST_F(ModelStoreTest, a_canary_gets_its_share_exactly) {
  put("m/1/model.onnx");
  put("m/2/model.onnx");
  const auto store = open();
  for (const double percent : {0.0, 0.5, 10.0, 33.3, 100.0}) {
    store->route("m", {.canary = 1, .canary_percent = percent});
    const auto catalogue = store->catalogue();
    int canary = 0;
    for (int i = 0; i < 1000; ++i) {
      if (catalogue->find("m")->pick()->version == 1) ++canary;
    }
    EXPECT_NEAR(canary, 10 * percent, 1) << percent;
  }
  EXPECT_THROW(store->route("m", {.canary = 3, .canary_percent = 1}), Error);
  EXPECT_THROW(store->route("m", {.canary = 1, .canary_percent = 101}), Error);
  EXPECT_THROW(store->route("x", {}), Error);
}

}  // namespace
}  // namespace vitrine::serve
