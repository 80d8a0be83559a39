#include "model/features.h"

#include "base/error.h"

namespace vitrine::model {
namespace {

/// The numbers that a model computes with of a column; none for categories.
std::vector<data::NumberFeature> numbers_of(const data::TableSchema& schema, std::size_t column) {
  switch (schema.columns[column].kind) {
    case data::ColumnKind::number:
      return {{.column = column}};
    case data::ColumnKind::date:
      return data::date_features(schema, column);
    case data::ColumnKind::category:
      return {};
    case data::ColumnKind::text: {
      std::vector<data::NumberFeature> scores;
      for (std::size_t i = 0; i < schema.columns[column].text->outputs(); ++i) {
        scores.push_back({.column = column, .output = i});
      }
      return scores;
    }
  }
  unknown_kind("column kind", schema.columns[column].kind);
}

std::string name_of(const data::TableSchema& schema, const data::NumberFeature& number) {
  const std::string& key = schema.columns[number.column].key;
  if (number.output && schema.target.classes.size() > 2) {
    return key + " (" + schema.target.classes[*number.output].value + ")";
  }
  if (!number.part) return key;
  if (*number.part == data::DatePart::since) return key + " - " + schema.columns[number.since].key;
  return key + " (" + std::string(data::name_of(*number.part)) + ")";
}

}  // namespace

FeatureLayout lay_out_features(const data::TableSchema& schema, bool missing_flags) {
  FeatureLayout layout;
  const auto add = [&](FeatureBlock::Kind kind, std::size_t column, std::size_t size,
                       const data::NumberFeature& number = {}) {
    layout.blocks.push_back({kind, column, layout.size, size, number});
    layout.size += size;
  };
  const auto& columns = schema.columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].kind != data::ColumnKind::category) continue;
    add(FeatureBlock::Kind::one_hot, i,
        columns[i].categories.size() + (columns[i].had_missing() ? 1 : 0));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const data::NumberFeature& number : numbers_of(schema, i)) {
      add(FeatureBlock::Kind::number, i, 1, number);
      ++layout.numbers;
    }
  }
  for (std::size_t i = 0; missing_flags && i < columns.size(); ++i) {
    const auto numbers = numbers_of(schema, i);
    if (columns[i].kind == data::ColumnKind::text) continue;  // a missing text is an empty one
    if (numbers.empty() || !columns[i].had_missing()) continue;
    add(FeatureBlock::Kind::missing_flag, i, 1, numbers[0]);
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
        names.push_back(name_of(schema, block.number));
        break;
      case FeatureBlock::Kind::missing_flag:
        names.push_back(column.key + " is missing");
        break;
    }
  }
  return names;
}

}  // namespace vitrine::model
