#include "data/table/text_table.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace vitrine::data {
namespace {

TEST(TextTable, finds_only_the_texts_that_were_added) {
  Random random(1);
  const auto text = [&] {
    std::string out;
    for (auto left = random.below(20); left > 0; --left) {
      out += static_cast<char>(random.below(4) == 0 ? 0 : 'a' + random.below(3));
    }
    return out;
  };
  TextTable table;
  EXPECT_FALSE(table.find("a"));
  std::map<std::string, std::uint32_t> wanted;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string one = text();
    wanted.emplace(one, i);  // the first number is kept
    table.add(one, i);
  }
  for (const auto& [one, number] : wanted) EXPECT_EQ(table.find(one), number);
  for (int i = 0; i < 3000; ++i) {
    const std::string one = text();
    EXPECT_EQ(table.find(one).has_value(), wanted.contains(one));
  }
}

}  // namespace
}  // namespace vitrine::data
