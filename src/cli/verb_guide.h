// What help texts and usage errors say about the verbs: their groups, examples, and the words that
// people try for them.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace vitrine::cli {

struct VerbGuide {
  std::string_view verb;
  std::string_view group;                    ///< the heading under which help lists it
  std::array<std::string_view, 2> examples;  ///< without the program's name; may be empty
  std::string_view other_words;              ///< separated by blanks
};

/// In the order of help.
std::span<const VerbGuide> verb_guides();

/// The guide of a verb; nullptr if there is none.
const VerbGuide* guide_of(std::string_view verb);

/// The verb that a word of other programs stands for ("fit", "deploy"); empty if none is known.
std::string_view verb_of_word(std::string_view word);

}  // namespace vitrine::cli
