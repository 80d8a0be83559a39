#include "package/readme.h"

#include <algorithm>

#include "base/file.h"

namespace vitrine::package {

std::string filled(std::string_view text, const TemplateValues& values) {
  std::string out;
  while (!text.empty()) {
    // A single pass: replacements may contain '@'.
    const std::size_t at = text.find('@');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const std::size_t end = text.find('@', 1);
    const std::string_view name =
        end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
    const auto found =
        std::ranges::find_if(values, [&](const auto& one) { return one.first == name; });
    if (found != values.end()) {
      out += found->second;
      text.remove_prefix(end + 1);
    } else {
      out += '@';
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string questions(const Shipment& shipment, const std::string& base) {
  const std::string curl = std::string("curl ") + (base.starts_with("https") ? "-k " : "");
  const std::string key = shipment.facts.keys ? "-H \"Authorization: Bearer $KEY\" " : "";
  std::string out = curl + base + "/ping\n";
  for (std::size_t i = 0; i < shipment.models.size(); ++i) {
    const ShippedModel& model = shipment.models[i];
    const std::string url = base + (i == 0 ? "/predict" : "/models/" + model.name + "/predict");
    if (model.task == "table") {
      out += curl + key + "-H 'Content-Type: application/json' -d " +
             shell_line({to_text(model.example)}) + " " + url + "\n";
    } else if (model.task == "image") {
      out += curl + key + "-H 'Content-Type: image/jpeg' --data-binary @photo.jpg " + url + "\n";
    } else {
      out += curl + key + base + "/v2/models/" + model.name + "\n";
    }
  }
  return out;
}

std::string mounts(const Shipment& shipment) {
  std::string out;
  for (const std::string& folder : folders_of(shipment.facts.files)) {
    out += " -v " + shell_line({folder + ":" + folder}) + ":ro";
  }
  for (const std::string& folder : folders_of(shipment.facts.written)) {
    out += " -v " + shell_line({folder + ":" + folder});
  }
  return out;
}

std::string files_needed(const Shipment& shipment) {
  std::string out;
  for (const std::string& file : shipment.facts.files) out += "- `" + file + "`\n";
  if (out.empty()) return "";
  return "\nThe package does not contain these keys and certificates. Put them there, readable for "
         "the server:\n\n" +
         out;
}

std::string folders_to_own(const Shipment& shipment) {
  std::string out;
  for (const std::string& folder : folders_of(shipment.facts.written)) {
    out += "mkdir -p '" + folder + "' && chown 65532:65532 '" + folder + "'\n";
  }
  if (out.empty()) return "";
  return "\nThe server runs as user 65532 and writes into a folder of this machine. That user must "
         "own the folder, otherwise the server does not start. Run once, as root:\n\n```sh\n" +
         out + "```\n";
}

std::string model_table(const Shipment& shipment) {
  std::string out = "| Model | Input | SHA-256 |\n|---|---|---|\n";
  for (const ShippedModel& model : shipment.models) {
    out += "| " + model.path() + " | " +
           (model.task == "table"   ? "rows of a table"
            : model.task == "image" ? "photos"
                                    : "tensors, by /v2") +
           " | `" + sha256_hex(model.bytes) + "` |\n";
  }
  return out;
}

std::string readme_of(const Shipment& shipment, std::string_view text, TemplateValues values) {
  const std::string port = std::to_string(shipment.port);
  const TemplateValues common{{"NAME", shipment.name},
                              {"TAG", shipment.tag},
                              {"PORT", port},
                              {"ASK", questions(shipment, url_of(shipment, "localhost:" + port))},
                              {"MODELS", model_table(shipment)},
                              {"GRACE", std::to_string(shipment.facts.grace())},
                              {"MOUNTS", mounts(shipment)},
                              {"FILES", files_needed(shipment)},
                              {"OWNED", folders_to_own(shipment)}};
  values.insert(values.end(), common.begin(), common.end());
  return filled(text, values);
}

}  // namespace vitrine::package
