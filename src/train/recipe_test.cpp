#include <gtest/gtest.h>

#include "base/error.h"
#include "train/network_job.h"

namespace vitrine {
namespace {

TEST(Recipe, NumbersAreChangedByName) {
  Recipe recipe;
  change_recipe(recipe, "epochs=3, rate=0.001,mixup=0.2");
  EXPECT_EQ(recipe.epochs, 3);
  EXPECT_EQ(recipe.rate, 0.001);
  EXPECT_EQ(recipe.mixup, 0.2);
  const Recipe other;
  EXPECT_EQ(recipe.crop, other.crop);
}

TEST(Recipe, EveryNumberIsInTheCard) {
  Recipe recipe;
  const Json numbers = to_json(recipe);
  for (const auto& [name, value] : numbers.items()) {
    change_recipe(recipe, name + "=" + value.dump());  // a name of its own, a value it takes
  }
  EXPECT_EQ(to_json(recipe), to_json(Recipe{}));
}

TEST(Recipe, RefusesWhatItDoesNotKnow) {
  Recipe recipe;
  for (const char* text :
       {"epoch=3", "epochs", "epochs=", "epochs=many", "epochs=0", "erase=2", "=", "rate=nan"}) {
    EXPECT_THROW(change_recipe(recipe, text), Error) << text;
  }
}

}  // namespace
}  // namespace vitrine
