#include "api/openapi.h"

#include <algorithm>
#include <cmath>

#include "base/version.h"

namespace vitrine {
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

Json problem_answer(const std::string& text) {
  return answer(text, "application/problem+json", reference("Problem"));
}

Json column_schema(const Column& column) {
  Json json;
  if (column.kind == ColumnKind::number) {
    json["type"] = column.had_missing() ? Json{"number", "null"} : Json("number");
    json["description"] = "a number" + column.range_text();
    json["examples"] = {rounded(column.typical_number())};
  } else {
    json["type"] = column.had_missing() ? Json{"string", "null"} : Json("string");
    json["description"] = "text; case does not matter, a space is the same as _";
    json["examples"] = Json::array();
    for (std::size_t i = 0; i < std::min<std::size_t>(column.categories.size(), 20); ++i) {
      json["examples"].push_back(column.categories[i].value);
    }
  }
  return json;
}

Json row_schema(const TableSchema& schema) {
  Json json{{"type", "object"},
            {"properties", Json::object()},
            {"required", Json::array()},
            {"additionalProperties", true},
            {"examples", {typical_row(schema)}}};
  for (const Column& column : schema.columns) {
    json["properties"][column.key] = column_schema(column);
    if (!column.had_missing()) json["required"].push_back(column.key);
  }
  return json;
}

Json answer_schema(const Card& card) {
  Json classes = Json::object();
  Json names = Json::array();
  for (const Category& one : card.schema.target.classes) {
    classes[one.value] = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
    names.push_back(one.value);
  }
  Json properties{{"label", {{"type", "string"}, {"enum", names}}},
                  {"probabilities", {{"type", "object"}, {"properties", classes}}},
                  {"model", {{"type", "string"}}},
                  {"warnings", {{"type", "array"}, {"items", {{"type", "string"}}}}}};
  if (card.schema.target.binary() && !card.of_photos()) {
    properties[card.schema.target.key] = {{"type", "boolean"}};
    properties[card.schema.target.key + "_probability"] = {{"type", "number"}};
  } else {
    properties["probability"] = {{"type", "number"}};
  }
  return {{"type", "object"},
          {"properties", properties},
          {"required", {"label", "probabilities", "model"}}};
}

/// What any path may answer besides its own codes.
void add_common(Json& responses, const std::string& error_schema, const std::string& error_type) {
  for (const auto& [code, text] : {std::pair{"400", "the request is malformed"},
                                   {"401", "no API key, where keys are asked for"},
                                   {"408", "the request did not come in time"},
                                   {"413", "a body over the limit"},
                                   {"415", "a content type that is not taken"},
                                   {"422", "a request that can't be answered"},
                                   {"429", "the key's rate is used up: see Retry-After"},
                                   {"431", "a header over the limit"},
                                   {"503", "too much work, or being stopped: see Retry-After"},
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
  operation["responses"]["404"] = answer("no such model", "application/json", reference("Error"));
  add_common(operation["responses"], "Error", "application/json");
  return operation;
}

Json set_parameter() {
  return Json::array(
      {{{"name", "set"},
        {"in", "query"},
        {"required", false},
        {"description", "adds the classes that hold the truth in this share of cases"},
        {"schema", {{"type", "number"}, {"minimum", 0.5}, {"maximum", 0.95}}}}});
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
         {{"type", "object"}, {"properties", {{"image", photo}}}, {"required", {"image"}}}}};
    photo_body["required"] = true;
    return with_problems({{"summary", "Answer a photo: JPEG, PNG, WebP, HEIC or GIF"},
                          {"operationId", id},
                          {"requestBody", photo_body},
                          {"responses", {{"200", answer("the answer", "application/json", one)}}}});
  }
  Json body = content("application/json", one_or_many(row));
  body["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  body["required"] = true;
  Json fine = answer("the answer, or one a row", "application/json", one_or_many(one));
  fine["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  return with_problems({{"summary", "Answer one row or an array of rows"},
                        {"operationId", id},
                        {"requestBody", body},
                        {"responses", {{"200", fine}}}});
}

Json get_operation(const std::string& summary, const std::string& id, const std::string& type) {
  const Json schema = type == "text/plain" ? Json{{"type", "string"}} : Json{{"type", "object"}};
  return {{"get", with_problems({{"summary", summary},
                                 {"operationId", id},
                                 {"responses", {{"200", answer(summary, type, schema)}}}})}};
}

/// A path of one of the other protocols.
Json other_get(const std::string& summary, const std::string& id) {
  return {{"get",
           with_errors({{"summary", summary},
                        {"operationId", id},
                        {"responses",
                         {{"200", answer(summary, "application/json", {{"type", "object"}})}}}})}};
}

Json other_post(const std::string& summary, const std::string& id, const Json& request,
                const std::string& answer_schema) {
  Json body = content("application/json", request);
  body["required"] = true;
  return {{"post",
           with_errors(
               {{"summary", summary},
                {"operationId", id},
                {"requestBody", body},
                {"responses",
                 {{"200", answer("the answer", "application/json", reference(answer_schema))}}}})}};
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
                          {"field", text}}},
                        {"required", {"type", "title", "status", "detail", "hint"}}};
  schemas["Error"] = {
      {"type", "object"}, {"properties", {{"error", text}}}, {"required", {"error"}}};
  const Json shape{{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 0}}}};
  const Json tensor{
      {"type", "object"},
      {"properties",
       {{"name", text}, {"datatype", text}, {"shape", shape}, {"data", {{"type", "array"}}}}},
      {"required", {"name", "datatype", "shape"}}};
  schemas["InferenceRequest"] = {
      {"type", "object"},
      {"properties",
       {{"id", text},
        {"parameters", {{"type", "object"}}},
        {"inputs", {{"type", "array"}, {"items", tensor}}},
        {"outputs", {{"type", "array"}, {"items", {{"type", "object"}}}}}}},
      {"required", {"inputs"}}};
  schemas["InferenceResponse"] = {{"type", "object"},
                                  {"properties",
                                   {{"model_name", text},
                                    {"model_version", text},
                                    {"id", text},
                                    {"parameters", {{"type", "object"}}},
                                    {"outputs", {{"type", "array"}, {"items", tensor}}}}},
                                  {"required", {"model_name", "model_version", "outputs"}}};
  schemas["Predictions"] = {
      {"type", "object"},
      {"properties", {{"predictions", {{"type", "array"}}}, {"outputs", Json::object()}}}};
}

void add_model(Json& document, const CatalogueEntry& entry, const ServedModel& model) {
  Json& paths = document["paths"];
  Json& schemas = document["components"]["schemas"];
  const std::string& name = entry.name;
  if (model.card) {
    if (!model.photos) schemas[name + ".Row"] = row_schema(model.card->schema);
    schemas[name + ".Answer"] = answer_schema(*model.card);
    paths["/models/" + name + "/predict"]["post"] = predict_operation(model, "predict_" + name);
    paths["/models/" + name + "/predict"]["post"]["parameters"] = set_parameter();
    Json instance{{"type", "object"}};
    if (!model.photos) instance = reference(name + ".Row");
    const Json rows{{"type", "object"},
                    {"properties", {{"instances", {{"type", "array"}, {"items", instance}}}}},
                    {"required", {"instances"}}};
    paths["/v1/models/" + name + ":predict"] = other_post(
        "Answer instances, as TensorFlow Serving does", "v1_predict_" + name, rows, "Predictions");
  }
  paths["/models/" + name] =
      get_operation("The card of " + name, "card_" + name, "application/json");
  paths["/v1/models/" + name] = other_get("The state of " + name, "v1_status_" + name);
  paths["/v1/models/" + name + "/metadata"] =
      other_get("The signature of " + name, "v1_metadata_" + name);
  paths["/v2/models/" + name] = other_get("Inputs and outputs of " + name, "v2_metadata_" + name);
  paths["/v2/models/" + name + "/ready"] =
      other_get("Whether " + name + " answers", "v2_ready_" + name);
  paths["/v2/models/" + name + "/infer"] =
      other_post("Answer tensors, as the Open Inference Protocol does", "v2_infer_" + name,
                 reference("InferenceRequest"), "InferenceResponse");
}

}  // namespace

Json openapi_document(const Catalogue& catalogue) {
  Json document{{"openapi", "3.1.0"},
                {"info", {{"title", "Vitrine"}, {"version", kVersion}}},
                {"paths", Json::object()},
                {"components", {{"schemas", Json::object()}}}};
  Json& paths = document["paths"];
  paths["/ping"] = get_operation("PONG", "ping", "text/plain");
  paths["/livez"] = get_operation("The process lives", "livez", "application/json");
  paths["/readyz"] =
      get_operation("Every model has answered its warm-up", "readyz", "application/json");
  paths["/readyz"]["get"]["responses"]["503"] =
      answer("not yet, or being stopped", "application/json", {{"type", "object"}});
  paths["/metrics"] = get_operation("Figures for Prometheus", "metrics", "text/plain");
  paths["/models"] = get_operation("The models", "models", "application/json");
  paths["/openapi.json"] = get_operation("This document", "openapi", "application/json");
  paths["/v2"] = other_get("The server, in the Open Inference Protocol", "v2_server");
  paths["/v2/health/live"] = other_get("The process lives", "v2_live");
  paths["/v2/health/ready"] = other_get("Every model has answered its warm-up", "v2_ready");
  add_shared_schemas(document["components"]["schemas"]);
  bool first = true;
  for (const CatalogueEntry& entry : catalogue.entries) {
    const auto model = entry.current();
    if (!model) continue;
    if (first && model->card) {
      paths["/predict"]["post"] = predict_operation(*model, "predict");
      paths["/predict"]["post"]["parameters"] = set_parameter();
    }
    first = false;
    add_model(document, entry, *model);
  }
  return document;
}

}  // namespace vitrine
