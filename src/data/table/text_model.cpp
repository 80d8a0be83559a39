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

std::vector<float> floats_of(const std::string& base64, std::size_t size) {
  const auto bytes = decode_base64(base64);
  if (!bytes || bytes->size() != size * sizeof(float)) {
    throw std::invalid_argument("a text column has damaged weights");
  }
  std::vector<float> out(size);
  std::memcpy(out.data(), bytes->data(), bytes->size());
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::ranges::all_of(out, finite)) {
    throw std::invalid_argument("a text column has weights that are not finite");
  }
  return out;
}

void check_sorted(const std::vector<std::string>& terms) {
  if (std::ranges::adjacent_find(terms, std::ranges::greater_equal{}) != terms.end() ||
      (!terms.empty() && terms.front().empty())) {
    throw std::invalid_argument("the terms of a text column are not sorted");
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

void TextScorer::score(std::string_view text, float* out, std::size_t stride) const {
  const TextFeatures features = vocabulary_.features_of(text);
  for (std::size_t k = 0; k < outputs(); ++k) {
    double sum = static_cast<double>(model_.bias[k]);
    for (std::size_t i = 0; i < features.terms.size(); ++i) {
      sum += static_cast<double>(model_.weights[k][features.terms[i]]) *
             static_cast<double>(features.values[i]);
    }
    out[k * stride] = static_cast<float>(sum);
  }
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
  check_sorted(model.words);
  check_sorted(model.characters);
  model.idf = floats_of(json.at("idf").get<std::string>(), model.terms());
  for (const Json& row : json.at("weights")) {
    model.weights.push_back(floats_of(row.get<std::string>(), model.terms()));
  }
  model.bias = floats_of(json.at("bias").get<std::string>(), model.weights.size());
  if (model.weights.empty()) throw std::invalid_argument("a text column has no weights");
  return model;
}

}  // namespace vitrine::data
