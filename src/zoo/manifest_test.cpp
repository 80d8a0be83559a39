#include "zoo/manifest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/json.h"

namespace vitrine::zoo {
namespace {

class Manifest : public testing::Test {
 protected:
  Manifest() : path_(testing::TempDir() + "manifest" + std::to_string(::getpid()) + ".json") {}
  ~Manifest() override { std::filesystem::remove(path_); }
  std::vector<ZooEntry> read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_manifest(path_);
  }
  static Json entry() {
    return {{"name", "net"},
            {"url", "https://example.test/net.onnx"},
            {"sha256", std::string(64, 'a')},
            {"bytes", 10}};
  }
  std::filesystem::path path_;
};

TEST(Zoo, the_list_can_be_downloaded_and_verified) {
  std::set<std::string> names;
  for (const ZooEntry& one : known_backbones()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_TRUE(one.url.starts_with("https://")) << one.url;
    EXPECT_EQ(one.sha256.size(), 64U) << one.name;
    EXPECT_EQ(one.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_GT(one.bytes, 0U);
    EXPECT_FALSE(one.licence.empty());
  }
  EXPECT_GE(names.size(), 3U);
}

TEST_F(Manifest, reads_entries_and_leaves_optional_fields_empty) {
  const auto entries = read(Json{{"backbones", {entry()}}}.dump());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].name, "net");
  EXPECT_EQ(entries[0].bytes, 10U);
  EXPECT_TRUE(entries[0].normalisation.empty());
}

TEST_F(Manifest, refuses_entries_that_could_do_harm) {
  const std::pair<const char*, Json> changes[] = {
      {"name", "../net"}, {"name", ""},      {"name", ".hidden"},
      {"sha256", "abc"},  {"bytes", 0},      {"bytes", -1},
      {"bytes", 1e30},    {"bytes", "many"}, {"url", "file:///etc/passwd"}};
  for (const auto& [key, value] : changes) {
    Json changed = entry();
    changed[key] = value;
    EXPECT_THROW(read(Json{{"backbones", {changed}}}.dump()), Error) << key << "=" << value;
  }
  for (const char* text : {"", "[]", "{}", R"({"backbones": 1})", R"({"backbones": [1]})"}) {
    EXPECT_THROW(read(text), Error) << text;
  }
}

}  // namespace
}  // namespace vitrine::zoo
