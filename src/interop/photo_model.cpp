#include "interop/photo_model.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::interop {
namespace {

/// keras.applications.FAMILY.preprocess_input.
struct Family {
  std::string_view name;
  std::string_view normalisation;
};
constexpr Family kFamilies[] = {
    {"none", "raw"},
    {"xception", "half"},
    {"mobilenet", "half"},
    {"mobilenet_v2", "half"},
    {"mobilenet_v3", "raw"},
    {"inception_v3", "half"},
    {"inception_resnet_v2", "half"},
    {"nasnet", "half"},
    {"resnet", "caffe"},
    {"resnet50", "caffe"},
    {"resnet_v2", "half"},
    {"vgg16", "caffe"},
    {"vgg19", "caffe"},
    {"densenet", "imagenet"},
    {"efficientnet", "raw"},
    {"efficientnet_v2", "raw"},
    {"convnext", "raw"},
};

constexpr const char* kPreprocess = "--preprocess";

/// `place` as an index below `count`.
std::optional<std::size_t> index_of(const Json& place, std::size_t count) {
  std::string text = place.is_string() ? place.get<std::string>() : place.dump();
  if (text.empty() || text.size() > 9 ||
      !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const std::size_t index = std::stoul(text);
  return index < count ? std::optional(index) : std::nullopt;
}

[[noreturn]] void refuse_names(const std::string& where) {
  throw Error(ErrorKind::usage, "the file does not name the classes", where,
              "give one name a line, a list in JSON, or an object as Keras's class_indices");
}

std::vector<std::string> names_in_json(const std::string& text, const std::string& where) {
  const Json json = Json::parse(text, nullptr, false);
  std::vector<std::string> out;
  if (json.is_array()) {
    for (const Json& one : json)
      out.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    return out;
  }
  if (!json.is_object() || json.empty()) refuse_names(where);
  out.resize(json.size());
  std::set<std::size_t> found;
  const bool by_place = json.begin()->is_string();
  for (const auto& [key, value] : json.items()) {
    const auto place = index_of(by_place ? Json(key) : value, out.size());
    if (!place || !found.insert(*place).second || (by_place && !value.is_string()))
      refuse_names(where);
    out[*place] = by_place ? value.get<std::string>() : key;
  }
  return out;
}

std::vector<std::string> names_in_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view line = trimmed(take_line(text));
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

/// Of the photos' pixels: first that of the option, then the network's own.
model::Normalisation whole_normalisation(const ForeignNetwork& network,
                                         const model::Normalisation& first) {
  model::Normalisation out = first;
  const auto& own = network.own_scale;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t channel = first.bgr ? 2 - c : c;
    out.scale[c] = static_cast<float>(static_cast<double>(first.scale[c]) * own.scale[channel]);
    out.shift[c] = static_cast<float>(static_cast<double>(first.shift[c]) * own.scale[channel] +
                                      own.shift[channel]);
  }
  out.bgr = first.bgr != own.bgr;
  out.grey = network.grey;
  if (network.grey) out.bgr = false;
  return out;
}

model::Normalisation preprocessing(const ForeignNetwork& network, const ImportOptions& options,
                                   const std::string& where) {
  if (!options.preprocess.empty()) return normalisation_of(options.preprocess);
  if (network.scales_itself) return normalisation_of("none");
  throw Error(ErrorKind::usage, "the model does not say how the pixels of its photos were scaled",
              where,
              "say it with --preprocess: the family whose preprocess_input was used (xception, "
              "mobilenet_v2, resnet, ...), unit for rescale=1/255, none for pixels from 0 to 255 "
              "(also where TensorFlow Lite's converter "
              "moved the scaling into the first layer)");
}

data::Target target_of(const ForeignNetwork& network, const ImportOptions& options,
                       std::vector<std::string>& notes) {
  const std::size_t count = std::max<std::size_t>(network.outputs, 2);
  std::vector<std::string> names = class_names(options.classes);
  if (names.empty()) {
    for (std::size_t k = 0; k < count; ++k) names.push_back(std::to_string(k));
    notes.emplace_back(
        "the file does not name the classes: they have their numbers as names; --classes names "
        "them");
  }
  if (names.size() != count) {
    throw Error(ErrorKind::usage,
                "the model has " + std::to_string(count) + " classes" + ", and --classes names " +
                    std::to_string(names.size()),
                "--classes",
                "give one name for each class, in the order of the model's outputs (folders are in "
                "alphabetical order)");
  }
  if (std::set(names.begin(), names.end()).size() != count) {
    throw Error(ErrorKind::usage, "two classes have the same name", "--classes",
                "give each class its own name");
  }
  return {.name = options.target,
          .key = data::normalised(options.target),
          .classes = data::classes_of_names(names)};
}

}  // namespace

model::Normalisation normalisation_of(const std::string& name) {
  std::string wanted = lower_ascii(name);
  for (const Family& one : kFamilies) {
    if (one.name == wanted) wanted = one.normalisation;
  }
  std::vector<std::string> names;
  for (const Family& one : kFamilies) names.emplace_back(one.name);
  for (const model::Normalisation& one : model::known_normalisations()) {
    if (one.name == wanted) return one;
    names.push_back(one.name);
  }
  throw Error(ErrorKind::usage, "unknown preprocessing '" + shown(name) + "'", kPreprocess,
              did_you_mean(name, names) + "one of " + listed(names, names.size()));
}

std::vector<std::string> class_names(const std::string& text) {
  if (text.empty()) return {};
  std::error_code ignored;
  if (std::filesystem::is_regular_file(text, ignored)) {
    const std::string content = read_file(text, std::size_t{16} << 20, "the names of the classes");
    const std::string_view start = trimmed(content);
    if (start.starts_with('[') || start.starts_with('{')) return names_in_json(content, text);
    auto names = names_in_lines(content);
    if (names.empty()) refuse_names(text);
    return names;
  }
  std::vector<std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view name = trimmed(rest.substr(0, end));
    if (name.empty())
      throw Error(ErrorKind::usage, "a name of a class is empty", "--classes",
                  "give names as a,b,c or a file of names");
    out.emplace_back(name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

ImportedModel imported_photo_model(ForeignNetwork network, const ImportOptions& options,
                                   const std::string& where) {
  ImportedModel out;
  out.notes = network.notes;
  out.answers_logits = network.ends_in_logits;
  out.card.input = model::InputKind::photos;
  out.card.algorithm = "network";
  out.card.schema.target = target_of(network, options, out.notes);
  out.card.image = {
      .width = network.backbone.width, .height = network.backbone.height, .filter = options.filter};
  out.card.threshold = std::nextafter(0.5F, 1.0F);
  out.card.training = {{"imported_from", network.from}};
  const model::Normalisation scaling =
      whole_normalisation(network, preprocessing(network, options, where));
  out.content = model::classifier_graph(network.backbone, scaling, network.outputs);
  return out;
}

}  // namespace vitrine::interop
