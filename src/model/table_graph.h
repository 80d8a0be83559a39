// Builds the ONNX graph of a table model, from raw values to label and probabilities, or to a
// number.
#pragma once

#include <onnx/onnx_pb.h>

#include "data/table/schema.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::model {

/// The input name of each column: its key, with `_` appended if an output has that name.
std::vector<std::string> graph_input_names(const data::TableSchema& schema);

/// The graph has one input for each column, named as above: `string [N,1]` for categories,
/// `float [N,1]` for numbers, `double [N,1]` for numbers with an origin, `string [N,1]` for dates.
/// Outputs are `label` (string [N], values of the classes) and `probabilities` (float [N,
/// classes]). Of two classes, `label` is the second if its probability is at least `threshold`; of
/// more, the most probable. The graph uses operators of ai.onnx (opset 20) and ai.onnx.ml (3), IR
/// version 9.
///
/// Dates are `2024-07-25`, or with a time `2024-07-25T13:45` or `2024-07-25 13:45:07.5`; other text
/// is a missing value. (Other formats are rewritten by date_text().)
///
/// Category text is lower-cased (ASCII) and looked up, with blanks equal to `_`; if categories
/// differ only in case or blanks, their exact spelling is looked up first. '' is a missing value
/// unless it is a category. For unseen text all one-hot features are 0.
::onnx::ModelProto build_table_graph(const data::TableSchema& schema, const FeatureLayout& layout,
                                     const Classifier& classifier, double threshold);

/// Replaces the decision threshold in a graph of build_table_graph() for two classes; the result is
/// that of build_table_graph() with this threshold. Does nothing if the graph has none.
void change_threshold(::onnx::ModelProto& model, double threshold);

}  // namespace vitrine::model
