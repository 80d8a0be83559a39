#include "model/foreign_format.h"

#include <algorithm>

#include "data/image/image.h"

namespace vitrine::model {
namespace {

constexpr std::string_view kNotAModel =
    "name a model file, which vitrine train writes; the model comes first, the data after it";

struct Row {
  std::string_view start;
  ForeignFormat format;
};
constexpr Row kRows[] = {
    {"\x80", {"a pickle of Python", "convert it: vitrine import FILE -o MODEL.onnx"}},
    {"tree\n", {"a model of LightGBM", "convert it: vitrine import FILE -o MODEL.onnx"}},
    {"{\"learner\"", {"a model of XGBoost", "convert it: vitrine import FILE -o MODEL.onnx"}},
    {"\x89HDF",
     {"an HDF5 file, as Keras writes it", "convert it: vitrine import FILE -o MODEL.onnx"}},
    {"PK",
     {"a zip file, as Keras and PyTorch write it",
      "convert a .keras file: vitrine import FILE -o MODEL.onnx; export others to ONNX "
      "(torch.onnx.export)"}},
};

bool is_text(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 512);
  return start.size() > 8 && std::ranges::all_of(start, [](char c) {
           return static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\r' || c == '\t';
         });
}

}  // namespace

ForeignFormat foreign_format(std::string_view bytes) {
  for (const Row& row : kRows) {
    if (bytes.starts_with(row.start)) return row.format;
  }
  if (bytes.size() > 8 && bytes.substr(4, 4) == "TFL3") {
    return {"a model of TensorFlow Lite", "convert it: vitrine import FILE -o MODEL.onnx"};
  }
  if (data::image_format(bytes)) return {"a photo", kNotAModel};
  return is_text(bytes) ? ForeignFormat{"a text file", kNotAModel} : ForeignFormat{};
}

}  // namespace vitrine::model
