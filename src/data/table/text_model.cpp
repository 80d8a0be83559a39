#include "data/table/text_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "base/base64.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

static_assert(std::endian::native == std::endian::little, "the card has little-endian floats");

std::string to_base64(std::span<const float> numbers) {
  return encode_base64({reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()});
}

std::vector<float> floats_of(const std::string& base64, std::size_t size, float least, float most) {
  const auto bytes = decode_base64(base64);
  if (!bytes || bytes->size() != size * sizeof(float)) {
    throw std::invalid_argument("a text column has damaged weights");
  }
  std::vector<float> out(size);
  if (size > 0) std::memcpy(out.data(), bytes->data(), bytes->size());
  const auto valid = [&](float x) { return x >= least && x <= most; };
  if (!std::ranges::all_of(out, valid)) {
    throw std::invalid_argument("a text column has weights that are out of range");
  }
  return out;
}

/// True if `term` is what TextTerms finds in it, as the first or only term of this kind.
bool is_word_term(const std::string& term) {
  std::string scratch;
  bool found = false;
  TextTerms::for_each_word_term(TextTerms::normalised(term), scratch,
                                [&](const TextTerms::Term& one) { found |= one.text == term; });
  return found;
}

bool is_character_term(const std::string& term) {
  bool found = false;
  TextTerms::for_each_character_term(
      lower_ascii(term), [&](const TextTerms::Term& one) { found |= one.text == term; });
  return found;
}

void check_terms(const std::vector<std::string>& terms, bool (*is_term)(const std::string&)) {
  if (std::ranges::adjacent_find(terms, std::ranges::greater_equal{}) != terms.end()) {
    throw std::invalid_argument("the terms of a text column are not sorted");
  }
  if (!std::ranges::all_of(terms, is_term)) {
    throw std::invalid_argument("a text column has a term that no text has");
  }
}

/// A word of a text, as it stands between blanks.
struct Piece {
  std::size_t begin;
  std::size_t end;
};

std::vector<Piece> pieces_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\f\v";
  std::vector<Piece> pieces;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    pieces.push_back({at, end});
    at = text.find_first_not_of(kBlanks, end);
  }
  return pieces;
}

}  // namespace

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  std::size_t characters = 0;  // from U+3000 on: three bytes from E3 80 80 on
  bool inside = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
    characters += byte >= 0xE3 && byte <= 0xED ? 1 : 0;
  }
  return std::max(words, characters / 2);
}

std::string TextTerms::normalised(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += ' ';
  out += lower_ascii(text);
  out += ' ';
  return out;
}

TextVocabulary::TextVocabulary(std::span<const std::string> words,
                               std::span<const std::string> characters, std::span<const float> idf)
    : idf_(idf.begin(), idf.end()) {
  std::uint32_t id = 0;
  for (const std::string& term : words) words_.add(term, id++);
  for (const std::string& term : characters) characters_.add(term, id++);
}

TextFeatures TextVocabulary::features_of(std::string_view text) const {
  std::vector<std::uint32_t> found;
  for_each_known(TextTerms::normalised(text),
                 [&](std::uint32_t id, std::size_t, std::size_t) { found.push_back(id); });
  std::ranges::sort(found);
  TextFeatures out;
  double squares = 0;
  for (std::size_t i = 0; i < found.size();) {
    std::size_t end = i;
    while (end < found.size() && found[end] == found[i]) ++end;
    const double count = static_cast<double>(end - i);
    const double value = (1 + std::log(count)) * static_cast<double>(idf_[found[i]]);
    squares += value * value;
    out.terms.push_back(found[i]);
    out.values.push_back(static_cast<float>(value));
    i = end;
  }
  const double norm = std::sqrt(squares);
  for (float& value : out.values) value = static_cast<float>(static_cast<double>(value) / norm);
  return out;
}

TextScorer::TextScorer(TextModel model)
    : model_(std::move(model)), vocabulary_(model_.words, model_.characters, model_.idf) {}

std::vector<float> TextScorer::score(std::string_view text) const {
  const TextFeatures features = vocabulary_.features_of(text);
  std::vector<float> out(outputs());
  for (std::size_t k = 0; k < outputs(); ++k) {
    double sum = static_cast<double>(model_.bias[k]);
    for (std::size_t i = 0; i < features.terms.size(); ++i) {
      sum += static_cast<double>(model_.weights[k][features.terms[i]]) *
             static_cast<double>(features.values[i]);
    }
    out[k] = static_cast<float>(sum);
  }
  return out;
}

std::vector<TextPart> TextScorer::explain(std::string_view text, std::size_t output,
                                          std::size_t limit) const {
  const TextFeatures features = vocabulary_.features_of(text);
  const std::string normalised = TextTerms::normalised(text);
  std::unordered_map<std::uint32_t, double> counts;
  vocabulary_.for_each_known(normalised,
                             [&](std::uint32_t id, std::size_t, std::size_t) { counts[id] += 1; });
  std::unordered_map<std::uint32_t, double> each;  // of an occurrence
  for (std::size_t i = 0; i < features.terms.size(); ++i) {
    const std::uint32_t id = features.terms[i];
    each[id] = static_cast<double>(model_.weights[output][id]) *
               static_cast<double>(features.values[i]) / counts[id];
  }
  const std::vector<Piece> pieces = pieces_of(normalised);
  std::vector<double> values(pieces.size(), 0.0);
  vocabulary_.for_each_known(normalised, [&](std::uint32_t id, std::size_t begin, std::size_t end) {
    std::vector<std::pair<std::size_t, double>> shares;
    double total = 0;
    const auto first = std::ranges::upper_bound(pieces, begin, {}, &Piece::end);
    for (auto piece = first; piece != pieces.end() && piece->begin < end; ++piece) {
      const auto share =
          static_cast<double>(std::min(end, piece->end) - std::max(begin, piece->begin));
      shares.emplace_back(static_cast<std::size_t>(piece - pieces.begin()), share);
      total += share;
    }
    for (const auto& [place, share] : shares) values[place] += each[id] * share / total;
  });
  std::map<std::string, double> sums;  // a word may occur again
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    // As it was written: the blank in front of the text is not.
    sums[std::string(text.substr(pieces[i].begin - 1, pieces[i].end - pieces[i].begin))] +=
        values[i];
  }
  std::vector<TextPart> parts;
  for (const auto& [word, value] : sums) parts.push_back({word, value});
  std::ranges::stable_sort(parts, std::ranges::greater{},
                           [](const TextPart& part) { return std::abs(part.value); });
  parts.resize(std::min(parts.size(), limit));
  return parts;
}

Json to_json(const TextModel& model) {
  Json json{{"words", model.words}, {"characters", model.characters}};
  json["idf"] = to_base64(model.idf);
  for (const std::vector<float>& row : model.weights) json["weights"].push_back(to_base64(row));
  json["bias"] = to_base64(model.bias);
  return json;
}

TextModel text_model_from_json(const Json& json) {
  TextModel model;
  json.at("words").get_to(model.words);
  json.at("characters").get_to(model.characters);
  check_terms(model.words, is_word_term);
  check_terms(model.characters, is_character_term);
  constexpr float kMostIdf = 1000;
  constexpr float kMostWeight = 1e20F;
  const auto floats = [](const Json& text, std::size_t size, float least, float most) {
    return floats_of(text.get<std::string>(), size, least, most);
  };
  model.idf = floats(json.at("idf"), model.terms(), 1, kMostIdf);
  for (const Json& row : json.at("weights")) {
    model.weights.push_back(floats(row, model.terms(), -kMostWeight, kMostWeight));
  }
  model.bias = floats(json.at("bias"), model.weights.size(), -kMostWeight, kMostWeight);
  if (model.weights.empty() || model.terms() == 0) {
    throw std::invalid_argument("a text column has no terms or no weights");
  }
  return model;
}

}  // namespace vitrine::data
