// A small table for tests and fuzz targets: a number, a category, two classes.
#pragma once

#include <string>
#include <vector>

#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {

/// `size` (0 to 6, sometimes missing), `kind` ("blue", "red_apple"), target `y` (no, yes); 60 rows.
inline TableSchema fruit_schema() {
  std::string text = "size,kind,y\n";
  for (int i = 0; i < 60; ++i) {
    text += (i % 10 == 0 ? "" : std::to_string(i % 7)) + (i % 2 ? ",Red Apple," : ",blue,") +
            (i % 3 ? "no\n" : "yes\n");
  }
  std::vector<Warning> warnings;
  return infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
}

}  // namespace vitrine::data
