// A small table schema for fuzz targets: a number, a category, two classes.
#pragma once

#include <string>
#include <vector>

#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::fuzz {

inline data::TableSchema fruit_schema() {
  std::string text = "size,kind,y\n";
  for (int i = 0; i < 60; ++i) {
    text += (i % 10 == 0 ? "" : std::to_string(i % 7)) + (i % 2 ? ",Red Apple," : ",blue,") +
            (i % 3 ? "no\n" : "yes\n");
  }
  std::vector<data::Warning> warnings;
  return data::infer_schema(data::read_csv(text, "t"), {.target = "y"}, warnings);
}

}  // namespace vitrine::fuzz
