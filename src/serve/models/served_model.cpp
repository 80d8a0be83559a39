#include "serve/models/served_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/table/row.h"
#include "engine/onnx_runtime.h"

namespace vitrine::serve {

ServedModel::ServedModel(std::string model_name, std::uint64_t model_version,
                         const model::ModelFile& file, const BatchOptions& batches,
                         const HostParts& parts)
    : name(std::move(model_name)),
      version(model_version),
      path(file.path),
      card(file.card),
      bad_cells(parts.bad_cells) {
  BackgroundTasks hashing(file.bytes.size() >= kManyToHash);  // while this thread opens the model
  hashing.add([&] { digest = sha256_hex(file.bytes); });
  if (!card) {
    tensors = engine::open_runtime_tensors(file.bytes, file.path);
  } else {
    card_json = Json::parse(file.card_text);
    model::leave_out_weights(card_json);
    writer.emplace(*card, name);
    if (file.of_photos()) {
      photos = std::make_unique<engine::ImagePredictor>(file);
    } else {
      predictor = engine::open_predictor(file);
      rows.emplace(card->schema);
    }
    warm_up(parts.scheduler.workers());
    drift = std::make_unique<engine::DriftMonitor>(*card);
  }
  metrics = parts.metrics.of_model(name, version);
  if (photos) {
    const data::Resize& size = photos->resize();
    photo_queue = std::make_shared<PhotoQueue>(
        parts.scheduler, metrics, batches, static_cast<std::size_t>(size.width * size.height) * 3,
        // Uses all idle cores: low latency at low load, one photo per core at high load.
        [this, scheduler = &parts.scheduler](std::span<const std::uint8_t> pixels,
                                             std::size_t count) {
          return photos->predict_pixels(pixels, count, 1 + scheduler->idle_workers());
        });
  }
  hashing.wait();
}

void ServedModel::answer_grey(std::size_t threads) const {
  const data::Resize& size = photos->resize();
  const std::vector<std::uint8_t> grey(static_cast<std::size_t>(size.width * size.height) * 3, 128);
  photos->predict_pixels(grey, 1, threads);
}

void ServedModel::prepare_for_load() const {
  if (photos) answer_grey(1);
}

/// Predicts once, so that a ready model has predicted. Photos run on all workers, as on an idle
/// server.
void ServedModel::warm_up(std::size_t workers) const {
  if (photos) {
    answer_grey(workers);
  } else {
    predictor->predict(rows->read(typical_row(card->schema).dump(), 1).table);
  }
}

std::string ServedModel::engine() const {
  return photos      ? photos->engine()
         : predictor ? predictor->engine()
                     : "ONNX Runtime " + engine::onnx_runtime_version();
}

Json typical_row(const data::TableSchema& schema) {
  Json row = Json::object();
  for (const data::Column& column : schema.columns) {
    switch (column.kind) {
      case data::ColumnKind::number: {
        const double median = column.typical_number();
        row[column.key] = column.whole_numbers && std::abs(median) < 1e15
                              ? Json(static_cast<std::int64_t>(median))
                              : Json(rounded(median));
        break;
      }
      case data::ColumnKind::category:
        row[column.key] =
            std::ranges::max_element(column.categories, {}, &data::Category::count)->value;
        break;
      case data::ColumnKind::date:
        row[column.key] = data::date_text(column.typical_number(), column.date.times);
        break;
      case data::ColumnKind::text:
        row[column.key] = "a text";
        break;
    }
  }
  return row;
}

}  // namespace vitrine::serve
