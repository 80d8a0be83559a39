#include "cli/describe_photos.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "cli/metrics_text.h"
#include "cli/text_table.h"
#include "data/image/photo_folder.h"

namespace vitrine::cli {
namespace {

/// Minimum, median and maximum; `values` must not be empty.
Json range_json(std::vector<int> values) {
  std::ranges::sort(values);
  return {values.front(), values[values.size() / 2], values.back()};
}

Json to_json(const data::PhotoFolder& folder, const std::vector<data::PhotoFacts>& facts,
             const std::vector<data::AlikePhotos>& alike_photos) {
  std::vector<std::size_t> counts(folder.classes.size(), 0);
  std::map<std::string, std::size_t> formats;
  std::vector<int> widths;
  std::vector<int> heights;
  Json unusable = Json::array();
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const data::PhotoFacts& one = facts[i];
    if (!one.fault.empty()) {
      unusable.push_back({{"file", folder.photos[i].path.string()}, {"reason", one.fault}});
      continue;
    }
    ++counts[static_cast<std::size_t>(folder.photos[i].label)];
    ++formats[std::string(data::name_of(one.format))];
    widths.push_back(one.width);
    heights.push_back(one.height);
  }
  for (const data::SkippedFile& one : folder.skipped) {
    unusable.push_back({{"file", one.path.string()}, {"reason", one.reason}});
  }
  Json alike = Json::array();
  for (const data::AlikePhotos& pair : alike_photos) {
    alike.push_back(
        {{"files",
          {folder.photos[pair.first].path.string(), folder.photos[pair.second].path.string()}},
         {"same_bytes", pair.same_bytes},
         {"two_classes", folder.photos[pair.first].label != folder.photos[pair.second].label}});
  }
  Json json{{"photos", widths.size()}, {"classes", Json::array()}, {"formats", formats}};
  for (std::size_t k = 0; k < counts.size(); ++k) {
    json["classes"].push_back({{"name", folder.classes[k]}, {"photos", counts[k]}});
  }
  if (!widths.empty()) {
    json["width"] = range_json(widths);
    json["height"] = range_json(heights);
  }
  json["alike"] = alike;
  json["unusable"] = unusable;
  return json;
}

std::string range_text(const Json& range) {
  return fmt::format("{} to {}, median {}", whole_number<int>(range[0]),
                     whole_number<int>(range[2]), whole_number<int>(range[1]));
}

void print(const std::string& path, const Json& json) {
  const auto photos = whole_number<std::size_t>(json["photos"]);
  std::vector<std::string> formats;
  for (const auto& [name, count] : json["formats"].items()) {
    formats.push_back(name + " " + with_commas(whole_number<std::size_t>(count)));
  }
  std::cout << path << ": " << counted(photos, "photo") << ", " << json["classes"].size()
            << (json["classes"].size() == 1 ? " class" : " classes")
            << (formats.empty() ? "" : "; " + listed(formats)) << "\n\n";
  std::vector<std::uint64_t> counts;
  for (const Json& one : json["classes"]) {
    counts.push_back(whole_number<std::uint64_t>(one["photos"]));
  }
  const std::vector<std::string> shares = percentages(counts);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const Json& one = json["classes"][k];
    std::cout << "  " << padded(shown(one["name"].get<std::string>(), 36), 24)
              << padded(with_commas(counts[k]), 10, true)
              << (photos == 0 ? "" : "  " + padded(shares[k], 6, true)) << "\n";
  }
  if (photos > 0) {
    std::cout << "\nwidth " << range_text(json["width"]) << "; height "
              << range_text(json["height"]) << " pixels\n";
  }
}

}  // namespace

void describe_photos(const std::string& root, bool as_json) {
  const auto split = data::find_photo_split(root);
  const std::string path = split ? split->train.string() : root;
  const data::PhotoFolder folder = data::list_photos(path);
  const std::vector<data::PhotoFacts> facts = data::examine_photos(folder);
  const std::vector<data::AlikePhotos> alike = data::find_alike(facts);
  const auto warnings = data::check_photos(folder, facts, alike);
  Json json = to_json(folder, facts, alike);
  if (as_json) {
    json["warnings"] = data::to_json(warnings);
    std::cout << to_text(json, 2) << "\n";
    return;
  }
  if (split) std::cout << root << " holds a split; this is its training part:\n";
  print(path, json);
  std::cout << (warnings.empty() ? "" : "\n") << warnings_text(warnings);
}

}  // namespace vitrine::cli
