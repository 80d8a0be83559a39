#include "train/photo/feature_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace vitrine::train {
namespace {

TEST(FeatureCache, KeepsRecordsAndDropsDamagedOnes) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("vitrine-cache-test-" + std::to_string(::getpid()));
  const std::string network(64, 'a');
  const std::string one(64, '1');
  const std::string two(64, '2');
  {
    FeatureCache cache(folder, network);
    cache.add(one, {1, 2, 3});
    cache.add(two, {4, 5, 6});
    EXPECT_TRUE(cache.problems().empty());
  }
  const auto file = folder / (network.substr(0, 32) + ".features");
  const auto size = std::filesystem::file_size(file);
  {
    FeatureCache cache(folder, network);
    EXPECT_EQ(cache.find(two), (std::vector<float>{4, 5, 6}));
    EXPECT_TRUE(cache.find(std::string(64, '3')).empty());
    EXPECT_TRUE(FeatureCache(folder, std::string(64, 'b')).find(one).empty());
  }
  {  // a flipped byte in the second record
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(size) - 12);
    bytes.put('\x7F');
  }
  FeatureCache cache(folder, network);
  EXPECT_EQ(cache.find(one), (std::vector<float>{1, 2, 3}));
  EXPECT_TRUE(cache.find(two).empty());
  EXPECT_EQ(cache.problems().size(), 1);
  cache.add(two, {4, 5, 6});
  EXPECT_EQ(FeatureCache(folder, network).find(two), (std::vector<float>{4, 5, 6}));
  std::filesystem::remove_all(folder);
}

TEST(FeatureCache, WorksInMemoryIfNothingCanBeWritten) {
  FeatureCache cache("/proc/nowhere", std::string(64, 'a'));
  cache.add(std::string(64, '1'), {1});
  EXPECT_EQ(cache.find(std::string(64, '1')), (std::vector<float>{1}));
  EXPECT_EQ(cache.problems().size(), 1);
}

}  // namespace
}  // namespace vitrine::train
