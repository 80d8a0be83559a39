// Free text as numbers: the words and characters of a text, weighted by TF-IDF, in a linear model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/table/text_table.h"

namespace vitrine::data {

/// The terms of a text, in lower case (ASCII): its words, its pairs of neighbouring words with a
/// blank between them, and all sequences of kFewestCharacters to kMostCharacters characters, with a
/// blank before and behind the text. A word is a run of ASCII letters and digits and of all
/// characters beyond ASCII.
struct TextTerms {
  static constexpr std::size_t kMostWords = 2;
  static constexpr std::size_t kFewestCharacters = 2;
  static constexpr std::size_t kMostCharacters = 4;

  /// One term with its place in normalised().
  struct Term {
    std::string_view text;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// The text in lower case between two blanks.
  static std::string normalised(std::string_view text);

  /// Calls `body(term)` for each term of words. Pairs of words are views of `scratch`.
  template <typename Body>
  static void for_each_word_term(std::string_view normalised, std::string& scratch,
                                 const Body& body);
  /// Calls `body(term)` for each sequence of characters.
  template <typename Body>
  static void for_each_character_term(std::string_view normalised, const Body& body);
};

/// The number of words of a text between blanks; of writings without blanks between words, such as
/// Chinese and Japanese, half the number of characters.
std::size_t count_words(std::string_view text);

/// A column of different texts with at least so many words on average is free text.
inline constexpr double kFewestWords = 3;

/// A linear model of the terms of a text. The weight of a term in a text is
/// `idf * (1 + ln(count))`, divided by the Euclidean norm of all weights in the text; an output is
/// the sum of `weights` times these, plus the bias. (Salton and Buckley 1988; the variant
/// `sublinear_tf` of scikit-learn.) Plain data.
struct TextModel {
  std::vector<std::string> words;           ///< terms of words, sorted
  std::vector<std::string> characters;      ///< terms of characters, sorted
  std::vector<float> idf;                   ///< of the words, then of the characters
  std::vector<std::vector<float>> weights;  ///< [output][term], in the same order
  std::vector<float> bias;                  ///< [output]

  std::size_t terms() const { return words.size() + characters.size(); }
};

/// The terms of a text that a vocabulary knows, with their weights: the Euclidean norm is 1, or 0
/// without a known term.
struct TextFeatures {
  std::vector<std::uint32_t> terms;  ///< increasing
  std::vector<float> values;
};

/// Finds the known terms of texts. Thread-safe.
class TextVocabulary {
 public:
  TextVocabulary(std::span<const std::string> words, std::span<const std::string> characters,
                 std::span<const float> idf);
  TextFeatures features_of(std::string_view text) const;

  /// Calls `body(id, begin, end)` for each occurrence of a known term in a normalised text.
  template <typename Body>
  void for_each_known(std::string_view normalised, const Body& body) const;

 private:
  TextTable words_;
  TextTable characters_;
  std::vector<float> idf_;
};

/// A part of a text with what it adds to an output.
struct TextPart {
  std::string text;
  double value = 0;
};

/// A TextModel that is ready to score texts. Thread-safe.
class TextScorer {
 public:
  explicit TextScorer(TextModel model);

  const TextModel& model() const { return model_; }
  std::size_t outputs() const { return model_.bias.size(); }
  /// The outputs of a text.
  std::vector<float> score(std::string_view text) const;
  /// What each word of a text, as it stands between blanks, adds to an output; the largest ones
  /// first, at most `limit`. A term counts for the words that it overlaps, by characters.
  std::vector<TextPart> explain(std::string_view text, std::size_t output, std::size_t limit) const;

 private:
  TextModel model_;
  TextVocabulary vocabulary_;
};

Json to_json(const TextModel& model);
/// Throws std::exception if `json` is not the output of to_json().
TextModel text_model_from_json(const Json& json);

// Implementation of the templates.

template <typename Body>
void TextTerms::for_each_word_term(std::string_view text, std::string& scratch, const Body& body) {
  const auto of_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  std::string_view before;
  std::size_t before_begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!of_word(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && of_word(text[at])) ++at;
    const std::string_view word = text.substr(begin, at - begin);
    body(Term{word, begin, at});
    if (!before.empty()) {
      scratch.assign(before);
      scratch += ' ';
      scratch += word;
      body(Term{scratch, before_begin, at});
    }
    before = word;
    before_begin = begin;
  }
}

template <typename Body>
void TextTerms::for_each_character_term(std::string_view text, const Body& body) {
  const auto next = [&](std::size_t at) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
  };
  for (std::size_t begin = 0; begin < text.size(); begin = next(begin)) {
    std::size_t end = begin;
    for (std::size_t count = 1; count <= kMostCharacters && end < text.size(); ++count) {
      end = next(end);
      if (count >= kFewestCharacters) body(Term{text.substr(begin, end - begin), begin, end});
    }
  }
}

template <typename Body>
void TextVocabulary::for_each_known(std::string_view normalised, const Body& body) const {
  std::string scratch;
  TextTerms::for_each_word_term(normalised, scratch, [&](const TextTerms::Term& term) {
    if (const auto id = words_.find(term.text)) body(*id, term.begin, term.end);
  });
  TextTerms::for_each_character_term(normalised, [&](const TextTerms::Term& term) {
    if (const auto id = characters_.find(term.text)) body(*id, term.begin, term.end);
  });
}

}  // namespace vitrine::data
