#include "data/image/photo_folder.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/image/idx.h"
#include "data/image/resize.h"
#include "data/table/table.h"
#include "data/table/table_name.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

namespace fs = std::filesystem;

bool is_ignored(const fs::path& path) {
  const std::string name = lower_ascii(path.filename().string());
  return name.starts_with('.') || name == "thumbs.db" || name == "desktop.ini" ||
         name == "__macosx";
}

std::vector<fs::path> sorted_entries(const fs::path& folder, std::error_code& code) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (!is_ignored(at->path())) entries.push_back(at->path());
  }
  std::ranges::sort(entries);
  return entries;
}

class Lister {
 public:
  explicit Lister(PhotoFolder& out) : out_(out) {}

  /// Returns true the first time; reports a folder that was listed before as skipped.
  bool claim(const fs::path& folder) {
    std::error_code code;
    if (claimed_.insert(fs::canonical(folder, code)).second && !code) return true;
    out_.skipped.push_back({folder, "the folder is already listed; a link leads to it again"});
    return false;
  }

  void list(const fs::path& folder, int label) {
    std::error_code code;
    for (const fs::path& entry : sorted_entries(folder, code)) {
      std::error_code type_code;
      const auto status = fs::status(entry, type_code);
      if (fs::is_directory(status)) {
        if (claim(entry)) list(entry, label);
      } else if (fs::is_regular_file(status)) {
        out_.photos.push_back({entry, label});
      } else {
        out_.skipped.push_back(
            {entry, type_code ? "the link is broken or circular" : "this is not a regular file"});
      }
    }
    if (code) out_.skipped.push_back({folder, "the folder can't be read: " + code.message()});
  }

 private:
  PhotoFolder& out_;
  std::set<fs::path> claimed_;
};

/// The number of bits in which two hashes differ, 0 to 256.
int hash_distance(const std::array<std::uint64_t, 4>& a, const std::array<std::uint64_t, 4>& b) {
  int distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) distance += std::popcount(a[i] ^ b[i]);
  return distance;
}

/// True for the same bytes, or for hashes that differ in few bits. `b` must not have a fault.
bool are_alike(const PhotoFacts& a, const PhotoFacts& b, int max_distance) {
  return a.fault.empty() && (a.sha256 == b.sha256 || hash_distance(a.look, b.look) <= max_distance);
}

PhotoFacts examine(const fs::path& path) {
  PhotoFacts facts;
  try {
    const MappedFile file(path);
    const DecodedImage decoded = decode_image(file.text(), path.string());
    facts.format = decoded.format;
    facts.width = decoded.image.width;
    facts.height = decoded.image.height;
    facts.truncated = decoded.truncated;
    facts.sha256 = sha256_hex(file.text());
    facts.look = look_of(decoded.image);
  } catch (const Error& error) {
    facts.fault = error.message;
  }
  return facts;
}

/// The path of a photo relative to the folder: `class/a.jpg`.
std::string short_name(const PhotoFolder& folder, std::size_t photo) {
  return shown(folder.photos[photo].path.lexically_relative(folder.path).string(), 80);
}

void warn_of_alike(const PhotoFolder& folder, const std::vector<AlikePhotos>& alike,
                   std::vector<Warning>& warnings) {
  std::vector<std::string> in_two_classes;
  std::size_t repeated = 0;
  for (const AlikePhotos& pair : alike) {
    if (folder.photos[pair.first].label == folder.photos[pair.second].label) {
      ++repeated;
    } else {
      in_two_classes.push_back(short_name(folder, pair.first) + (pair.same_bytes ? " = " : " ~ ") +
                               short_name(folder, pair.second));
    }
  }
  if (!in_two_classes.empty()) {
    warnings.push_back(
        {"photos_in_two_classes",
         counted(in_two_classes.size(), "pair") +
             " of (nearly) identical photos in two classes: " + listed(in_two_classes, 5),
         "check them: one of the two classes is wrong"});
  }
  if (repeated > 0) {
    warnings.push_back(
        {"repeated_photos",
         counted(repeated, "photo") + " (nearly) identical to another photo of the same class",
         "keep one of each"});
  }
}

}  // namespace

std::array<std::uint64_t, 4> look_of(const Image& image) {
  const Image small = resized(image, {17, 16, Fit::stretch});
  const auto grey = [&](int x, int y) {
    const auto* p = &small.pixels[(static_cast<std::size_t>(y) * 17 + x) * 3];
    return 299 * p[0] + 587 * p[1] + 114 * p[2];
  };
  std::array<std::uint64_t, 4> hash{};
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      // Noise on plain backgrounds must not flip bits, so the step must exceed 2 grey levels.
      const std::uint64_t bit = grey(x, y) > grey(x + 1, y) + 2000 ? 1 : 0;
      hash[static_cast<std::size_t>(y) / 4] |= bit << (static_cast<unsigned>(y % 4) * 16U + x);
    }
  }
  return hash;
}

void warn_of_files(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                   std::vector<Warning>& warnings) {
  std::vector<std::string> broken;
  std::vector<std::string> truncated;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (!facts[i].fault.empty()) {
      broken.push_back(short_name(folder, i) + " (" + facts[i].fault + ")");
    } else if (facts[i].truncated) {
      truncated.push_back(short_name(folder, i));
    }
  }
  for (const SkippedFile& one : folder.skipped) {
    broken.push_back(shown(one.path.lexically_relative(folder.path).string(), 80) + " (" +
                     one.reason + ")");
  }
  if (!broken.empty()) {
    warnings.push_back({"unusable_files",
                        counted(broken.size(), "file") + " of " + folder.path.string() +
                            " can't be used: " + listed(broken, 5),
                        "remove or fix them; they are skipped"});
  }
  if (!truncated.empty()) {
    warnings.push_back({"truncated_photos",
                        counted(truncated.size(), "truncated photo") + ": " + listed(truncated, 5),
                        "copy them again; they are skipped in training"});
  }
}

bool are_photos(const fs::path& path) {
  std::error_code ignored;
  return (fs::is_directory(path, ignored) && !is_table_folder(path)) || is_idx(path);
}

namespace {

std::set<std::string> folders_in(const fs::path& path) {
  std::set<std::string> names;
  std::error_code code;
  for (const fs::path& entry : sorted_entries(path, code)) {
    std::error_code type_code;
    if (fs::is_directory(entry, type_code)) names.insert(entry.filename().string());
  }
  return names;
}

/// The normalised names of the folders in `path`.
std::set<std::string> class_keys_in(const fs::path& path) {
  std::set<std::string> keys;
  for (const std::string& name : folders_in(path)) keys.insert(normalised(name));
  return keys;
}

}  // namespace

std::string hint_of_label_tables(const fs::path& path) {
  std::vector<std::string> tables;
  std::error_code code;
  for (const fs::path& folder : {path, path.parent_path()}) {
    for (const fs::path& entry : sorted_entries(folder, code)) {
      const std::string kind = lower_ascii(entry.extension().string());
      if (kind == ".csv" || kind == ".tsv" || kind == ".json" || kind == ".xlsx") {
        tables.push_back(shown(entry.filename().string(), 60));
      }
    }
    if (!tables.empty()) break;
  }
  if (tables.empty()) return {};
  return "tables of labels are not read (" + listed(tables, 3) + "); ";
}

std::optional<PhotoSplit> find_photo_split(const fs::path& path) {
  const std::map<std::string, std::string> roles{
      {"train", "train"},      {"training", "train"},        {"val", "validation"},
      {"valid", "validation"}, {"validation", "validation"}, {"test", "test"},
      {"testing", "test"}};
  std::map<std::string, std::vector<fs::path>> found;  // role -> folders
  bool others = false;
  for (const std::string& name : folders_in(path)) {
    const auto role = roles.find(lower_ascii(name));
    if (role != roles.end()) found[role->second].push_back(path / name);
    others = others || role == roles.end();
  }
  if (found.size() < 2) {
    const bool train_alone =
        !others && found.contains("train") && class_keys_in(found["train"][0]).size() > 1;
    return train_alone ? std::optional(PhotoSplit{found["train"][0], {}, {}, {}}) : std::nullopt;
  }
  if (!found.contains("train")) {
    const auto is_flat = [](const auto& part) { return class_keys_in(part.second[0]).empty(); };
    if (others || std::ranges::all_of(found, is_flat)) return std::nullopt;  // they are classes
    throw Error(ErrorKind::bad_input, "the folder holds parts of a split but no training part",
                path.string(), "rename the training part to train, or give the path of one part");
  }
  const std::set<std::string> classes = class_keys_in(found["train"][0]);
  if (classes.empty()) {
    const std::string tables = hint_of_label_tables(path);
    if (tables.empty()) return std::nullopt;  // they are classes
    throw Error(ErrorKind::bad_input,
                "the parts of the split hold photos, not one folder for each class", path.string(),
                tables + "put the photos of each class into a folder with the class's name");
  }
  const auto is_unlabelled = [&](const fs::path& part) {
    const auto keys = class_keys_in(part);
    return std::ranges::none_of(keys, [&](const auto& one) { return classes.contains(one); });
  };
  PhotoSplit split{found["train"][0], {}, {}, {}};
  for (const char* role : {"validation", "test"}) {
    std::vector<fs::path>& parts = found[role];
    std::ranges::copy_if(parts, std::back_inserter(split.unlabelled), is_unlabelled);
    std::erase_if(parts, is_unlabelled);
  }
  if (found["validation"].empty() && found["test"].empty() && others) return std::nullopt;
  for (const auto& [role, parts] : found) {
    if (parts.size() < 2) continue;
    throw Error(
        ErrorKind::bad_input,
        "two folders of the split have the same role: " + parts[0].filename().string() + " and " +
            parts[1].filename().string(),
        path.string(),
        "give the parts: vitrine train " + parts[0].string() + " --validation DIR --test DIR");
  }
  if (!found["validation"].empty()) split.validation = found["validation"][0];
  if (!found["test"].empty()) split.test = found["test"][0];
  return split;
}

PhotoFolder list_photos(const fs::path& path) {
  if (is_idx(path)) return list_photos(unpack_idx(path, cache_folder()));
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    throw Error(ErrorKind::bad_input,
                fs::exists(path, code) ? "this is not a folder" : "there is no such folder",
                path.string(), "give a folder that holds one folder of photos for each class");
  }
  if (const auto split = find_photo_split(path)) {
    throw Error(ErrorKind::bad_input, "the folder holds a split, not one folder for each class",
                path.string(),
                "give one part of it: " + (split->test ? *split->test : split->train).string());
  }
  PhotoFolder out{path, {}, {}, {}};
  Lister lister(out);
  std::size_t loose = 0;
  lister.claim(path);
  std::vector<fs::path> folders;
  for (const fs::path& entry : sorted_entries(path, code)) {
    std::error_code type_code;
    if (!fs::is_directory(entry, type_code)) {
      ++loose;
      continue;
    }
    out.classes.push_back(entry.filename().string());
    // Claimed before any folder is listed: a link in one class must not list the photos of another.
    folders.push_back(lister.claim(entry) ? entry : fs::path());
  }
  if (code) {
    throw Error(ErrorKind::bad_input, "the folder can't be read: " + code.message(), path.string(),
                "check its permissions");
  }
  if (out.classes.empty()) {
    throw Error(ErrorKind::bad_input,
                "the folder holds no folders" +
                    (loose > 0 ? ", only " + counted(loose, "file") : std::string()),
                path.string(),
                hint_of_label_tables(path) +
                    "put the photos of each class into a folder with the class's name");
  }
  for (std::size_t k = 0; k < folders.size(); ++k) {
    if (!folders[k].empty()) lister.list(folders[k], static_cast<int>(k));
  }
  return out;
}

PhotoFolder relabelled(PhotoFolder folder, const Target& target) {
  const std::vector<std::string> classes = target.class_names();
  std::vector<int> places;
  for (const std::string& name : folder.classes) {
    const int found = class_of(target, name);
    if (found < 0) {
      throw Error(
          ErrorKind::bad_input, "the class '" + shown(name) + "' is not a class of the model",
          folder.path.string(),
          did_you_mean(normalised(name), classes) + "the classes are " + listed(classes, 20));
    }
    places.push_back(found);
  }
  for (PhotoFile& photo : folder.photos) {
    photo.label = places[static_cast<std::size_t>(photo.label)];
  }
  folder.classes = classes;
  return folder;
}

std::vector<fs::path> photos_below(const fs::path& path) {
  if (is_idx(path)) return photos_below(unpack_idx(path, cache_folder()));
  PhotoFolder all{path, {}, {}, {}};
  Lister lister(all);
  lister.claim(path);
  lister.list(path, 0);
  std::vector<fs::path> paths;
  for (PhotoFile& photo : all.photos) paths.push_back(std::move(photo.path));
  return paths;
}

std::vector<PhotoFacts> examine_photos(const PhotoFolder& folder) {
  std::vector<PhotoFacts> facts(folder.photos.size());
  parallel_for(facts.size(), [&](std::size_t i) { facts[i] = examine(folder.photos[i].path); });
  return facts;
}

std::vector<AlikePhotos> find_alike(const std::vector<PhotoFacts>& facts, int max_distance) {
  std::vector<std::optional<AlikePhotos>> found(facts.size());
  parallel_for(facts.size(), [&](std::size_t second) {
    const PhotoFacts& b = facts[second];
    for (std::size_t first = 0; first < second && b.fault.empty(); ++first) {
      if (!are_alike(facts[first], b, max_distance)) continue;
      found[second] = {first, second, facts[first].sha256 == b.sha256};
      return;
    }
  });
  std::vector<AlikePhotos> pairs;
  for (const auto& one : found) {
    if (one) pairs.push_back(*one);
  }
  return pairs;
}

std::vector<std::size_t> groups_of_alike(const std::vector<PhotoFacts>& facts, int max_distance) {
  std::vector<std::vector<std::size_t>> alike(facts.size());
  parallel_for(facts.size(), [&](std::size_t second) {
    const PhotoFacts& b = facts[second];
    for (std::size_t first = 0; first < second && b.fault.empty(); ++first) {
      if (are_alike(facts[first], b, max_distance)) alike[second].push_back(first);
    }
  });
  std::vector<std::size_t> group(facts.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (group[i] != i) i = group[i] = group[group[i]];
    return i;
  };
  for (std::size_t second = 0; second < facts.size(); ++second) {
    for (const std::size_t first : alike[second]) group[root(second)] = root(first);
  }
  for (std::size_t i = 0; i < group.size(); ++i) group[i] = root(i);
  return group;
}

std::vector<Warning> check_photos(const PhotoFolder& folder, const std::vector<PhotoFacts>& facts,
                                  const std::vector<AlikePhotos>& alike) {
  std::vector<Warning> warnings;
  warn_of_files(folder, facts, warnings);
  warn_of_alike(folder, alike, warnings);
  std::vector<std::size_t> counts(folder.classes.size(), 0);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].fault.empty()) ++counts[static_cast<std::size_t>(folder.photos[i].label)];
  }
  std::vector<std::string> small;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] < 10) {
      small.push_back(shown(folder.classes[k], 40) + " (" + std::to_string(counts[k]) + ")");
    }
  }
  if (!small.empty()) {
    warnings.push_back({"small_classes", "classes with fewer than 10 photos: " + listed(small),
                        "collect more, or remove the folder"});
  }
  const auto [least, most] = std::ranges::minmax(counts);
  if (least > 0 && most > 10 * least) {
    warnings.push_back({"imbalance",
                        "the largest class has " + with_commas(most) + " photos, the smallest " +
                            with_commas(least),
                        "collect more photos of the small class; accuracy alone is misleading"});
  }
  return warnings;
}

}  // namespace vitrine::data
