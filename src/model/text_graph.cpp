#include "model/text_graph.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace vitrine::model {
namespace {

using Ints = std::vector<std::int64_t>;

/// Runs of ASCII letters and digits and of characters beyond ASCII, as TextTerms has them.
constexpr const char* kWord = "[^\\x00-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7f]+";

/// The tokens of a term: its words, or its characters.
std::vector<std::string> tokens_of(const std::string& term, bool words) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < term.size();) {
    std::size_t end = at + 1;
    if (words) {
      end = std::min(term.find(' ', at), term.size());
    } else {
      while (end < term.size() && (static_cast<unsigned char>(term[end]) & 0xC0) == 0x80) ++end;
    }
    tokens.push_back(term.substr(at, end - at));
    at = words ? end + 1 : end;
  }
  return tokens;
}

/// The attributes of a TfIdfVectorizer that counts terms: n-grams one after another, the short ones
/// first.
struct Pool {
  std::vector<std::string> strings;
  Ints counts;   ///< by length from 1: where the n-grams begin in `strings`
  Ints indexes;  ///< of each n-gram: the place of its count in the output
};

Pool pool_of(const std::vector<std::string>& terms, bool words, std::size_t longest) {
  std::vector<std::vector<std::pair<std::vector<std::string>, std::int64_t>>> by_length(longest);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    auto tokens = tokens_of(terms[i], words);
    const std::size_t length = tokens.size();
    by_length[length - 1].emplace_back(std::move(tokens), static_cast<std::int64_t>(i));
  }
  Pool pool;
  for (const auto& terms_of_length : by_length) {
    pool.counts.push_back(static_cast<std::int64_t>(pool.strings.size()));
    for (const auto& [tokens, index] : terms_of_length) {
      pool.strings.insert(pool.strings.end(), tokens.begin(), tokens.end());
      pool.indexes.push_back(index);
    }
  }
  return pool;
}

class TextNodes {
 public:
  TextNodes(onnx::GraphBuilder& graph, const std::string& key) : graph_(graph), key_(key) {}

  std::string scores(const std::string& input, const data::TextModel& model) {
    const std::string text = normalised(input);
    std::vector<std::string> counts;
    if (!model.words.empty()) counts.push_back(term_counts("words", text, model.words, true));
    if (!model.characters.empty()) {
      counts.push_back(term_counts("characters", text, model.characters, false));
    }
    std::string all = counts[0];
    if (counts.size() > 1) {
      all = graph_.node("Concat", name("counts"), counts).set("axis", std::int64_t{1}).output();
    }
    return linear(weighted(all, model), model);
  }

 private:
  std::string name(const std::string& what) const { return "V.text." + what + "." + key_; }
  std::string number(const std::string& what, float value) {
    return graph_.constant(name(what), std::vector<float>{value});
  }

  /// TextTerms::normalised(), [N].
  std::string normalised(const std::string& input) {
    graph_.node("Reshape", name("flat"), {input, graph_.constant(name("all"), Ints{-1})});
    graph_.node("StringNormalizer", name("lower"), {name("flat")})
        .set("case_change_action", "LOWER")
        .set("is_case_sensitive", std::int64_t{1})
        .set("locale", "C");
    const std::string blank = graph_.constant(name("blank"), std::vector<std::string>{" "});
    graph_.node("StringConcat", name("before"), {blank, name("lower")});
    return graph_.node("StringConcat", name("normalised"), {name("before"), blank}).output();
  }

  /// How often each term occurs, [N, terms].
  std::string term_counts(const std::string& what, const std::string& text,
                          const std::vector<std::string>& terms, bool words) {
    auto tokenizer = graph_.node("Tokenizer", name(what + "_tokens"), {text}, kTextDomain);
    tokenizer.set("mark", std::int64_t{0}).set("mincharnum", std::int64_t{1}).set("pad_value", "");
    if (words) {
      tokenizer.set("tokenexp", kWord);
    } else {
      tokenizer.set("separators", std::vector<std::string>{""});
    }
    const std::size_t longest =
        words ? data::TextTerms::kMostWords : data::TextTerms::kMostCharacters;
    const Pool pool = pool_of(terms, words, longest);
    return graph_.node("TfIdfVectorizer", name(what), {name(what + "_tokens")})
        .set("mode", "TF")
        .set("min_gram_length",
             static_cast<std::int64_t>(words ? 1 : data::TextTerms::kFewestCharacters))
        .set("max_gram_length", static_cast<std::int64_t>(longest))
        .set("max_skip_count", std::int64_t{0})
        .set("ngram_counts", pool.counts)
        .set("ngram_indexes", pool.indexes)
        .set("pool_strings", pool.strings)
        .output();
  }

  /// `idf * (1 + ln(count))` of each term, divided by the norm of all.
  std::string weighted(const std::string& counts, const data::TextModel& model) {
    const std::string one = number("one", 1);
    graph_.node("Min", name("known"), {counts, one});
    graph_.node("Max", name("at_least_one"), {counts, one});
    graph_.node("Log", name("logarithm"), {name("at_least_one")});
    graph_.node("Add", name("frequency"), {name("known"), name("logarithm")});
    graph_.node("Mul", name("weight"),
                {name("frequency"), graph_.constant(name("idf"), model.idf)});
    graph_.node("ReduceL2", name("norm"), {name("weight"), graph_.constant(name("axis"), Ints{1})})
        .set("keepdims", std::int64_t{1});
    graph_.node("Max", name("known_norm"), {name("norm"), number("least", 1e-30F)});
    return graph_.node("Div", name("feature"), {name("weight"), name("known_norm")}).output();
  }

  std::string linear(const std::string& features, const data::TextModel& model) {
    const std::size_t outputs = model.bias.size();
    std::vector<float> by_term;
    for (std::size_t i = 0; i < model.terms(); ++i) {
      for (std::size_t k = 0; k < outputs; ++k) by_term.push_back(model.weights[k][i]);
    }
    const std::string weights = graph_.constant(
        name("weights"), by_term,
        {static_cast<std::int64_t>(model.terms()), static_cast<std::int64_t>(outputs)});
    graph_.node("MatMul", name("sum"), {features, weights});
    return graph_
        .node("Add", name("scores"), {name("sum"), graph_.constant(name("bias"), model.bias)})
        .output();
  }

  onnx::GraphBuilder& graph_;
  std::string key_;
};

}  // namespace

std::string add_text_model(onnx::GraphBuilder& graph, const std::string& key,
                           const std::string& input, const data::TextModel& model) {
  return TextNodes(graph, key).scores(input, model);
}

}  // namespace vitrine::model
