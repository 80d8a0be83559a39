#include "interop/imported_model.h"

#include "model/table_graph.h"

namespace vitrine::interop {

::onnx::ModelProto take_graph(ImportedModel& model) {
  if (auto* graph = std::get_if<::onnx::ModelProto>(&model.content)) return std::move(*graph);
  const auto& table = std::get<ImportedTableModel>(model.content);
  return model::build_table_graph(model.card.schema, table.layout, table.classifier,
                                  model.card.threshold);
}

}  // namespace vitrine::interop
