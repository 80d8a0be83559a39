#include "zoo/manifest.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "model/backbone.h"
#include "net/download.h"

namespace vitrine::zoo {
namespace {

/// Name, SHA-256 and size are those that the ONNX Model Zoo publishes.
ZooEntry model_zoo_entry(const std::string& name, const std::string& sha256, std::uint64_t bytes,
                         const std::string& normalisation, const std::string& about) {
  return {name,
          "https://huggingface.co/onnxmodelzoo/" + name + "/resolve/main/" + name + ".onnx",
          sha256,
          bytes,
          "Apache-2.0",
          normalisation,
          about};
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// A name becomes a file name, so it must not lead out of the folder.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 100 && text.front() != '.' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

Json to_json(const ZooEntry& entry) {
  return {{"name", entry.name},       {"url", entry.url},
          {"sha256", entry.sha256},   {"bytes", entry.bytes},
          {"licence", entry.licence}, {"normalisation", entry.normalisation},
          {"about", entry.about}};
}

ZooEntry entry_from(const Json& json, const std::string& where) {
  ZooEntry entry{json.at("name"),           json.at("url"),
                 json.at("sha256"),         json.at("bytes"),
                 json.value("licence", ""), json.value("normalisation", ""),
                 json.value("about", "")};
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    throw Error(ErrorKind::bad_input, "the entry '" + shown(entry.name) + "' " + why, where, hint);
  };
  if (!is_name(entry.name))
    refuse("has a name that can't be a file name", "use letters, digits, - and _");
  if (!json.at("bytes").is_number_unsigned() || entry.bytes == 0 ||
      entry.bytes > std::uint64_t{16} << 30) {
    refuse("has no valid size", "write bytes as a whole number, up to 16 GiB");
  }
  if (!is_sha256(entry.sha256)) {
    refuse("has no valid SHA-256",
           "write 64 hexadecimal digits in lower case, as sha256sum prints them");
  }
  if (!entry.url.starts_with("https://") && !entry.url.starts_with("http://")) {
    refuse("has no http or https URL", "write the whole URL");
  }
  const bool known = entry.normalisation.empty() ||
                     std::ranges::contains(model::known_normalisations(), entry.normalisation,
                                           &model::Normalisation::name);
  if (!known) refuse("names an unknown normalisation", "leave it out to have it measured");
  return entry;
}

}  // namespace

const std::vector<ZooEntry>& known_backbones() {
  static const std::vector<ZooEntry> known{
      model_zoo_entry("mobilenetv2-12",
                      "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5", 13964571,
                      "imagenet", "MobileNetV2: small and fast, try this first"),
      model_zoo_entry("resnet18-v1-7",
                      "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c", 46820737,
                      "imagenet", "ResNet-18"),
      model_zoo_entry("resnet50-v1-12",
                      "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526", 102576593,
                      "imagenet", "ResNet-50: larger and slower, more accurate"),
      model_zoo_entry("squeezenet1.1-7",
                      "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088", 4956208,
                      "imagenet", "SqueezeNet 1.1: the smallest"),
      model_zoo_entry("efficientnet-lite4-11",
                      "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12", 51946641,
                      "half", "EfficientNet-Lite4, channels last"),
      model_zoo_entry("shufflenet-v2-12",
                      "ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035", 9218556,
                      "imagenet", "ShuffleNet v2"),
  };
  return known;
}

std::vector<ZooEntry> read_manifest(const std::filesystem::path& path) {
  const std::string text = read_file(path, std::size_t{16} << 20, "manifest");
  try {
    std::vector<ZooEntry> entries;
    const Json manifest = Json::parse(text);
    for (const Json& one : manifest.at("backbones")) {
      entries.push_back(entry_from(one, path.string()));
    }
    return entries;
  } catch (const Json::exception& problem) {
    throw Error(ErrorKind::bad_input, "the manifest can't be read: " + shown(problem.what(), 200),
                path.string(),
                R"(write {"backbones": [{"name": ..., "url": ..., "sha256": ..., "bytes": ...}]})");
  }
}

std::filesystem::path place_of(const std::string& name) {
  return cache_folder() / "backbones" / (name + ".onnx");
}

std::optional<ZooEntry> pulled(const std::string& name) {
  if (!is_name(name)) return std::nullopt;
  const auto place = place_of(name);
  const auto facts = place.string() + ".json";
  if (!std::filesystem::exists(place) || !std::filesystem::exists(facts)) return std::nullopt;
  try {
    return entry_from(Json::parse(read_file(facts, 1 << 20, "manifest")), facts);
  } catch (const Json::exception&) {
  } catch (const Error&) {
  }
  return std::nullopt;  // the caller downloads it again
}

void pull(const ZooEntry& entry, const std::function<void(std::uint64_t there)>& progress) {
  const auto place = place_of(entry.name);
  const auto there = pulled(entry.name);
  if (there && there->sha256 == entry.sha256 &&
      sha256_hex(MappedFile(place).text()) == entry.sha256) {
    return;
  }
  net::download({entry.url, place, entry.sha256, entry.bytes, progress});
  const std::string facts = to_json(entry).dump(2) + "\n";
  write_file_atomically(place.string() + ".json", std::array<std::string_view, 1>{facts});
}

}  // namespace vitrine::zoo
