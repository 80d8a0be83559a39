#include "serve/api/native.h"

#include <algorithm>

#include "base/text.h"
#include "data/table/csv.h"
#include "data/table/row.h"
#include "data/table/value.h"
#include "engine/occlusion.h"
#include "serve/api/http_error.h"
#include "serve/api/photo_request.h"

namespace vitrine::serve {
namespace {

/// The level of `?set=0.9` or `?interval=0.9`.
std::optional<double> wanted_level(const RequestContext& context, const std::string& name) {
  const auto text = context.parameter(name);
  if (!text) return std::nullopt;
  const auto level = data::parse_number(*text);
  if (!level || !(*level >= 0.5 && *level <= 0.99)) {
    throw HttpError(400, "'" + name + "=" + shown(*text) + "' is not a valid level", "the query",
                    "write a level from 0.5 to 0.99, such as " + name + "=0.9");
  }
  return level;
}

engine::PredictionExtras wanted_extras(const model::Card& card, const RequestContext& context) {
  engine::PredictionExtras extras;
  if (const auto level = wanted_level(context, "set")) {
    extras.set_threshold = card.prediction_set_threshold(*level);
  }
  extras.interval_level = wanted_level(context, "interval");
  if (extras.interval_level) card.check_interval_level(*extras.interval_level);
  return extras;
}

/// The value of `?explain=true`; `otherwise` if the query does not have it.
bool switch_of(const RequestContext& context, const std::string& name, bool otherwise) {
  const auto text = context.parameter(name);
  if (!text) return otherwise;
  if (*text == "false") return false;
  if (*text == "true") return true;
  throw HttpError(400, "'" + name + "=" + shown(*text) + "' is neither true nor false", "the query",
                  "write " + name + "=true or " + name + "=false");
}

/// The threshold of `?threshold=0.35`.
std::optional<double> wanted_threshold(const model::Card& card, const RequestContext& context) {
  const auto text = context.parameter("threshold");
  if (!text) return std::nullopt;
  const auto threshold = data::parse_number(*text);
  if (!threshold || !(*threshold > 0 && *threshold < 1)) {
    throw HttpError(400, "'threshold=" + shown(*text) + "' is not a threshold", "the query",
                    "write a probability between 0 and 1, such as threshold=0.35");
  }
  switch (card.schema.target.task()) {
    case data::TaskKind::binary:
      return threshold;
    case data::TaskKind::multiclass:
    case data::TaskKind::regression:
      break;
  }
  throw HttpError(400,
                  "a threshold needs two classes, and the target '" + card.schema.target.name +
                      "' does not have two",
                  "the query", "leave out threshold");
}

/// The options of the query.
struct RequestOptions {
  engine::PredictionExtras extras;
  bool explain = false;
  std::optional<double> threshold = {};
  bool recorded = true;
};

/// The contributions of all rows. Throws Error(bad_input) if there are more than kMost of them.
engine::Contributions contributions_of(const ServedModel& model, const data::Table& table) {
  constexpr std::size_t kMost = 2'000'000;
  const model::Card& card = *model.card;
  const std::size_t targets = card.schema.target.margins();
  const std::size_t each = std::max<std::size_t>(1, targets * card.schema.columns.size());
  if (table.rows > kMost / each) {
    throw Error(ErrorKind::bad_input, "too many rows to explain in one request",
                counted(table.rows, "row"),
                "send at most " + with_commas(std::max<std::size_t>(1, kMost / each)) +
                    " rows at a time, or leave out explain");
  }
  return model.predictor->explain(table);
}

HttpError no_card(const ServedModel& model) {
  return {422, "the model '" + model.name + "' has no card: it accepts only tensors", "the path",
          "use the Open Inference Protocol: POST /v2/models/" + model.name + "/infer"};
}

class NativeAdapter : public ProtocolAdapter {
 public:
  NativeAdapter(const RequestOptions& options, const net::FetchPolicy& urls)
      : options_(options), urls_(urls) {}

  HttpResponse write_tensors(const ServedModel& model, std::vector<engine::Tensor>) override {
    throw no_card(model);
  }
  HttpResponse write_error(const Error& error) const override { return problem(error); }
  bool takes_long() const override { return options_.explain; }
  std::optional<double> threshold() const override { return options_.threshold; }
  bool recorded() const override { return options_.recorded; }

 protected:
  std::span<const float> row_of(const engine::Predictions& predictions, std::size_t row) const {
    return {&predictions.probabilities[row * predictions.classes], predictions.classes};
  }
  /// For a shadow version.
  RequestOptions without_explanation() const {
    RequestOptions options = options_;
    options.explain = false;
    return options;
  }
  RequestOptions options_;
  const net::FetchPolicy& urls_;
};

class JsonAdapter : public NativeAdapter {
 public:
  using NativeAdapter::NativeAdapter;
  InferenceRequest read(const ServedModel& model, const HttpRequest& request) override {
    data::JsonRows rows =
        model.rows->read(request.body, kMaxRowsPerRequest, std::move(reusable_table()),
                         {.in_array = model.bad_cells});
    array_ = rows.array;
    return {.table = std::move(rows.table), .warnings = std::move(rows.warnings)};
  }
  HttpResponse write(const ServedModel& model, const InferenceRequest& inference,
                     const engine::Predictions& predictions) override {
    HttpResponse response;
    engine::Contributions contributions;
    if (options_.explain) contributions = contributions_of(model, inference.table);
    if (array_) response.body += '[';
    for (std::size_t row = 0; row < predictions.predicted.size(); ++row) {
      if (row > 0) response.body += ',';
      model.writer->json(response.body, row_of(predictions, row), predictions.predicted[row],
                         inference.warnings[row], options_.extras, {&inference.table, row});
      if (!options_.explain) continue;
      model.writer->add_explanation(response.body, contributions, row, predictions.predicted[row]);
    }
    response.body += array_ ? "]\n" : "\n";
    return response;
  }
  std::unique_ptr<ProtocolAdapter> clone() const override {
    return std::make_unique<JsonAdapter>(without_explanation(), urls_);
  }

 private:
  bool array_ = false;
};

class CsvAdapter : public NativeAdapter {
 public:
  using NativeAdapter::NativeAdapter;
  InferenceRequest read(const ServedModel& model, const HttpRequest& request) override {
    const bool strict = model.bad_cells == data::BadCells::refused;
    const data::RawTable raw = data::read_csv(request.body, "the request",
                                              {.keep_all_text = true,
                                               .keys = model.card->schema.keys(),
                                               .max_rows = kMaxRowsPerRequest,
                                               .id_keys = data::id_keys_of(model.card->schema),
                                               .strict = strict});
    warnings_ = raw.warnings;
    return {.table = data::apply_schema(
                model.card->schema, raw,
                {.refuse_missing = true, .refuse_bad_cells = strict, .ids = true}, warnings_)};
  }
  HttpResponse write(const ServedModel& model, const InferenceRequest& inference,
                     const engine::Predictions& predictions) override {
    HttpResponse response;
    response.content_type = "text/csv; charset=utf-8";
    engine::Contributions contributions;
    if (options_.explain) contributions = contributions_of(model, inference.table);
    response.body =
        model.writer->csv_header(options_.extras.set_threshold.has_value(), options_.explain);
    for (std::size_t row = 0; row < predictions.predicted.size(); ++row) {
      const int answer = predictions.predicted[row];
      model.writer->csv_ids(response.body, inference.table, row);
      model.writer->csv(response.body, row_of(predictions, row), answer, options_.extras);
      if (options_.explain) {
        model.writer->add_explanation_csv(response.body, contributions, row, answer);
      }
    }
    std::string texts;
    for (const data::Warning& warning : warnings_) {
      texts += (texts.empty() ? "" : "; ") + shown(warning.message, 500);
    }
    if (!texts.empty()) response.with("Vitrine-Warning", texts);
    return response;
  }
  std::unique_ptr<ProtocolAdapter> clone() const override {
    return std::make_unique<CsvAdapter>(options_, urls_);
  }

 private:
  std::vector<data::Warning> warnings_;
};

class PhotoAdapter : public NativeAdapter {
 public:
  using NativeAdapter::NativeAdapter;
  InferenceRequest read(const ServedModel& model, const HttpRequest& request) override {
    const std::string_view sent = request.header("Content-Type");
    std::string decoded;
    InferenceRequest inference;
    PhotoCollector collector(model, inference);
    const auto photos = photos_of_request(media_type(sent), sent, request.body, urls_, decoded);
    for (const std::string_view photo : photos) collector.add_encoded(photo);
    if (options_.explain && photos.size() > 1) {
      throw Error(ErrorKind::bad_input, "only one photo at a time can be explained",
                  counted(photos.size(), "photo") + " in the form",
                  "send them in several requests");
    }
    if (options_.explain) {
      const data::Resize& resize = model.photos->resize();
      constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of all occluded copies
      if (inference.pixels.size() * (engine::kOcclusions + 1) > kMostBytes) {
        throw Error(ErrorKind::bad_input,
                    "the network's input is too large for explanations by the server",
                    std::to_string(resize.width) + " x " + std::to_string(resize.height),
                    "use vitrine predict --explain");
      }
      inference.pixels = engine::with_occlusions(inference.pixels, resize.width, resize.height);
    }
    return inference;
  }
  std::size_t occluded_photos() const override {
    return options_.explain ? engine::kOcclusions : 0;
  }
  HttpResponse write(const ServedModel& model, const InferenceRequest& inference,
                     const engine::Predictions& predictions) override {
    HttpResponse response;
    const std::size_t photos = inference.warnings.size();
    if (photos > 1) response.body += '[';
    for (std::size_t i = 0; i < photos; ++i) {
      if (i > 0) response.body += ',';
      model.writer->json(response.body, row_of(predictions, i), predictions.predicted[i],
                         inference.warnings[i], options_.extras);
    }
    if (options_.explain) {
      model.writer->add_explanation(response.body, engine::occlusion_scores(predictions),
                                    predictions.predicted[0]);
    }
    response.body += photos > 1 ? "]\n" : "\n";
    return response;
  }
  std::unique_ptr<ProtocolAdapter> clone() const override {
    return std::make_unique<PhotoAdapter>(without_explanation(), urls_);
  }
};

}  // namespace

std::unique_ptr<ProtocolAdapter> native_adapter(const RequestContext& context,
                                                const net::FetchPolicy& urls) {
  const std::string type = media_type(context.request.header("Content-Type"));
  const ServedModel& model = *context.model;
  if (!model.card) throw no_card(model);
  const RequestOptions options{
      wanted_extras(*model.card, context), switch_of(context, "explain", false),
      wanted_threshold(*model.card, context), switch_of(context, "record", true)};
  if (model.photos) {
    check_photo_type(type);
    return std::make_unique<PhotoAdapter>(options, urls);
  }
  // `curl -d` sends this type if nobody names another one.
  const bool by_curl =
      type == "application/x-www-form-urlencoded" &&
      (context.request.body.starts_with('{') || context.request.body.starts_with('['));
  if (type.empty() || type == "application/json" || type.ends_with("+json") || by_curl) {
    return std::make_unique<JsonAdapter>(options, urls);
  }
  if (type == "text/csv") return std::make_unique<CsvAdapter>(options, urls);
  throw HttpError(415, "this model does not accept the content type '" + shown(type) + "'",
                  "Content-Type",
                  "send JSON with the header 'Content-Type: application/json', or a "
                  "table with 'Content-Type: text/csv'");
}

}  // namespace vitrine::serve
