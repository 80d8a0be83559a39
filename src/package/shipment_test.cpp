#include "package/shipment.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

TEST(Shipment, a_shell_reads_quoted_words_as_they_are) {
  EXPECT_EQ(shell_line({"serve", "--port", "9696"}), "serve --port 9696");
  for (const std::string word : {"a b", "it's", "$(touch x)", "\"", "a;b", "", "\\"}) {
    const std::string line = shell_line({"printf", "%s", word});
    FILE* shell = ::popen(line.c_str(), "r");
    ASSERT_NE(shell, nullptr);
    char read[64] = {};
    const std::size_t size = std::fread(read, 1, sizeof read, shell);
    ::pclose(shell);
    EXPECT_EQ(std::string(read, size), word) << line;
  }
}

TEST(Shipment, models_lie_by_name_and_version) {
  EXPECT_EQ((ShippedModel{.name = "churn"}.path()), "churn.onnx");
  EXPECT_EQ((ShippedModel{.name = "churn", .version = 3}.path()), "churn/3/model.onnx");
}

TEST(Shipment, serve_words_name_the_models_where_they_lie) {
  Shipment shipment;
  shipment.models = {{.name = "churn"}, {.name = "clothes", .version = 2}};
  shipment.options = {"--cors-origin", "*"};
  const auto words = serve_words(shipment, {"/models", ""}, "0.0.0.0");
  EXPECT_EQ(words[0], "serve");
  EXPECT_TRUE(std::ranges::contains(words, "churn=/models/churn.onnx"));
  EXPECT_TRUE(std::ranges::contains(words, "--cors-origin"));
  EXPECT_TRUE(std::ranges::contains(words, "0.0.0.0"));
  const auto sockets = serve_words(shipment, {"/models", ""}, "");
  EXPECT_FALSE(std::ranges::contains(sockets, "--host"));
  EXPECT_FALSE(std::ranges::contains(sockets, "--port"));
}

TEST(Shipment, folders_that_hide_the_system_are_not_mounted) {
  EXPECT_EQ(mounted_folders({"/data/keys/a.txt", "/data/keys/b.txt"}),
            (std::vector<std::string>{"/data/keys"}));
  EXPECT_EQ(mounted_folders({"/run/secrets/keys.txt", "/etc/vitrine/a.pem", "/libs/a"}).size(), 3U);
  for (const char* file : {"/etc/keys.txt", "/usr/lib/a.pem", "/keys.txt", "/etc/ssl/certs/own.pem",
                           "/lib/x86_64-linux-gnu/a", "/models/deep/key.txt"}) {
    EXPECT_THROW(mounted_folders({file}), Error) << file;
  }
}

TEST(Shipment, a_tag_names_a_registry_by_a_dot_or_a_port) {
  EXPECT_TRUE(names_registry("registry.example.com/team/churn:3"));
  EXPECT_TRUE(names_registry("localhost:5000/churn:3"));
  EXPECT_FALSE(names_registry("team/churn:3"));
  EXPECT_FALSE(names_registry("churn:3"));
}

TEST(Shipment, the_grace_time_covers_delay_and_drain) {
  EXPECT_EQ((ServeFacts{.drain = 30}.grace(5)), 40U);
  EXPECT_EQ((ServeFacts{.stop_delay = 10, .drain = 30}.grace(5)), 45U);
}

TEST(Targets, names_are_unique) {
  std::vector<std::string> names;
  for (const PackageTarget& target : package_targets()) names.emplace_back(target.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_GE(names.size(), 7U);
}

}  // namespace
}  // namespace vitrine::package
