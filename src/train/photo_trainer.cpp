#include "train/photo_trainer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "base/version.h"
#include "data/photo_folder.h"
#include "data/value.h"
#include "infer/image_predictor.h"
#include "infer/onnx_runtime.h"
#include "metrics/classification.h"
#include "metrics/report.h"
#include "train/feature_cache.h"
#include "train/softmax_head.h"

namespace vitrine {
namespace {

/// What training sees of a photo; the first is what prediction sees.
constexpr std::array<View, 3> kViews{View{}, View{.mirrored = true}, View{0.1, 0.1, 0.9, 0.9}};
constexpr std::size_t kSamplePhotos = 160;

/// Strong to weak, for warm starts.
constexpr std::array<double, 8> kLambdas{1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};

std::string hash_of_bytes(std::string_view bytes) {
  return sha256_hex(std::array<std::string_view, 1>{bytes});
}

/// Photos that could be used, in the folder's order, with what the network makes of them.
struct PhotoSet {
  std::vector<std::filesystem::path> paths;
  std::vector<int> labels;
  std::vector<std::string> hashes;  ///< of the file's bytes
  std::vector<std::string> faults;  ///< one a photo; empty: sound
  /// [view][photo * dimensions + i]
  std::array<std::vector<float>, kViews.size()> features;
};

/// The network with its preprocessing, and what it has computed so far.
class Extractor {
 public:
  Extractor(const Backbone& backbone, const Normalisation& normalisation, Fit fit,
            const std::string& where)
      : graph_(feature_graph(backbone, normalisation)),
        bytes_(graph_.SerializeAsString()),
        network_(bytes_, "features", where),
        resize_{backbone.width, backbone.height, fit},
        cache_(cache_folder() / "features",
               hash_of_bytes(bytes_ + (fit == Fit::crop ? "crop" : "stretch"))) {}

  const onnx::ModelProto& graph() const { return graph_; }
  const Resize& resize() const { return resize_; }
  std::vector<std::string> problems() const { return cache_.problems(); }

  std::vector<float> features(const Image& image, const View& view) const {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(resize_.width) * resize_.height * 3);
    resize_into(image, resize_, pixels.data(), view);
    return network_.run(pixels, 1);
  }

  /// The features of the first `views` views of a file, from the cache where they are there.
  /// Throws Error for a photo that can't be used.
  std::vector<std::vector<float>> features_of(std::string_view bytes, const std::string& hash,
                                              const std::string& where, std::size_t views) {
    std::vector<std::vector<float>> out(views);
    std::optional<Image> image;
    for (std::size_t v = 0; v < views; ++v) {
      const std::string key = hash_of_bytes(hash + "/" + std::to_string(v));
      out[v] = cache_.find(key);
      if (!out[v].empty()) continue;
      if (!image) {
        DecodedImage decoded = decode_image(bytes, where);
        if (decoded.truncated) {
          throw Error(ErrorKind::malformed, "the photo is cut off", where, "copy it again");
        }
        image = std::move(decoded.image);
      }
      out[v] = features(*image, kViews[v]);
      cache_.add(key, out[v]);
    }
    return out;
  }

 private:
  onnx::ModelProto graph_;
  std::string bytes_;
  PixelNetwork network_;
  Resize resize_;
  FeatureCache cache_;
};

/// Computes `views` views of every photo; sets aside what can't be used.
void extract(Extractor& extractor, PhotoSet& set, std::size_t views, const std::string& what,
             const Progress& progress) {
  const std::size_t count = set.paths.size();
  std::vector<std::vector<std::vector<float>>> found(count);
  set.hashes.resize(count);
  set.faults.assign(count, "");
  std::atomic<std::size_t> done{0};
  const auto start = std::chrono::steady_clock::now();
  std::mutex saying;
  auto said = start;
  parallel_for(count, [&](std::size_t i) {
    try {
      const MappedFile file(set.paths[i]);
      set.hashes[i] = hash_of_bytes(file.text());
      found[i] = extractor.features_of(file.text(), set.hashes[i], set.paths[i].string(), views);
    } catch (const Error& error) {
      if (error.kind == ErrorKind::bad_model) throw;
      set.faults[i] = error.message;
    }
    ++done;
    const std::lock_guard lock(saying);
    const auto now = std::chrono::steady_clock::now();
    if (now - said < std::chrono::seconds(5)) return;
    said = now;
    const double passed = std::chrono::duration<double>(now - start).count();
    const double left = passed * static_cast<double>(count - done) / static_cast<double>(done);
    progress(what + ": " + with_commas(done) + " of " + counted(count, "photo") + ", about " +
             std::to_string(static_cast<int>(left) + 1) + " s left");
  });
  for (std::size_t v = 0; v < views; ++v) {
    for (auto& one : found) {
      if (!one.empty()) {
        set.features[v].insert(set.features[v].end(), one[v].begin(), one[v].end());
      }
    }
  }
  PhotoSet kept;
  for (std::size_t i = 0; i < count; ++i) {
    if (!set.faults[i].empty()) continue;
    kept.paths.push_back(set.paths[i]);
    kept.labels.push_back(set.labels[i]);
    kept.hashes.push_back(set.hashes[i]);
  }
  set.paths = std::move(kept.paths);
  set.labels = std::move(kept.labels);
  set.hashes = std::move(kept.hashes);
}

/// Names of what was set aside, as a warning.
void warn_of_faults(const PhotoSet& set, const PhotoFolder& folder,
                    std::vector<Warning>& warnings) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < set.faults.size(); ++i) {
    if (set.faults[i].empty()) continue;
    names.push_back(shown(folder.photos[i].path.lexically_relative(folder.path).string(), 80) +
                    " (" + set.faults[i] + ")");
  }
  for (const SkippedFile& one : folder.skipped) {
    names.push_back(shown(one.path.string(), 80) + " (" + one.reason + ")");
  }
  if (names.empty()) return;
  warnings.push_back({"unusable_files",
                      counted(names.size(), "file") + " of " + folder.path.string() +
                          " can't be used: " + listed(names, 5),
                      "remove or mend them; they were passed over"});
}

PhotoSet as_set(const PhotoFolder& folder, const std::vector<std::string>& classes) {
  PhotoSet set;
  for (const PhotoFile& photo : relabelled(folder, classes).photos) {
    set.paths.push_back(photo.path);
    set.labels.push_back(photo.label);
  }
  return set;
}

/// Folds of equal bytes stay together; stratified by class.
std::vector<std::uint8_t> deal(const PhotoSet& set, std::uint64_t seed, std::size_t folds) {
  std::vector<std::size_t> order(set.paths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  random.shuffle(std::span(order));
  std::map<std::string, std::uint8_t> seen;
  std::map<int, std::size_t> dealt;
  std::vector<std::uint8_t> fold(order.size());
  for (const std::size_t i : order) {
    const auto next = static_cast<std::uint8_t>(dealt[set.labels[i]] % folds);
    const auto [place, is_new] = seen.emplace(set.hashes[i], next);
    if (is_new) ++dealt[set.labels[i]];
    fold[i] = place->second;
  }
  return fold;
}

/// The candidate whose features tell the classes apart best on a sample: the least
/// log loss of a head fitted on one half and judged on the other, both ways.
const Normalisation& measure_normalisation(const Backbone& backbone, const PhotoFolder& folder,
                                           const std::vector<std::string>& classes,
                                           const PhotoTrainOptions& options, Json& report) {
  const auto& known = known_normalisations();
  if (backbone.type == onnx::TensorProto::UINT8) return known[0];
  if (options.normalisation != "auto") {
    const auto named = std::ranges::find(known, options.normalisation, &Normalisation::name);
    return named == known.end() ? known[0] : *named;
  }
  const PhotoSet all = as_set(folder, classes);
  std::vector<std::size_t> order(all.paths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(7);
  random.shuffle(std::span(order));
  order.resize(std::min(order.size(), kSamplePhotos));
  std::vector<std::optional<Image>> images(order.size());
  parallel_for(order.size(), [&](std::size_t i) {
    try {
      const MappedFile file(all.paths[order[i]]);
      images[i] = resized(decode_image(file.text(), "").image,
                          {backbone.width, backbone.height, options.fit});
    } catch (const Error&) {  // named later, by extract()
    }
  });
  const Normalisation* best = &known[0];
  double least = std::numeric_limits<double>::infinity();
  for (const Normalisation& one : known) {
    const std::string bytes = feature_graph(backbone, one).SerializeAsString();
    const PixelNetwork network(bytes, "features", options.backbone.string());
    std::vector<std::vector<float>> rows(images.size());
    parallel_for(images.size(), [&](std::size_t i) {
      if (images[i]) rows[i] = network.run(images[i]->pixels, 1);
    });
    std::array<std::vector<float>, 2> halves;
    std::array<std::vector<int>, 2> labels;
    std::size_t dimensions = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].empty()) continue;
      dimensions = rows[i].size();
      halves[i % 2].insert(halves[i % 2].end(), rows[i].begin(), rows[i].end());
      labels[i % 2].push_back(all.labels[order[i]]);
    }
    if (labels[0].empty() || labels[1].empty()) break;
    double loss = 0;
    for (const std::size_t half : {0, 1}) {
      HeadSolver solver({halves[half], labels[half], dimensions, classes.size()});
      const auto logits = head_logits(solver.fit(0.3), halves[1 - half]);
      loss +=
          log_loss(softmax_rows(logits, classes.size(), 1), labels[1 - half], classes.size()) / 2;
    }
    report[one.name] = rounded(loss, 4);
    if (std::isfinite(loss) && loss < least) {
      least = loss;
      best = &one;
    }
  }
  return *best;
}

/// Validation logits for each strength.
struct Sweep {
  std::vector<SoftmaxHead> heads;
  std::vector<std::vector<float>> logits;

  /// Strength and temperature by log loss on the rows where `labels` is not -1.
  std::pair<std::size_t, double> choose(const std::vector<int>& labels, std::size_t classes) const {
    std::pair<std::size_t, double> best{0, 1};
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double temperature = fit_temperature(logits[i], labels, classes);
      const double loss = log_loss(softmax_rows(logits[i], classes, temperature), labels, classes);
      if (loss < least) {
        least = loss;
        best = {i, temperature};
      }
    }
    return best;
  }
};

Json judge(const std::vector<float>& probabilities, const std::vector<int>& labels,
           const Card& card) {
  const std::size_t classes = card.schema.target.classes.size();
  std::vector<int> answers;
  for (std::size_t at = 0; at < probabilities.size(); at += classes) {
    answers.push_back(answer_of(card, &probabilities[at]));
  }
  std::vector<std::string> names;
  for (const Category& one : card.schema.target.classes) names.push_back(one.value);
  return to_json(evaluate_classifier(probabilities, answers, labels, classes), names);
}

/// Each fifth of the validation photos is answered with the strength and the
/// temperature that the other four chose.
Json cross_fitted(const Sweep& sweep, const PhotoSet& validation, const Card& card,
                  std::uint64_t seed) {
  const std::size_t classes = card.schema.target.classes.size();
  const auto fold = deal(validation, seed, 5);
  std::vector<float> pooled(validation.labels.size() * classes);
  for (std::uint8_t out = 0; out < 5; ++out) {
    std::vector<int> labels = validation.labels;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] == out) labels[i] = -1;
    }
    const auto [strength, temperature] = sweep.choose(labels, classes);
    const auto p = softmax_rows(sweep.logits[strength], classes, temperature);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out) continue;
      std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                  pooled.begin() + static_cast<std::ptrdiff_t>(i * classes));
    }
  }
  return judge(pooled, validation.labels, card);
}

/// All views of the photos that `keep` names, one after another.
struct Rows {
  std::vector<float> features;
  std::vector<int> labels;
};

template <typename Keep>
Rows rows_of(const PhotoSet& set, std::size_t dimensions, std::size_t views, const Keep& keep) {
  Rows rows;
  for (std::size_t v = 0; v < views; ++v) {
    for (std::size_t i = 0; i < set.labels.size(); ++i) {
      if (!keep(i)) continue;
      const auto from = set.features[v].begin() + static_cast<std::ptrdiff_t>(i * dimensions);
      rows.features.insert(rows.features.end(), from,
                           from + static_cast<std::ptrdiff_t>(dimensions));
      rows.labels.push_back(set.labels[i]);
    }
  }
  return rows;
}

void require_classes(const PhotoSet& set, const std::vector<std::string>& classes,
                     const std::string& where) {
  if (classes.size() < 2) {
    throw Error(ErrorKind::bad_input, "there is one class only: " + listed(classes), where,
                "a classifier needs at least two folders of photos");
  }
  std::vector<std::size_t> counts(classes.size(), 0);
  for (const int label : set.labels) ++counts[static_cast<std::size_t>(label)];
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] >= 2) continue;
    throw Error(ErrorKind::bad_input,
                "the class '" + shown(classes[k]) + "' has " +
                    (counts[k] == 0 ? "no photo that can be used" : "one photo only"),
                where, "collect some dozens, or remove the folder");
  }
}

/// Photos that stand on both sides, byte for byte.
void warn_of_shared(const PhotoSet& train, const PhotoSet& judge, std::vector<Warning>& warnings) {
  const std::map<std::string, int> known = [&] {
    std::map<std::string, int> out;
    for (std::size_t i = 0; i < train.hashes.size(); ++i) out[train.hashes[i]] = train.labels[i];
    return out;
  }();
  const auto shared =
      std::ranges::count_if(judge.hashes, [&](const auto& hash) { return known.contains(hash); });
  if (shared == 0) return;
  warnings.push_back({"shared_photos",
                      counted(static_cast<std::size_t>(shared), "photo") +
                          " of the judging folder is in the training folder too",
                      "remove it from one of them: its figures flatter"});
}

}  // namespace

TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress) {
  TrainedModel out;
  Card& card = out.card;
  std::vector<Warning> warnings;
  const PhotoFolder folder = list_photos(options.data);
  std::vector<std::string> classes;
  for (const std::string& name : folder.classes) {
    const std::string value = normalised(name);
    if (std::ranges::contains(classes, value)) {
      throw Error(ErrorKind::bad_input, "two folders are the class '" + shown(value) + "'",
                  options.data.string(), "case does not matter, a blank is _: put them into one");
    }
    classes.push_back(value);
  }
  require_classes(as_set(folder, classes), classes, options.data.string());

  progress("reading the backbone " + options.backbone.string());
  const ModelFile file = read_model(options.backbone);
  const Backbone backbone = find_backbone(*file.proto, options.backbone.string());
  Json measured = Json::object();
  progress("backbone: " + std::to_string(backbone.width) + " x " + std::to_string(backbone.height) +
           " pixels, cut before its last layer (" + backbone.last_layer + "); its normalisation");
  const Normalisation& normalisation =
      measure_normalisation(backbone, folder, classes, options, measured);
  Extractor extractor(backbone, normalisation, options.fit, options.backbone.string());

  PhotoSet train = as_set(folder, classes);
  extract(extractor, train, kViews.size(), "features", progress);
  warn_of_faults(train, folder, warnings);
  require_classes(train, classes, options.data.string());
  const std::size_t dimensions = train.features[0].size() / train.labels.size();

  PhotoSet validation;
  std::vector<std::uint8_t> fold(train.labels.size(), 1);  // 0: chooses
  if (options.validation) {
    const PhotoFolder judges = list_photos(*options.validation);
    validation = as_set(judges, classes);
    extract(extractor, validation, 1, "validation", progress);
    warn_of_faults(validation, judges, warnings);
    warn_of_shared(train, validation, warnings);
    if (validation.labels.empty()) {
      throw Error(ErrorKind::bad_input, "no validation photo can be used",
                  options.validation->string(), "name a folder of one folder of photos a class");
    }
  } else {
    fold = deal(train, options.seed, 5);
    const Rows rows = rows_of(train, dimensions, 1, [&](std::size_t i) { return fold[i] == 0; });
    validation.labels = rows.labels;
    validation.features[0] = rows.features;
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] == 0) {
        validation.paths.push_back(train.paths[i]);
        validation.hashes.push_back(train.hashes[i]);
      }
    }
  }

  card.task = "image";
  card.algorithm = "frozen";
  card.image = extractor.resize();
  card.schema.target.name = card.schema.target.key = "class";
  for (std::size_t k = 0; k < classes.size(); ++k) {
    Category one{classes[k], folder.classes[k], {folder.classes[k]}, 0};
    for (const int label : train.labels) one.count += static_cast<std::size_t>(label) == k ? 1 : 0;
    card.schema.target.classes.push_back(std::move(one));
  }

  Sweep sweep;
  {
    const Rows rows =
        rows_of(train, dimensions, kViews.size(), [&](std::size_t i) { return fold[i] != 0; });
    HeadSolver solver({rows.features, rows.labels, dimensions, classes.size()});
    for (const double lambda : kLambdas) {
      progress("head: regularisation " + number_text(lambda));
      sweep.heads.push_back(solver.fit(lambda));
      sweep.logits.push_back(head_logits(sweep.heads.back(), validation.features[0]));
      if (sweep.choose(validation.labels, classes.size()).first + 2 < sweep.heads.size()) break;
    }
  }
  card.figures["validation"] = cross_fitted(sweep, validation, card, options.seed);
  const auto [strength, temperature] = sweep.choose(validation.labels, classes.size());
  SoftmaxHead head = sweep.heads[strength];
  if (options.test) {
    const PhotoFolder judges = list_photos(*options.test);
    PhotoSet test = as_set(judges, classes);
    extract(extractor, test, 1, "test", progress);
    warn_of_faults(test, judges, warnings);
    warn_of_shared(train, test, warnings);
    if (!test.labels.empty()) {
      card.figures["test"] =
          judge(softmax_rows(head_logits(head, test.features[0]), classes.size(), temperature),
                test.labels, card);
    }
  }
  if (!options.validation) {
    progress("head: fitting on all photos");
    const Rows rows = rows_of(train, dimensions, kViews.size(), [](std::size_t) { return true; });
    HeadSolver solver({rows.features, rows.labels, dimensions, classes.size()});
    head = solver.fit(kLambdas[strength]);
  }
  head.temperature = static_cast<float>(temperature);

  for (const std::string& problem : extractor.problems()) {
    warnings.push_back({"feature_cache", problem, "nothing is lost; training went on"});
  }
  std::string all_hashes;
  for (const std::string& hash : train.hashes) all_hashes += hash;
  card.warnings = to_json(warnings);
  card.training = {{"rows", train.labels.size()},
                   {"validation_rows", options.validation ? validation.labels.size() : 0},
                   {"data_sha256", hash_of_bytes(all_hashes)},
                   {"seed", options.seed},
                   {"settings",
                    {{"lambda", kLambdas[strength]},
                     {"temperature", rounded(temperature)},
                     {"normalisation", normalisation.name},
                     {"views", kViews.size()}}},
                   {"backbone",
                    {{"file", options.backbone.filename().string()},
                     {"sha256", hash_of_bytes(file.bytes)},
                     {"cut_before", backbone.last_layer},
                     {"features", dimensions},
                     {"normalisations_tried", measured}}},
                   {"options", options.given},
                   {"versions", {{"vitrine", kVersion}, {"onnxruntime", onnx_runtime_version()}}}};
  out.bytes = serialise_model(image_graph(extractor.graph(), head), card);

  progress("reopening and comparing");
  const ImagePredictor reopened(parse_model(out.bytes, "the new model"));
  const std::size_t sample = std::min<std::size_t>(validation.paths.size(), 16);
  const auto own =
      softmax_rows(head_logits(head, std::span(validation.features[0]).first(sample * dimensions)),
                   classes.size(), head.temperature);
  for (std::size_t i = 0; i < sample; ++i) {
    const MappedFile photo(validation.paths[i]);
    const std::array<Image, 1> images{decode_image(photo.text(), "").image};
    const auto p = reopened.predict(images).probabilities;
    for (std::size_t k = 0; k < classes.size(); ++k) {
      out.largest_difference =
          std::max<double>(out.largest_difference, std::abs(p[k] - own[i * classes.size() + k]));
    }
  }
  if (!(out.largest_difference <= 1e-4)) {
    throw Error(ErrorKind::failed,
                "the reopened model answers differently from the trained one (by " +
                    std::to_string(out.largest_difference) + ")",
                "the check before saving", "nothing was saved; please report this");
  }
  return out;
}

}  // namespace vitrine
