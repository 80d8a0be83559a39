#include "serve/api/api_keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace vitrine::serve {
namespace {

class ApiKeysTest : public testing::Test {
 protected:
  ~ApiKeysTest() override { std::filesystem::remove(path_); }
  ApiKeys keys(const std::string& text) {
    write(text);
    return ApiKeys(path_);
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("vitrine-keys-" + std::to_string(::getpid()));
};

TEST_F(ApiKeysTest, finds_the_owner_of_a_key) {
  const ApiKeys all = keys("# people\nweb " + sha256_hex("one") + " rate=2 # a page\n\nops " +
                           sha256_hex("two") + " admin\n");
  EXPECT_EQ(all.find("one")->name, "web");
  EXPECT_FALSE(all.find("one")->admin);
  EXPECT_TRUE(all.find("two")->admin);
  EXPECT_EQ(all.find("three"), nullptr);
  EXPECT_EQ(all.find(""), nullptr);
  EXPECT_EQ(all.find(sha256_hex("one")), nullptr) << "the hash must not work as a key";
}

TEST_F(ApiKeysTest, rates_limit_requests_per_second) {
  ApiKeys all = keys("web " + sha256_hex("one") + " rate=2\nops " + sha256_hex("two") + "\n");
  const Time now = Clock::now() + std::chrono::seconds(1);
  Duration wait{};
  EXPECT_TRUE(all.within_rate("web", now, wait));
  EXPECT_TRUE(all.within_rate("web", now, wait));
  EXPECT_FALSE(all.within_rate("web", now, wait));
  EXPECT_NEAR(seconds_of(wait), 0.5, 1e-6);
  EXPECT_TRUE(all.within_rate("web", now + std::chrono::milliseconds(501), wait));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(all.within_rate("ops", now, wait));
}

TEST_F(ApiKeysTest, invalid_files_are_refused_and_the_old_keys_stay) {
  EXPECT_THROW(keys(""), Error);
  EXPECT_THROW(keys("web\n"), Error);
  EXPECT_THROW(keys("web abc\n"), Error);
  EXPECT_THROW(keys("web " + sha256_hex("one") + " rate=0\n"), Error);
  EXPECT_THROW(keys("web " + sha256_hex("one") + " boss\n"), Error);
  ApiKeys all = keys("web " + sha256_hex("one") + "\n");
  write("broken");
  EXPECT_THROW(all.reload(), Error);
  EXPECT_NE(all.find("one"), nullptr);
  write("web " + sha256_hex("new") + "\n");
  all.reload();
  EXPECT_EQ(all.find("one"), nullptr);
  EXPECT_NE(all.find("new"), nullptr);
}

TEST_F(ApiKeysTest, a_file_that_stays_empty_refuses_all_requests) {
  ApiKeys all = keys("web " + sha256_hex("one") + "\n");
  write("# nobody\n");
  EXPECT_FALSE(all.refresh());  // an editor may be writing the file
  EXPECT_NE(all.find("one"), nullptr);
  EXPECT_TRUE(all.refresh());
  EXPECT_EQ(all.find("one"), nullptr);
  EXPECT_FALSE(all.refresh());  // reported once
  write("web " + sha256_hex("one") + "\n");
  EXPECT_FALSE(all.refresh());
  EXPECT_NE(all.find("one"), nullptr);
}

}  // namespace
}  // namespace vitrine::serve
