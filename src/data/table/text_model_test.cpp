#include "data/table/text_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vitrine::data {
namespace {

std::vector<std::string> word_terms(const std::string& text) {
  std::vector<std::string> out;
  std::string scratch;
  TextTerms::for_each_word_term(TextTerms::normalised(text), scratch,
                                [&](const TextTerms::Term& term) { out.emplace_back(term.text); });
  return out;
}

std::vector<std::string> character_terms(const std::string& text) {
  std::vector<std::string> out;
  TextTerms::for_each_character_term(TextTerms::normalised(text), [&](const TextTerms::Term& term) {
    out.emplace_back(term.text);
  });
  return out;
}

TEST(TextModel, terms_of_words_are_words_and_pairs) {
  EXPECT_EQ(word_terms("Free ENTRY, win_£50!"),
            (std::vector<std::string>{"free", "entry", "free entry", "win", "entry win", "£50",
                                      "win £50"}));
  EXPECT_EQ(word_terms("Ärger\tc'est"),
            (std::vector<std::string>{"Ärger", "c", "Ärger c", "est", "c est"}));
  EXPECT_TRUE(word_terms("").empty());
  EXPECT_TRUE(word_terms(" ... \n").empty());
}

TEST(TextModel, terms_of_characters_are_sequences_with_blanks_at_the_ends) {
  EXPECT_EQ(character_terms("aÉ"),
            (std::vector<std::string>{" a", " aÉ", " aÉ ", "aÉ", "aÉ ", "É "}));
  EXPECT_EQ(character_terms(""), (std::vector<std::string>{"  "}));
}

TEST(TextModel, words_are_counted) {
  EXPECT_EQ(count_words("  one two\nthree "), 3U);
  EXPECT_EQ(count_words(""), 0U);
  EXPECT_EQ(count_words("今日は良い天気です"), 4U);
}

TextModel small_model() {
  return {.words = {"bad", "good", "good day"},
          .characters = {" g", "go"},
          .idf = {1, 2, 3, 1, 1},
          .weights = {{-1, 1, 0.5F, 0.25F, 0.25F}},
          .bias = {0.125F}};
}

TEST(TextModel, a_score_is_the_sum_of_weighted_terms) {
  const TextScorer scorer(small_model());
  const float score = scorer.score("Good good day").at(0);
  // good: twice, good day: once, " g": twice, "go": twice.
  const double twice = 1 + std::log(2);
  const double norm = std::sqrt(4 * twice * twice + 9 + 2 * twice * twice);
  EXPECT_NEAR(score, 0.125 + (2 * twice + 3 * 0.5 + 2 * 0.25 * twice) / norm, 1e-6);
  EXPECT_EQ(scorer.score(""), std::vector<float>{0.125F});
}

TEST(TextModel, an_explanation_adds_up_to_the_score) {
  const TextScorer scorer(small_model());
  const std::string text = "Good good, day bad";
  const float score = scorer.score(text).at(0);
  const auto parts = scorer.explain(text, 0, 10);
  double sum = 0.125;
  std::vector<std::string> words;
  for (const TextPart& part : parts) {
    sum += part.value;
    words.push_back(part.text);
  }
  EXPECT_NEAR(sum, score, 1e-6);
  EXPECT_EQ(words.size(), 4U);
  EXPECT_TRUE(std::ranges::contains(words, "good,"));
  EXPECT_EQ(scorer.explain(text, 0, 1).size(), 1U);
}

TEST(TextModel, json_keeps_every_bit) {
  const TextModel model = small_model();
  const TextModel again = text_model_from_json(to_json(model));
  EXPECT_EQ(again.words, model.words);
  EXPECT_EQ(again.characters, model.characters);
  EXPECT_EQ(again.idf, model.idf);
  EXPECT_EQ(again.weights, model.weights);
  EXPECT_EQ(again.bias, model.bias);
}

TEST(TextModel, damaged_json_is_refused) {
  const auto refused = [](const auto& damage) {
    Json json = to_json(small_model());
    damage(json);
    EXPECT_THROW(text_model_from_json(json), std::exception) << json;
  };
  refused([](Json& json) { json["words"][0] = "good"; });
  refused([](Json& json) { json["characters"].push_back("zz"); });
  refused([](Json& json) { json["bias"] = "AAAA"; });
  refused([](Json& json) { json["weights"] = Json::array(); });
  refused([](Json& json) { json["idf"] = "AADAfwAAwH8AAMB/AADAfwAAwH8="; });
  refused([](Json& json) { json.erase("idf"); });
  refused([](Json& json) { json["words"][2] = "good day now"; });
  refused([](Json& json) { json["words"][2] = "good  day"; });
  refused([](Json& json) { json["words"][2] = "gooD"; });
  refused([](Json& json) { json["characters"][1] = "goods"; });
  refused([](Json& json) { json["characters"][1] = "g"; });
  refused([](Json& json) {
    json = {{"words", Json::array()},
            {"characters", Json::array()},
            {"idf", ""},
            {"weights", {""}},
            {"bias", json["bias"]}};
  });
  refused([](Json& json) { json["idf"] = "AAAAAAAAAEAAAEBAAACAPwAAgD8="; });  // one is 0
  refused([](Json& json) { json["bias"] = "//9/fw=="; });                     // FLT_MAX
}

}  // namespace
}  // namespace vitrine::data
