#include "package/readme.h"

#include "base/file.h"

namespace vitrine {

std::string filled(std::string text,
                   std::initializer_list<std::pair<std::string_view, std::string>> values) {
  for (const auto& [name, value] : values) {
    const std::string place = "@" + std::string(name) + "@";
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size())) {
      text.replace(at, place.size(), value);
    }
  }
  return text;
}

std::string questions(const Shipment& shipment, const std::string& base) {
  std::string out = "curl " + base + "/ping\n";
  for (std::size_t i = 0; i < shipment.models.size(); ++i) {
    const ShippedModel& model = shipment.models[i];
    const std::string url = base + (i == 0 ? "/predict" : "/models/" + model.name + "/predict");
    if (model.task == "table") {
      out += "curl -H 'Content-Type: application/json' -d " +
             shell_line({model.example.dump(-1, ' ', false, Json::error_handler_t::replace)}) +
             " " + url + "\n";
    } else if (model.task == "image") {
      out += "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg " + url + "\n";
    } else {
      out += "curl " + base + "/v2/models/" + model.name + "\n";
    }
  }
  return out;
}

std::string model_table(const Shipment& shipment) {
  std::string out = "| Model | What | SHA-256 |\n|---|---|---|\n";
  for (const ShippedModel& model : shipment.models) {
    out += "| " + model.path() + " | " +
           (model.task == "table"   ? "rows of a table"
            : model.task == "image" ? "photos"
                                    : "tensors, by /v2") +
           " | `" + sha256_hex(model.bytes) + "` |\n";
  }
  return out;
}

}  // namespace vitrine
