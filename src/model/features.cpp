#include "model/features.h"

#include "base/error.h"

namespace vitrine::model {
namespace {

/// The block that holds the values of a column.
FeatureBlock::Kind kind_of_block(data::ColumnKind kind) {
  switch (kind) {
    case data::ColumnKind::number:
      return FeatureBlock::Kind::number;
    case data::ColumnKind::category:
      return FeatureBlock::Kind::one_hot;
  }
  unknown_kind("column kind", kind);
}

}  // namespace

FeatureLayout lay_out_features(const data::TableSchema& schema, bool missing_flags) {
  FeatureLayout layout;
  const auto add = [&](FeatureBlock::Kind kind, std::size_t column, std::size_t size) {
    layout.blocks.push_back({kind, column, layout.size, size});
    layout.size += size;
  };
  const auto& columns = schema.columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (kind_of_block(columns[i].kind) != FeatureBlock::Kind::one_hot) continue;
    add(FeatureBlock::Kind::one_hot, i,
        columns[i].categories.size() + (columns[i].had_missing() ? 1 : 0));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (kind_of_block(columns[i].kind) != FeatureBlock::Kind::number) continue;
    add(FeatureBlock::Kind::number, i, 1);
    ++layout.numbers;
  }
  for (std::size_t i = 0; missing_flags && i < columns.size(); ++i) {
    if (kind_of_block(columns[i].kind) == FeatureBlock::Kind::number && columns[i].had_missing()) {
      add(FeatureBlock::Kind::missing_flag, i, 1);
    }
  }
  return layout;
}

std::vector<std::string> feature_names(const data::TableSchema& schema,
                                       const FeatureLayout& layout) {
  std::vector<std::string> names;
  for (const FeatureBlock& block : layout.blocks) {
    const data::Column& column = schema.columns[block.column];
    switch (block.kind) {
      case FeatureBlock::Kind::one_hot:
        for (const data::Category& category : column.categories) {
          names.push_back(column.key + "=" + category.value);
        }
        if (column.had_missing()) names.push_back(column.key + " is missing");
        break;
      case FeatureBlock::Kind::number:
        names.push_back(column.key);
        break;
      case FeatureBlock::Kind::missing_flag:
        names.push_back(column.key + " is missing");
        break;
    }
  }
  return names;
}

}  // namespace vitrine::model
