#include "train/table/text_vocabulary.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "base/parallel.h"
#include "base/portable_math.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr std::uint32_t kFewestTexts = 2;

/// The texts that are looked at.
std::vector<std::string> sample_of(std::span<const std::string* const> texts) {
  std::size_t bytes = 0;
  for (const std::string* text : texts) bytes += text->size();
  // At random: tables repeat their texts in some order.
  const double share =
      static_cast<double>(kMostBytes) / static_cast<double>(std::max(bytes, kMostBytes));
  const CounterRandom random(0, 1);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (share < 1 && !random.happens(i, share)) continue;
    out.push_back(data::TextTerms::normalised(*texts[i]));
  }
  return out;
}

/// In how many texts each term is.
class TermCounts {
 public:
  void add(std::string_view term, std::uint32_t text) {
    auto found = counts_.find(term);
    if (found == counts_.end()) found = counts_.emplace(std::string(term), Count{}).first;
    Count& count = found->second;
    if (count.last == text) return;
    count.last = text;
    ++count.texts;
  }

  struct Term {
    std::string text;
    std::uint32_t texts;
  };
  /// The most frequent terms, sorted by text.
  std::vector<Term> best(std::size_t most) const {
    std::vector<Term> terms;
    for (const auto& [term, count] : counts_) {
      if (count.texts >= kFewestTexts) terms.push_back({term, count.texts});
    }
    const auto first = [](const Term& a, const Term& b) {
      return a.texts != b.texts ? a.texts > b.texts : a.text < b.text;
    };
    std::ranges::sort(terms, first);
    terms.resize(std::min(terms.size(), most));
    std::ranges::sort(terms, {}, &Term::text);
    return terms;
  }

 private:
  struct Count {
    std::uint32_t last = ~std::uint32_t{0};
    std::uint32_t texts = 0;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, Count, Hash, std::equal_to<>> counts_;
};

}  // namespace

data::TextModel find_terms(std::span<const std::string* const> texts, const MostTerms& most) {
  const std::vector<std::string> sample = sample_of(texts);
  std::vector<std::vector<TermCounts::Term>> kinds(2);
  parallel_for(kinds.size(), [&](std::size_t kind) {
    const std::size_t most_of_kind = kind == 0 ? most.words : most.characters;
    if (most_of_kind == 0) return;
    TermCounts counts;
    std::string scratch;
    for (std::uint32_t i = 0; i < sample.size(); ++i) {
      const auto add = [&](const data::TextTerms::Term& term) { counts.add(term.text, i); };
      if (kind == 0) {
        data::TextTerms::for_each_word_term(sample[i], scratch, add);
      } else {
        data::TextTerms::for_each_character_term(sample[i], add);
      }
    }
    kinds[kind] = counts.best(most_of_kind);
  });
  data::TextModel model;
  const auto take = [&](const std::vector<TermCounts::Term>& terms, std::vector<std::string>& out) {
    for (const TermCounts::Term& term : terms) {
      out.push_back(term.text);
      const double rarity =
          (1 + static_cast<double>(sample.size())) / (1 + static_cast<double>(term.texts));
      model.idf.push_back(static_cast<float>(1 + portable_log(rarity)));
    }
  };
  take(kinds[0], model.words);
  take(kinds[1], model.characters);
  return model;
}

}  // namespace vitrine::train
