// Plan of the file:
// 1. Small builders: reference(), content(), answer().
// 2. Schemas from a card: number_schema() and text_schema() describe exactly which JSON values a
//    column accepts (tests/cli/openapi_schemathesis.sh sends random requests by them),
//    row_schema(), answer_schema().
// 3. Operations, each with the error responses of add_common(): predict_operation() and its kin for
//    calls with a body, operation_of() for the other rows of the route table.
// 4. openapi_document(): the paths of the server, then add_model() for each model.
#include "serve/api/openapi.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/version.h"
#include "data/table/cell.h"
#include "data/table/value.h"
#include "serve/api/route.h"

namespace vitrine::serve {
namespace {

Json reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json content(const std::string& type, Json schema) {
  return {{"content", {{type, {{"schema", std::move(schema)}}}}}};
}

Json answer(const std::string& text, const std::string& type, Json schema) {
  Json json = content(type, std::move(schema));
  json["description"] = text;
  return json;
}

constexpr const char* kBlanks = "[ \\t\\r\\n\\v\\f]*";
/// Texts that are missing values in any column (data/table/value.h).
constexpr const char* kMissingTexts =
    "([nN]/?[aA]|[nN][aA][nN]|[nN][uU][lL][lL]|[nN][oO][nN][eE]|\\?)";
constexpr const char* kNumberText =
    "[+-]?([0-9]{1,9}(\\.[0-9]{0,9})?|\\.[0-9]{1,9})([eE][+-]?[0-9])?";

/// A text that means missing.
Json missing_text() {
  return {{"type", "string"},
          {"pattern", "^" + std::string(kBlanks) + kMissingTexts + "?" + kBlanks + "$"}};
}

/// A number, or a text with a number; the range is that of 32-bit floats. In an array of rows any
/// other text counts as missing, with a warning.
Json number_schema(const data::Column& column, bool in_array) {
  const std::string blanks = kBlanks;
  const std::string missing = column.had_missing() ? std::string("|") + kMissingTexts : "";
  Json json;
  json["type"] = {"number", "string"};
  if (column.had_missing()) json["type"].push_back("null");
  if (data::takes_booleans(column)) json["type"].push_back("boolean");
  Json never = {{{"type", "number"}, {"minimum", 3.4028235e38}},
                {{"type", "number"}, {"maximum", -3.4028235e38}}};
  if (!in_array) {
    json["pattern"] = "^" + blanks + "(" + kNumberText + missing + ")" +
                      (column.had_missing() ? "?" : "") + blanks + "$";
  } else if (!column.had_missing()) {
    never.push_back(missing_text());
  }
  json["not"] = {{"anyOf", never}};
  json["description"] = "a number" + column.range_text();
  json["examples"] = {column.origin ? column.typical_number() : rounded(column.typical_number())};
  return json;
}

/// Any text, because unseen values are accepted with a warning. A missing value only if the
/// training data had some in this column.
Json text_schema(const data::Column& column) {
  Json types = {"string"};
  const auto is_number = [](const data::Category& one) {
    return data::parse_number(one.value).has_value();
  };
  if (std::ranges::all_of(column.categories, is_number)) types.push_back("number");
  if (data::takes_booleans(column)) types.push_back("boolean");
  Json json;
  if (column.had_missing()) {
    types.push_back("null");
  } else {
    json["not"] = missing_text();
  }
  json["type"] = types.size() == 1 ? Json("string") : types;
  const bool exact = std::ranges::any_of(column.categories, &data::Category::exact);
  json["description"] = exact ? "text; case and blanks matter"
                              : "text; case does not matter, a space is the same as _";
  json["examples"] = Json::array();
  for (std::size_t i = 0; i < std::min<std::size_t>(column.categories.size(), 20); ++i) {
    json["examples"].push_back(column.categories[i].value);
  }
  return json;
}

/// Any text; also numbers and booleans, which are read as they are written.
Json free_text_schema(const data::Column& column) {
  Json json{{"type", {"string", "number", "boolean"}},
            {"description", "text; case does not matter"}};
  if (column.had_missing()) {
    json["type"].push_back("null");
  } else {
    json["not"] = {{"type", "string"}, {"pattern", "^" + std::string(kBlanks) + "$"}};
  }
  return json;
}

/// What may follow the day of a date.
constexpr const char* kTimeText =
    "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?"
    "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?)?";

/// A date as ISO text; the column's own format is accepted too. In an array of rows any other text
/// counts as missing, with a warning.
Json date_schema(const data::Column& column, bool in_array) {
  Json text{{"type", "string"}};
  if (!in_array) {
    text["pattern"] = "^" + std::string(data::kDayPattern) + kTimeText + "$";
    if (!column.date.times) text["format"] = "date";
  } else if (!column.had_missing()) {
    text["not"] = missing_text();
  }
  Json kinds = Json::array({text});
  if (column.had_missing()) {
    if (!in_array) kinds.push_back(missing_text());
    kinds.push_back({{"type", "null"}});
  }
  using Form = data::DateFormat::Form;
  if (column.date.form == Form::seconds || column.date.form == Form::milliseconds) {
    const double of_day = column.date.form == Form::seconds ? 86400 : 86400000;
    kinds.push_back({{"type", "number"},
                     {"exclusiveMinimum", data::kFirstDay * of_day},
                     {"exclusiveMaximum", data::kNever * of_day}});
  }
  Json json = kinds.size() == 1 ? kinds[0] : Json{{"anyOf", kinds}};
  json["description"] = "a date" + column.range_text() + "; also " + describe(column.date);
  json["examples"] = {data::date_text(column.typical_number(), column.date.times)};
  return json;
}

Json column_schema(const data::Column& column, bool in_array) {
  switch (column.kind) {
    case data::ColumnKind::number:
      return number_schema(column, in_array);
    case data::ColumnKind::category:
      return text_schema(column);
    case data::ColumnKind::date:
      return date_schema(column, in_array);
    case data::ColumnKind::text:
      return free_text_schema(column);
  }
  unknown_kind("column kind", column.kind);
}

Json row_schema(const data::TableSchema& schema, bool in_array) {
  Json json{{"type", "object"},
            {"properties", Json::object()},
            {"required", Json::array()},
            {"additionalProperties", true},
            {"examples", {typical_row(schema)}}};
  for (const data::Column& column : schema.columns) {
    json["properties"][column.key] = column_schema(column, in_array);
    if (!column.had_missing()) json["required"].push_back(column.key);
  }
  for (const data::IdColumn& id : schema.ids) {
    json["properties"][id.name] = {{"description", "an id of the row; the prediction repeats it"}};
  }
  return json;
}

/// Adds the ids to the properties of an answer.
Json with_ids(Json answer, const model::Card& card) {
  for (const std::string& name : engine::answered_ids(card)) {
    answer["properties"][name] = {{"type", {"string", "number", "null"}},
                                  {"description", "the id of the row, as it was given"}};
    answer["required"].push_back(name);
  }
  return answer;
}

/// The answer of a model of a number.
Json number_answer_schema(const model::Card& card) {
  const std::string key = engine::answered_key(card.schema.target);
  const Json number{{"type", "number"}};
  Json out{{"type", "object"},
           {"properties",
            {{key, number},
             {"model", {{"type", "string"}}},
             {"warnings", {{"type", "array"}, {"items", {{"type", "string"}}}}},
             {"explanation", {{"type", "object"}}}}},
           {"required", {key, "model"}}};
  if (card.schema.target.number->has_intervals()) {
    out["properties"][key + "_interval"] = {
        {"type", "array"}, {"items", number}, {"minItems", 2}, {"maxItems", 2}};
    out["required"].push_back(key + "_interval");
  }
  return out;
}

Json answer_schema(const model::Card& card) {
  if (card.schema.target.number) return with_ids(number_answer_schema(card), card);
  Json classes = Json::object();
  Json names = Json::array();
  for (const data::Category& one : card.schema.target.classes) {
    classes[one.value] = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
    names.push_back(one.value);
  }
  Json properties{{"label", {{"type", "string"}, {"enum", names}}},
                  {"probabilities", {{"type", "object"}, {"properties", classes}}},
                  {"model", {{"type", "string"}}},
                  {"warnings", {{"type", "array"}, {"items", {{"type", "string"}}}}},
                  {"explanation", {{"type", "object"}}}};
  if (engine::has_positive_key(card)) {
    const std::string key = engine::answered_key(card.schema.target);
    properties[key] = {{"type", "boolean"}};
    properties[key + "_probability"] = {{"type", "number"}};
  } else {
    properties["probability"] = {{"type", "number"}};
  }
  return with_ids({{"type", "object"},
                   {"properties", properties},
                   {"required", {"label", "probabilities", "model"}}},
                  card);
}

/// Adds the error responses that any path may return.
void add_common(Json& responses, const std::string& error_schema, const std::string& error_type) {
  for (const auto& [code, text] : {std::pair{"400", "the request is malformed"},
                                   {"401", "the API key is missing or unknown"},
                                   {"408", "the request was not received in time"},
                                   {"413", "the body is too large"},
                                   {"415", "the content type is not supported"},
                                   {"422", "the content of the request is not valid"},
                                   {"429", "the rate of the API key is used up: see Retry-After"},
                                   {"431", "the header is too large"},
                                   {"503", "the server is overloaded or stopping: see Retry-After"},
                                   {"504", "the deadline passed"}}) {
    if (!responses.contains(code))
      responses[code] = answer(text, error_type, reference(error_schema));
  }
}

Json with_problems(Json operation) {
  add_common(operation["responses"], "Problem", "application/problem+json");
  return operation;
}

Json with_errors(Json operation) {
  operation["responses"]["404"] =
      answer("there is no such model", "application/json", reference("Error"));
  add_common(operation["responses"], "Error", "application/json");
  return operation;
}

Json query_parameter(const std::string& name, const std::string& description, Json schema) {
  return {{"name", name},
          {"in", "query"},
          {"required", false},
          {"description", description},
          {"schema", std::move(schema)}};
}

/// `?set=`, `?threshold=`, `?interval=` and `?explain=`, if the model supports them.
Json query_parameters(const ServedModel& model) {
  Json out = Json::array();
  const auto& sets = model.card->sets;
  if (!sets.empty()) {
    out.push_back(
        query_parameter("set", "adds a prediction set that contains the true class this often",
                        {{"type", "number"}, {"minimum", 0.5}, {"maximum", sets.back().level}}));
  }
  if (model.card->schema.target.task() == data::TaskKind::binary) {
    out.push_back(query_parameter("threshold",
                                  "the probability from which the second class is predicted",
                                  {{"type", "number"}, {"minimum", 0.001}, {"maximum", 0.999}}));
  }
  if (const auto& number = model.card->schema.target.number; number && number->has_intervals()) {
    out.push_back(query_parameter(
        "interval", "the probability with which the interval contains the number",
        {{"type", "number"}, {"minimum", 0.5}, {"maximum", number->intervals.back().level}}));
  }
  if (model.explains()) {
    out.push_back(query_parameter("explain",
                                  "adds the contributions of columns, or an occlusion map",
                                  {{"type", "string"}, {"enum", {"true", "false"}}}));
  }
  out.push_back(query_parameter("record",
                                "false: the request is not logged and does not count for drift",
                                {{"type", "string"}, {"enum", {"true", "false"}}}));
  return out;
}

Json predict_operation(const ServedModel& model, const std::string& id) {
  const Json row = reference(model.name + ".Row");
  const Json one = reference(model.name + ".Answer");
  const auto one_or_many = [](const Json& schema) {
    return Json{{"oneOf", {schema, {{"type", "array"}, {"items", schema}}}}};
  };
  if (model.photos) {
    const Json photo{{"type", "string"}, {"contentMediaType", "image/*"}};
    const Json base64{
        {"type", "object"},
        {"properties", {{"image", {{"type", "string"}, {"contentEncoding", "base64"}}}}},
        {"required", {"image"}}};
    Json photo_body = content("image/*", photo);
    photo_body["content"]["application/json"] = {{"schema", base64}};
    photo_body["content"]["multipart/form-data"] = {
        {"schema",
         {{"type", "object"},
          {"properties", {{"image", one_or_many(photo)}}},
          {"required", {"image"}}}}};
    photo_body["required"] = true;
    return with_problems(
        {{"summary", "Predict a photo (" + data::format_names() + "), or several in a form"},
         {"operationId", id},
         {"requestBody", photo_body},
         {"responses",
          {{"200",
            answer("a prediction, or one per photo", "application/json", one_or_many(one))}}}});
  }
  const Json rows{{"type", "array"}, {"items", reference(model.name + ".RowOfArray")}};
  Json body = content("application/json", {{"oneOf", {row, rows}}});
  body["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  body["required"] = true;
  Json fine = answer("a prediction, or one per row", "application/json", one_or_many(one));
  fine["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  return with_problems({{"summary", "Predict a row or an array of rows"},
                        {"operationId", id},
                        {"requestBody", body},
                        {"responses", {{"200", fine}}}});
}

Json feedback_operation(const model::Card& card, const std::string& name) {
  Json truth{{"type", "number"}};
  if (!card.schema.target.number) {
    truth = {{"type", "string"}, {"enum", card.schema.target.class_names()}};
  }
  Json body = content("application/json",
                      {{"type", "object"},
                       {"properties",
                        {{"request_id", {{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}},
                         {"row", {{"type", "integer"}, {"minimum", 0}}},
                         {"truth", std::move(truth)}}},
                       {"required", {"request_id", "truth"}}});
  body["required"] = true;
  return with_problems(
      {{"summary", "Log what was true of an earlier prediction"},
       {"operationId", "feedback_" + name},
       {"requestBody", std::move(body)},
       {"responses",
        {{"200", answer("it was logged", "application/json", {{"type", "object"}})}}}});
}

/// `text` with the model's name in place of `{model}`.
std::string about(std::string_view text, const std::string& model) {
  std::string out(text);
  const std::size_t at = out.find("{model}");
  return at == std::string::npos ? out : out.replace(at, 7, model);
}

/// The operation of a route that has no body.
Json operation_of(const Route& route, const std::string& model) {
  const Json schema{{"type", route.media_type == "text/plain" ? "string" : "object"}};
  const std::string summary = about(route.summary, model);
  Json responses{{"200", answer(summary, std::string(route.media_type), schema)}};
  if (route.id == "readyz") {
    responses["503"] = answer("not ready, or stopping", "application/json", {{"type", "object"}});
  }
  Json operation{{"summary", summary},
                 {"operationId", std::string(route.id) + (model.empty() ? "" : "_" + model)},
                 {"responses", std::move(responses)}};
  return speaks_plain_errors(route.pattern) ? with_errors(std::move(operation))
                                            : with_problems(std::move(operation));
}

/// Adds the routes whose paths name a model, or those of the server if `model` is empty.
void add_routes(Json& paths, const std::string& model) {
  for (const Route& route : http_routes()) {
    const bool of_model = route.pattern.contains("{model}");
    if (route.id.empty() || of_model == model.empty()) continue;
    paths[about(route.pattern, model)][lower_ascii(route.method)] = operation_of(route, model);
  }
}

Json other_post(const std::string& summary, const std::string& id, const Json& request,
                const std::string& answer_schema) {
  Json body = content("application/json", request);
  body["required"] = true;
  return {{"post", with_errors({{"summary", summary},
                                {"operationId", id},
                                {"requestBody", body},
                                {"responses",
                                 {{"200", answer("the predictions", "application/json",
                                                 reference(answer_schema))}}}})}};
}

void add_shared_schemas(Json& schemas) {
  const Json text{{"type", "string"}};
  schemas["Problem"] = {{"type", "object"},
                        {"properties",
                         {{"type", text},
                          {"title", text},
                          {"status", {{"type", "integer"}}},
                          {"detail", text},
                          {"hint", text},
                          {"field", text},
                          {"errors", {{"type", "array"}, {"items", {{"type", "object"}}}}}}},
                        {"required", {"type", "title", "status", "detail", "hint"}}};
  schemas["Error"] = {
      {"type", "object"}, {"properties", {{"error", text}}}, {"required", {"error"}}};
  schemas["Predictions"] = {
      {"type", "object"},
      {"properties", {{"predictions", {{"type", "array"}}}, {"outputs", Json::object()}}}};
}

void add_model(Json& document, const CatalogueEntry& entry, const ServedModel& model) {
  Json& paths = document["paths"];
  Json& schemas = document["components"]["schemas"];
  const std::string& name = entry.name;
  if (model.card) {
    if (!model.photos) {
      schemas[name + ".Row"] = row_schema(model.card->schema, false);
      schemas[name + ".RowOfArray"] = row_schema(model.card->schema, true);
    }
    schemas[name + ".Answer"] = answer_schema(*model.card);
    paths["/models/" + name + "/predict"]["post"] = predict_operation(model, "predict_" + name);
    paths["/models/" + name + "/predict"]["post"]["parameters"] = query_parameters(model);
  }
  if (model.predictor) {
    const Json rows{
        {"type", "object"},
        {"properties", {{"instances", {{"type", "array"}, {"items", reference(name + ".Row")}}}}},
        {"required", {"instances"}}};
    paths["/v1/models/" + name + ":predict"] = other_post(
        "Predict instances (TensorFlow Serving)", "v1_predict_" + name, rows, "Predictions");
  }
  add_routes(paths, name);
}

}  // namespace

Json openapi_document(const Catalogue& catalogue, bool feedback) {
  Json document{{"openapi", "3.1.0"},
                {"info", {{"title", "Vitrine"}, {"version", kVersion}}},
                {"externalDocs",
                 {{"description", "POST /v2/models/NAME/infer: the Open Inference Protocol"},
                  {"url", "https://github.com/kserve/open-inference-protocol"}}},
                {"paths", Json::object()},
                {"components", {{"schemas", Json::object()}}}};
  Json& paths = document["paths"];
  add_routes(paths, "");
  add_shared_schemas(document["components"]["schemas"]);
  bool first = true;
  for (const CatalogueEntry& entry : catalogue.entries) {
    const auto model = entry.current();
    if (!model) continue;
    if (first && model->card) {
      paths["/predict"]["post"] = predict_operation(*model, "predict");
      paths["/predict"]["post"]["parameters"] = query_parameters(*model);
    }
    first = false;
    add_model(document, entry, *model);
    if (feedback && model->card) {
      document["paths"]["/models/" + entry.name + "/feedback"]["post"] =
          feedback_operation(*model->card, entry.name);
    }
  }
  return document;
}

}  // namespace vitrine::serve
