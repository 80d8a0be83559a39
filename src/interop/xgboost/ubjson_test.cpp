#include "interop/xgboost/ubjson.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace vitrine::interop {
namespace {

using namespace std::string_literals;

TEST(Ubjson, what_the_library_writes_is_sound) {
  const Json json{
      {"a", {1, -2, 300, 70'000, 1e10}}, {"b", {{"c", "text"}, {"d", nullptr}}}, {"e", true}};
  for (const bool counts : {false, true}) {
    for (const bool types : {false, true}) {
      const auto bytes = Json::to_ubjson(json, counts, counts && types);
      const std::string text(bytes.begin(), bytes.end());
      EXPECT_TRUE(is_sound_ubjson(text)) << counts << types;
      for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        EXPECT_FALSE(is_sound_ubjson(text.substr(0, size))) << size;
      }
    }
  }
}

TEST(Ubjson, deep_and_empty_arrays_are_refused) {
  EXPECT_FALSE(is_sound_ubjson(std::string(100'000, '[')));
  EXPECT_TRUE(is_sound_ubjson(std::string(50, '[') + std::string(50, ']')));
  EXPECT_FALSE(is_sound_ubjson("[$T#l\x7f\xff\xff\xff"s));
  EXPECT_FALSE(is_sound_ubjson("[N$T#l\x7f\xff\xff\xff"s));
  EXPECT_FALSE(is_sound_ubjson("[$[#i\x01$Z#l\x7f\xff\xff\xff"s));
  EXPECT_FALSE(is_sound_ubjson("[#l\x7f\xff\xff\xff"s));
}

}  // namespace
}  // namespace vitrine::interop
