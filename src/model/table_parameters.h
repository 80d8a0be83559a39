// Reads the parameters of a table classifier from its graph: the inverse of build_table_graph().
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>

#include "data/table/schema.h"
#include "model/classifier.h"

namespace vitrine::model {

/// The classifier of a graph that build_table_graph() made for this schema and threshold; nullopt
/// for any other graph. The returned parameters build the same graph, byte for byte, so their
/// predictions are those of the graph. Does not throw for unexpected graphs. Thread-safe.
std::optional<Classifier> classifier_of_graph(const ::onnx::ModelProto& model,
                                              const data::TableSchema& schema, double threshold);

}  // namespace vitrine::model
