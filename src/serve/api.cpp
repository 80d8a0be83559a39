#include "serve/api.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <ranges>

#include "base/text.h"
#include "data/csv.h"
#include "data/row.h"
#include "data/value.h"
#include "serve/http_error.h"
#include "serve/openapi.h"
#include "serve/photo_request.h"

namespace vitrine {
namespace {

/// `application/json` of `Application/JSON; charset=utf-8`.
std::string media_type(std::string_view content_type) {
  return lower_ascii(trimmed(content_type.substr(0, content_type.find(';'))));
}

std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {  // the absolute form
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `%2D` -> `-`. What is no escape stays as it is.
std::string percent_decoded(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(path[i + 2]) : -1;
    if (path[i] == '%' && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

Json summary(const ServedModel& model) {
  return {{"name", model.name},
          {"task", model.card.task},
          {"algorithm", model.card.algorithm},
          {"target", model.card.schema.target.key},
          {"classes", model.card.schema.target.class_names()},
          {"engine", model.engine()},
          {"card", "/models/" + model.name},
          {"predict", "/models/" + model.name + "/predict"}};
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// What `?set=0.9` asks for, as the threshold of the model's card.
std::optional<double> wanted_set(const Card& card, std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  for (const auto part : std::views::split(target.substr(question + 1), '&')) {
    const std::string pair = percent_decoded(std::string_view(part.begin(), part.end()));
    if (!pair.starts_with("set=")) continue;
    const auto level = parse_number(pair.substr(4));
    if (!level || !(*level >= 0.5 && *level <= 0.99)) {
      throw HttpError(400, "'" + shown(pair) + "' is no share", "the query",
                      "write set=0.9, from 0.5 to 0.99");
    }
    return card.set_threshold(*level);
  }
  return std::nullopt;
}

HttpResponse answer_json(const ServedModel& model, std::string_view body,
                         std::optional<double> set) {
  const JsonRows rows = read_json_rows(model.card.schema, body, kMaxRowsPerRequest);
  const Predictions answers = model.predictor->predict(rows.table);
  HttpResponse response;
  if (rows.array) response.body += '[';
  for (std::size_t row = 0; row < rows.table.rows; ++row) {
    if (row > 0) response.body += ',';
    model.writer.json(response.body,
                      {&answers.probabilities[row * answers.classes], answers.classes},
                      answers.answers[row], rows.warnings[row], set);
  }
  response.body += rows.array ? "]\n" : "\n";
  return response;
}

HttpResponse answer_photo(const ServedModel& model, std::string_view bytes,
                          std::optional<double> set) {
  DecodedImage decoded = decode_image(bytes, "the request");
  std::vector<std::string> warnings;
  if (decoded.truncated) warnings.emplace_back(kTruncatedWarning);
  const Predictions answer = model.photos->predict(std::array<Image, 1>{std::move(decoded.image)});
  HttpResponse response;
  model.writer.json(response.body, answer.probabilities, answer.answers[0], warnings, set);
  response.body += '\n';
  return response;
}

HttpResponse answer_csv(const ServedModel& model, std::string_view body,
                        std::optional<double> set) {
  std::vector<Warning> warnings;
  const RawTable raw = read_csv(body, "the request", {.keep_all_text = true});
  check_row_count(raw.rows, kMaxRowsPerRequest);
  const Table table =
      apply_schema(model.card.schema, raw, body, {.refuse_missing = true}, warnings);
  const Predictions answers = model.predictor->predict(table);
  HttpResponse response;
  response.content_type = "text/csv; charset=utf-8";
  response.body = model.writer.csv_header(set.has_value());
  for (const Warning& warning : warnings) {
    response.warning += (response.warning.empty() ? "" : "; ") + shown(warning.message, 500);
  }
  for (std::size_t row = 0; row < table.rows; ++row) {
    model.writer.csv(response.body,
                     {&answers.probabilities[row * answers.classes], answers.classes},
                     answers.answers[row], set);
  }
  return response;
}

}  // namespace

ServedModel::ServedModel(std::string model_name, const std::filesystem::path& path)
    : ServedModel(std::move(model_name), read_model(path)) {}

ServedModel::ServedModel(std::string model_name, ModelFile file)
    : name(std::move(model_name)),
      predictor(file.of_photos() ? nullptr : open_predictor(file)),
      photos(file.of_photos() ? std::make_unique<ImagePredictor>(file) : nullptr),
      writer(*file.card, name) {
  card = *file.card;
  card_json = Json::parse(file.card_text);
  // Ready means: it has answered.
  if (photos) {
    const Image grey{64, 64, std::vector<std::uint8_t>(std::size_t{64} * 64 * 3, 128)};
    photos->predict(std::array<Image, 1>{grey});
    return;
  }
  predictor->predict(read_json_rows(card.schema, typical_row(card.schema).dump(), 1).table);
}

Api::Api(std::vector<std::unique_ptr<ServedModel>> models, FetchPolicy urls)
    : models_(std::move(models)),
      urls_(std::move(urls)),
      openapi_(text_of(openapi_document(models_))) {}

HttpResponse Api::handle(const HttpRequest& request) const {
  try {
    return dispatch(request);
  } catch (const Error& error) {
    return problem(error);
  } catch (const std::bad_alloc&) {
    return problem(503, {ErrorKind::failed, "there is not enough memory for this request",
                         "the server", "send fewer rows at a time"});
  } catch (const std::exception& failure) {
    return problem(500, {ErrorKind::failed, "the request could not be answered",
                         shown(failure.what(), 200), "please report it with the request"});
  }
}

/// What a path answers to.
struct Api::Route {
  std::string_view method;  ///< GET (and HEAD) or POST
  std::function<HttpResponse()> answer;
};

HttpResponse Api::dispatch(const HttpRequest& request) const {
  const std::string decoded = percent_decoded(path_of(request.target));
  const std::string_view path = decoded;
  Route route;
  constexpr std::string_view kModels = "/models/";
  constexpr std::string_view kPredict = "/predict";
  if (path == "/ping") {
    route = {"GET", [] { return HttpResponse{200, "text/plain; charset=utf-8", "PONG", ""}; }};
  } else if (path == "/predict") {
    route = {"POST", [&] { return predict(*models_[0], request); }};
  } else if (path == "/models") {
    route = {"GET", [&] { return list_models(); }};
  } else if (path == "/livez") {
    route = {"GET", [] { return HttpResponse{.body = "{\"status\":\"alive\"}\n"}; }};
  } else if (path == "/readyz") {
    route = {"GET", [&] { return ready(); }};
  } else if (path == "/openapi.json") {
    route = {"GET", [&] { return HttpResponse{.body = openapi_}; }};
  } else if (path.starts_with(kModels)) {
    std::string_view name = path.substr(kModels.size());
    if (name.ends_with(kPredict)) {
      name.remove_suffix(kPredict.size());
      const ServedModel& model = find(name);
      route = {"POST", [&model, &request, this] { return predict(model, request); }};
    } else {
      const ServedModel& model = find(name);
      route = {"GET", [&model] {
                 Json json{{"name", model.name}, {"engine", model.engine()}};
                 json["card"] = model.card_json;
                 return HttpResponse{.body = text_of(json)};
               }};
    }
  } else {
    throw HttpError(
        404, "there is no such path", shown(path),
        "there are /ping, /predict, /models, /models/NAME, /models/NAME/predict, /livez, "
        "/readyz and /openapi.json");
  }

  const std::string allow = route.method == "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
  if (request.method == "OPTIONS") return {204, "", "", allow};
  if (request.method == route.method || (request.method == "HEAD" && route.method == "GET")) {
    return route.answer();
  }
  HttpError error(405, shown(request.method, 20) + " is not allowed here", shown(path),
                  "use " + std::string(route.method));
  error.allow = allow;
  throw error;
}

HttpResponse Api::predict(const ServedModel& model, const HttpRequest& request) const {
  const std::string type = media_type(request.content_type);
  const auto set = wanted_set(model.card, request.target);
  if (model.photos) {
    std::string decoded;
    return answer_photo(
        model, photo_of_request(type, request.content_type, request.body, urls_, decoded), set);
  }
  if (type.empty() || type == "application/json" || type.ends_with("+json")) {
    return answer_json(model, request.body, set);
  }
  if (type == "text/csv") return answer_csv(model, request.body, set);
  throw HttpError(415, "the content type '" + shown(type) + "' is none that this model takes",
                  "Content-Type",
                  "send JSON with the header 'Content-Type: application/json', or a "
                  "table with 'Content-Type: text/csv'");
}

HttpResponse Api::ready() const {
  Json json{{"status", draining_ ? "stopping" : "ready"}, {"models", Json::object()}};
  for (const auto& model : models_) json["models"][model->name] = "ready";
  return {draining_ ? 503U : 200U, "application/json", text_of(json), ""};
}

HttpResponse Api::list_models() const {
  Json json{{"default", models_[0]->name}, {"models", Json::array()}};
  for (const auto& model : models_) json["models"].push_back(summary(*model));
  return {.body = text_of(json)};
}

const ServedModel& Api::find(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& model : models_) {
    if (model->name == name) return *model;
    names.push_back(model->name);
  }
  throw HttpError(404, "there is no model '" + shown(name) + "'", "the path",
                  did_you_mean(name, names) + "the models are " + listed(names));
}

}  // namespace vitrine
