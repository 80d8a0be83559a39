#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"
#include "train/network_job.h"

namespace vitrine::train {
namespace {

struct Setting {
  const char* name;
  double Recipe::* field;
  double low;
  double high;
};

constexpr std::array kSettings{
    Setting{"epochs", &Recipe::epochs, 1, 10000},
    Setting{"batch", &Recipe::batch, 2, 4096},
    Setting{"rate", &Recipe::rate, 0, 1},
    Setting{"head_rate", &Recipe::head_rate, 0, 1},
    Setting{"layer_decay", &Recipe::layer_decay, 0.001, 1},
    Setting{"weight_decay", &Recipe::weight_decay, 0, 1},
    Setting{"warm_up", &Recipe::warm_up, 0, 0.9},
    Setting{"label_smoothing", &Recipe::label_smoothing, 0, 0.9},
    Setting{"average", &Recipe::average, 0, 0.99999},
    Setting{"mirror", &Recipe::mirror, 0, 1},
    Setting{"crop", &Recipe::crop, 0.05, 1},
    Setting{"colour", &Recipe::colour, 0, 0.9},
    Setting{"erase", &Recipe::erase, 0, 1},
    Setting{"mixup", &Recipe::mixup, 0, 10},
    Setting{"cutmix", &Recipe::cutmix, 0, 1},
    Setting{"small_first", &Recipe::small_first, 0.3, 1},
    Setting{"side", &Recipe::side, 0.3, 1},
    Setting{"freeze", &Recipe::freeze, 0, 0.95},
};

}  // namespace

Recipe from_scratch_recipe() {
  Recipe recipe;
  recipe.epochs = 24;
  recipe.batch = 16;
  recipe.rate = recipe.head_rate = 6e-3;
  recipe.layer_decay = 1;
  recipe.freeze = 0;
  recipe.weight_decay = 0.05;
  recipe.average = 0.98;
  recipe.label_smoothing = 0.05;
  recipe.crop = 0.8;
  recipe.colour = 0.3;
  recipe.erase = 0;
  recipe.small_first = 0.75;
  return recipe;
}

Json to_json(const Recipe& recipe) {
  Json out = Json::object();
  for (const Setting& one : kSettings) out[one.name] = recipe.*one.field;
  return out;
}

void change_recipe(Recipe& recipe, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name(trimmed(part.substr(0, equals)));
    std::vector<std::string> names;
    const Setting* found = nullptr;
    for (const Setting& one : kSettings) {
      names.emplace_back(one.name);
      if (name == one.name) found = &one;
    }
    if (found == nullptr) {
      throw Error(ErrorKind::usage, "the recipe has no setting '" + shown(name) + "'", "--recipe",
                  "the settings are " + listed(names, names.size()));
    }
    const auto number =
        equals < part.size() ? data::parse_number(trimmed(part.substr(equals + 1))) : std::nullopt;
    if (!number || !(*number >= found->low && *number <= found->high)) {
      throw Error(ErrorKind::usage, "'" + shown(part) + "' can't be used", "--recipe",
                  "write " + name + "=NUMBER, from " + data::number_text(found->low) + " to " +
                      data::number_text(found->high));
    }
    recipe.*found->field = *number;
  }
}

}  // namespace vitrine::train
