#include "train/photo/photo_features.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/text.h"
#include "metrics/classification.h"
#include "train/photo/softmax_head.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kSamplePhotos = 96;

/// Calls `body(photo, bytes)` for each photo, on all cores. Fills in SHA-256 hashes and reports
/// progress every five seconds. Errors become faults of the photo, except for Error(bad_model).
template <typename Body>
void read_each(PhotoSet& set, const std::string& what, const Progress& progress, const Body& body) {
  const std::size_t count = set.paths.size();
  set.facts.assign(count, {});
  std::atomic<std::size_t> done{0};
  const auto start = std::chrono::steady_clock::now();
  std::mutex reporting;
  auto reported = start;
  parallel_for(count, [&](std::size_t i) {
    try {
      const MappedFile file(set.paths[i]);
      set.facts[i].sha256 = sha256_hex(file.text());
      body(i, file.text());
    } catch (const Error& error) {
      if (error.kind == ErrorKind::bad_model) throw;
      set.facts[i].fault = error.message;
    }
    ++done;
    const std::lock_guard lock(reporting);
    const auto now = std::chrono::steady_clock::now();
    if (now - reported < std::chrono::seconds(5)) return;
    reported = now;
    const double passed = std::chrono::duration<double>(now - start).count();
    progress(what + ": " + how_far(done, count, "photo", passed));
  });
}

/// Removes photos with a fault from paths and labels, and sets the groups of the others.
void keep_usable(PhotoSet& set) {
  const std::vector<std::size_t> group = data::groups_of_alike(set.facts);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < set.paths.size(); ++i) {
    if (!set.facts[i].fault.empty()) continue;
    set.paths[kept] = set.paths[i];
    set.labels[kept++] = set.labels[i];
    set.groups.push_back(group[i]);
  }
  set.paths.resize(kept);
  set.labels.resize(kept);
}

/// A hash of 256 bits as 16 numbers of 16 bits, which floats represent exactly.
std::vector<float> as_floats(const std::array<std::uint64_t, 4>& look) {
  std::vector<float> out;
  for (std::size_t i = 0; i < 16; ++i) {
    out.push_back(static_cast<float>(look[i / 4] >> (i % 4 * 16) & 0xFFFFU));
  }
  return out;
}

std::array<std::uint64_t, 4> as_look(const std::vector<float>& floats) {
  std::array<std::uint64_t, 4> look{};
  for (std::size_t i = 0; i < 16; ++i) {
    look[i / 4] |= static_cast<std::uint64_t>(floats[i]) << (i % 4 * 16);
  }
  return look;
}

/// Decodes a photo; a truncated one is an error, because training does not use it.
data::Image decode_whole(std::string_view bytes, const std::string& where) {
  data::DecodedImage decoded = data::decode_image(bytes, where);
  if (!decoded.truncated) return std::move(decoded.image);
  throw Error(ErrorKind::malformed, "the photo is truncated", where, "copy it again");
}

}  // namespace

PhotoSet as_set(const data::PhotoFolder& folder, const data::Target& target) {
  PhotoSet set;
  for (const data::PhotoFile& photo : data::relabelled(folder, target).photos) {
    set.paths.push_back(photo.path);
    set.labels.push_back(photo.label);
  }
  return set;
}

FeatureExtractor::FeatureExtractor(const model::Backbone& backbone,
                                   const model::Normalisation& normalisation, data::Fit fit,
                                   const std::string& where)
    : graph_(model::feature_graph(backbone, normalisation)),
      bytes_(graph_.SerializeAsString()),
      network_(graph_, bytes_, "features", {}, where),
      resize_{backbone.width, backbone.height, fit},
      cache_(cache_folder() / "features",
             sha256_hex(bytes_ + (fit == data::Fit::crop ? "crop" : "stretch"))),
      looks_(cache_folder() / "features", "looks") {}

int look_at(PhotoSet& set, const std::string& what, const Progress& progress) {
  std::vector<int> sides(set.paths.size(), 0);
  read_each(set, what, progress, [&](std::size_t i, std::string_view bytes) {
    const data::Image image = decode_whole(bytes, set.paths[i].string());
    sides[i] = std::min(image.width, image.height);
    set.facts[i].look = data::look_of(image);
  });
  keep_usable(set);
  std::erase(sides, 0);
  if (sides.empty()) return 0;
  std::ranges::nth_element(sides, sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2));
  return sides[sides.size() / 2];
}

std::vector<float> FeatureExtractor::features(const data::Image& image) const {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(resize_.width) * resize_.height * 3);
  data::resize_into(image, resize_, pixels.data());
  return network_.run(pixels, 1);
}

std::vector<float> FeatureExtractor::features_of(std::string_view bytes, data::PhotoFacts& facts,
                                                 const std::string& where) {
  std::optional<data::Image> image;
  const auto photo = [&]() -> const data::Image& {
    if (!image) image = decode_whole(bytes, where);
    return *image;
  };
  const std::vector<float> look = looks_.find(facts.sha256);
  facts.look = look.size() == 16 ? as_look(look) : data::look_of(photo());
  if (look.empty()) looks_.add(facts.sha256, as_floats(facts.look));
  std::vector<float> out = cache_.find(facts.sha256);
  if (!out.empty()) return out;
  out = features(photo());
  cache_.add(facts.sha256, out);
  return out;
}

void FeatureExtractor::extract(PhotoSet& set, const std::string& what, const Progress& progress) {
  std::vector<std::vector<float>> found(set.paths.size());
  read_each(set, what, progress, [&](std::size_t i, std::string_view bytes) {
    found[i] = features_of(bytes, set.facts[i], set.paths[i].string());
  });
  for (const auto& one : found) {
    set.features.insert(set.features.end(), one.begin(), one.end());
  }
  keep_usable(set);
}

const model::Normalisation& measure_normalisation(const model::Backbone& backbone,
                                                  const PhotoSet& set, std::size_t classes,
                                                  data::Fit fit, const std::string& where,
                                                  const Progress& progress, Json& report) {
  const auto& known = model::known_normalisations();
  std::vector<std::size_t> order(set.paths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(7);
  random.shuffle(std::span(order));
  order.resize(std::min(order.size(), kSamplePhotos));
  const model::Normalisation* best = &known[0];
  double least = std::numeric_limits<double>::infinity();
  for (const model::Normalisation& one : known) {
    PhotoSet sample;
    for (const std::size_t i : order) {
      sample.paths.push_back(set.paths[i]);
      sample.labels.push_back(set.labels[i]);
    }
    FeatureExtractor(backbone, one, fit, where).extract(sample, one.name, progress);
    if (sample.labels.size() < 2) break;
    const std::size_t dimensions = sample.features.size() / sample.labels.size();
    std::array<std::vector<float>, 2> halves;
    std::array<std::vector<int>, 2> labels;
    for (std::size_t i = 0; i < sample.labels.size(); ++i) {
      const auto row = std::span(sample.features).subspan(i * dimensions, dimensions);
      halves[i % 2].insert(halves[i % 2].end(), row.begin(), row.end());
      labels[i % 2].push_back(sample.labels[i]);
    }
    double loss = 0;
    for (const std::size_t half : {0, 1}) {
      HeadSolver solver({halves[half], labels[half], dimensions, classes});
      const auto logits = head_logits(solver.fit(0.3), halves[1 - half]);
      loss += metrics::log_loss(softmax_rows(logits, classes, 1), labels[1 - half], classes) / 2;
    }
    report[one.name] = rounded(loss, 4);
    if (std::isfinite(loss) && loss < least) {
      least = loss;
      best = &one;
    }
  }
  return *best;
}

}  // namespace vitrine::train
