// The way back from a table's graph to the parameters that it was built from.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>

#include "data/schema.h"
#include "model/classifier.h"

namespace vitrine {

/// The classifier of a graph that build_table_graph() made for this schema and threshold; nothing
/// for any other graph, whatever its difference: what is given back would build this very graph, so
/// it answers as the graph does. Never throws for a strange graph.
std::optional<Classifier> classifier_of_graph(const onnx::ModelProto& model,
                                              const TableSchema& schema, double threshold);

}  // namespace vitrine
