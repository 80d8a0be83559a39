// Chooses the terms by which texts are compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/table/text_model.h"

namespace vitrine::train {

struct MostTerms {
  std::size_t words = 0;
  std::size_t characters = 0;
};

/// The most frequent terms of texts that at least two texts have, with their inverse document
/// frequencies `1 + ln((1 + texts) / (1 + texts with the term))`: at most `most.words` of words and
/// `most.characters` of characters. Weights and bias are empty. Looks at some of the texts, spread
/// evenly, if there are more than some megabytes. The same texts give the same terms on any number
/// of cores.
data::TextModel find_terms(std::span<const std::string* const> texts, const MostTerms& most);

}  // namespace vitrine::train
