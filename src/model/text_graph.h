// The nodes of a table graph that score free text: text -> terms -> TF-IDF -> linear model.
#pragma once

#include <string>

#include "data/table/text_model.h"
#include "onnx/graph_builder.h"

namespace vitrine::model {

/// The domain of the operator Tokenizer, which ONNX Runtime contributes: the standard operators
/// split a text at one separator, but not into words between any signs, or into characters.
inline constexpr const char* kTextDomain = "com.microsoft";

/// Adds the nodes of a text column, whose names end with its key. `input` is `string [N,1]`.
/// Returns the name of the outputs of `model`, `float [N, outputs]`. The arithmetic is that of
/// TextScorer in single precision. Uses StringNormalizer with the locale C, which lower-cases ASCII
/// letters on every machine, StringConcat (opset 20) and TfIdfVectorizer.
std::string add_text_model(onnx::GraphBuilder& graph, const std::string& key,
                           const std::string& input, const data::TextModel& model);

}  // namespace vitrine::model
