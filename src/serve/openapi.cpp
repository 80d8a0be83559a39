#include "serve/openapi.h"

#include <algorithm>
#include <cmath>

#include "base/version.h"
#include "serve/api.h"

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
        {"schema", {{"type", "object"}, {"properties", {{"image", photo}}}}}};
    photo_body["required"] = true;
    return {{"summary", "Answer a photo: JPEG, PNG, WebP, HEIC or GIF"},
            {"operationId", id},
            {"requestBody", photo_body},
            {"responses",
             {{"200", answer("the answer", "application/json", one)},
              {"400", problem_answer("no photo, or a broken one")},
              {"413", problem_answer("a body over the limit")},
              {"415", problem_answer("neither a photo, a form nor JSON")},
              {"422", problem_answer("a photo beyond the limits")}}}};
  }
  Json body = content("application/json", one_or_many(row));
  body["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  body["required"] = true;
  Json fine = answer("the answer, or one a row", "application/json", one_or_many(one));
  fine["content"]["text/csv"] = {{"schema", {{"type", "string"}}}};
  return {{"summary", "Answer one row or an array of rows"},
          {"operationId", id},
          {"requestBody", body},
          {"responses",
           {{"200", fine},
            {"400", problem_answer("broken JSON")},
            {"413", problem_answer("a body over the limit")},
            {"415", problem_answer("neither JSON nor CSV")},
            {"422", problem_answer("a row that can't be answered")}}}};
}

Json get_operation(const std::string& summary, const std::string& id, const std::string& type) {
  const Json schema = type == "text/plain" ? Json{{"type", "string"}} : Json{{"type", "object"}};
  return {{"get",
           {{"summary", summary},
            {"operationId", id},
            {"responses", {{"200", answer(summary, type, schema)}}}}}};
}

}  // namespace

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

Json openapi_document(const std::vector<std::unique_ptr<ServedModel>>& models) {
  Json document{{"openapi", "3.1.0"},
                {"info", {{"title", "Vitrine"}, {"version", kVersion}}},
                {"paths", Json::object()},
                {"components", {{"schemas", Json::object()}}}};
  Json& paths = document["paths"];
  Json& schemas = document["components"]["schemas"];
  paths["/ping"] = get_operation("PONG", "ping", "text/plain");
  paths["/livez"] = get_operation("The process lives", "livez", "application/json");
  paths["/readyz"] =
      get_operation("Every model has answered its warm-up", "readyz", "application/json");
  paths["/readyz"]["get"]["responses"]["503"] =
      answer("it is being stopped", "application/json", {{"type", "object"}});
  paths["/models"] = get_operation("The models", "models", "application/json");
  paths["/openapi.json"] = get_operation("This document", "openapi", "application/json");
  schemas["Problem"] = {{"type", "object"},
                        {"properties",
                         {{"type", {{"type", "string"}}},
                          {"title", {{"type", "string"}}},
                          {"status", {{"type", "integer"}}},
                          {"detail", {{"type", "string"}}},
                          {"hint", {{"type", "string"}}},
                          {"field", {{"type", "string"}}}}},
                        {"required", {"type", "title", "status", "detail", "hint"}}};
  paths["/predict"]["post"] = predict_operation(*models[0], "predict");
  for (const auto& model : models) {
    if (!model->photos) schemas[model->name + ".Row"] = row_schema(model->card.schema);
    schemas[model->name + ".Answer"] = answer_schema(model->card);
    paths["/models/" + model->name] =
        get_operation("The card of " + model->name, "card_" + model->name, "application/json");
    paths["/models/" + model->name + "/predict"]["post"] =
        predict_operation(*model, "predict_" + model->name);
  }
  return document;
}

}  // namespace vitrine
