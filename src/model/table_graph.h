// A table classifier as one ONNX graph: raw values in, answer out.
#pragma once

#include <onnx/onnx_pb.h>

#include "data/schema.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// The graph's input of each column: its key, with `_` behind it where an output
/// has that name.
std::vector<std::string> graph_input_names(const TableSchema& schema);

/// One input a column, named as above: `string [N,1]` for categories, `float [N,1]` for numbers,
/// `double [N,1]` for those with an origin. Outputs `label` (string [N], normalised spelling) and
/// `probabilities` (float [N, classes]). Two classes: `label` is the second
/// class where its probability reaches `threshold`; more: the most probable.
/// Only operators of ai.onnx (opset 20) and ai.onnx.ml (3), IR version 9.
///
/// Category text is lower-cased (ASCII) and looked up with blanks and `_` alike, after its exact
/// spelling where categories differ by case or blanks only; '' is a missing value unless it is a
/// category; text that is not known gives no feature at all.
onnx::ModelProto build_table_graph(const TableSchema& schema, const FeatureLayout& layout,
                                   const Classifier& classifier, double threshold);

}  // namespace vitrine
