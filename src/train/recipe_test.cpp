#include <gtest/gtest.h>

#include "base/error.h"
#include "train/network_job.h"

namespace vitrine::train {
namespace {

TEST(Recipe, ChangesSettingsByName) {
  Recipe recipe;
  change_recipe(recipe, "epochs=3, rate=0.001,mixup=0.2");
  EXPECT_EQ(recipe.epochs, 3);
  EXPECT_EQ(recipe.rate, 0.001);
  EXPECT_EQ(recipe.mixup, 0.2);
  const Recipe other;
  EXPECT_EQ(recipe.crop, other.crop);
}

TEST(Recipe, JsonHasEverySetting) {
  Recipe recipe;
  const Json numbers = to_json(recipe);
  for (const auto& [name, value] : numbers.items()) {
    change_recipe(recipe, name + "=" + value.dump());  // each name and default value is accepted
  }
  EXPECT_EQ(to_json(recipe), to_json(Recipe{}));
}

TEST(Recipe, RejectsUnknownNamesAndInvalidValues) {
  Recipe recipe;
  for (const char* text :
       {"epoch=3", "epochs", "epochs=", "epochs=many", "epochs=0", "erase=2", "=", "rate=nan"}) {
    EXPECT_THROW(change_recipe(recipe, text), Error) << text;
  }
}

}  // namespace
}  // namespace vitrine::train
