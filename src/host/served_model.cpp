#include "host/served_model.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "data/row.h"
#include "infer/onnx_runtime.h"

namespace vitrine {

ServedModel::ServedModel(std::string model_name, std::uint64_t model_version, const ModelFile& file,
                         const BatchOptions& batches, const HostParts& parts)
    : name(std::move(model_name)),
      version(model_version),
      path(file.path),
      digest(sha256_hex(file.bytes)),
      card(file.card) {
  if (!card) {
    tensors = open_runtime_tensors(file.bytes, file.path);
  } else {
    card_json = Json::parse(file.card_text);
    writer.emplace(*card, name);
    if (file.of_photos()) {
      photos = std::make_unique<ImagePredictor>(file);
    } else {
      predictor = open_predictor(file);
      rows.emplace(card->schema);
    }
    warm_up();
    drift = std::make_unique<DriftWatch>(*card);
  }
  metrics = parts.metrics.of_model(name, version);
  if (photos) {
    const Resize& size = photos->resize();
    photo_queue = std::make_shared<PhotoQueue>(
        parts.scheduler, metrics, batches, static_cast<std::size_t>(size.width * size.height) * 3,
        // All cores that nobody else uses: quick answers while little is asked, a photo a core
        // when much is.
        [this, scheduler = &parts.scheduler](std::span<const std::uint8_t> pixels,
                                             std::size_t count) {
          return photos->predict_pixels(pixels, count, 1 + scheduler->idle_workers());
        });
  }
}

/// Ready means: it has answered.
void ServedModel::warm_up() {
  if (photos) {
    const Image grey{64, 64, std::vector<std::uint8_t>(std::size_t{64} * 64 * 3, 128)};
    photos->predict(std::array<Image, 1>{grey});
  } else {
    predictor->predict(rows->read(typical_row(card->schema).dump(), 1).table);
  }
}

std::string ServedModel::engine() const {
  return photos      ? photos->engine()
         : predictor ? predictor->engine()
                     : "ONNX Runtime " + onnx_runtime_version();
}

Json typical_row(const TableSchema& schema) {
  Json row = Json::object();
  for (const Column& column : schema.columns) {
    if (column.kind == ColumnKind::number) {
      const double median = column.typical_number();
      row[column.key] = column.whole_numbers && std::abs(median) < 1e15
                            ? Json(static_cast<std::int64_t>(median))
                            : Json(rounded(median));
    } else {
      row[column.key] = std::ranges::max_element(column.categories, {}, &Category::count)->value;
    }
  }
  return row;
}

}  // namespace vitrine
