#include "train/photo_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "base/version.h"
#include "data/value.h"
#include "infer/onnx_runtime.h"
#include "metrics/classification.h"
#include "train/judge.h"
#include "train/photo_features.h"
#include "train/softmax_head.h"

namespace vitrine {
namespace {

/// Strong to weak, for warm starts.
constexpr std::array<double, 8> kLambdas{1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};

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

/// Each fifth of the validation photos is answered with the strength and the
/// temperature that the other four chose.
Json cross_fitted(const Sweep& sweep, const PhotoSet& validation, const Card& card,
                  std::uint64_t seed) {
  const std::size_t classes = card.schema.target.classes.size();
  const auto fold = deal(validation, seed, 5);
  std::vector<float> pooled(validation.labels.size() * classes);
  for (std::uint8_t out = 0; out < 5; ++out) {
    const auto labels =
        labels_where(validation.labels, [&](std::size_t i) { return fold[i] != out; });
    const auto [strength, temperature] = sweep.choose(labels, classes);
    const auto p = softmax_rows(sweep.logits[strength], classes, temperature);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out) continue;
      std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                  pooled.begin() + static_cast<std::ptrdiff_t>(i * classes));
    }
  }
  return judge(card, pooled, validation.labels);
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
  const std::set<std::string> known(train.hashes.begin(), train.hashes.end());
  const auto shared =
      std::ranges::count_if(judge.hashes, [&](const auto& hash) { return known.contains(hash); });
  if (shared == 0) return;
  warnings.push_back({"shared_photos",
                      counted(static_cast<std::size_t>(shared), "photo") +
                          " of the judging folder is in the training folder too",
                      "remove it from one of them: its figures flatter"});
}

/// Normalised folder names, in order.
std::vector<std::string> class_values(const PhotoFolder& folder) {
  std::vector<std::string> classes;
  for (const std::string& name : folder.classes) {
    const std::string value = normalised(name);
    if (std::ranges::contains(classes, value)) {
      throw Error(ErrorKind::bad_input, "two folders are the class '" + shown(value) + "'",
                  folder.path.string(), "case does not matter, a blank is _: put them into one");
    }
    classes.push_back(value);
  }
  return classes;
}

const Normalisation& choose_normalisation(const Backbone& backbone, const PhotoSet& photos,
                                          std::size_t classes, const PhotoTrainOptions& options,
                                          Json& report) {
  const auto& known = known_normalisations();
  if (backbone.type == onnx::TensorProto::UINT8) return known[0];  // takes pixels as they are
  if (options.normalisation == "auto") {
    return measure_normalisation(backbone, photos, classes, options.fit, options.backbone.string(),
                                 report);
  }
  const auto named = std::ranges::find(known, options.normalisation, &Normalisation::name);
  return named == known.end() ? known[0] : *named;
}

/// One training: what its steps share.
class PhotoTraining {
 public:
  PhotoTraining(const PhotoTrainOptions& options, const Progress& progress)
      : options_(options),
        progress_(progress),
        folder_(list_photos(options.data)),
        classes_(class_values(folder_)) {
    require_classes(as_set(folder_, classes_), classes_, options_.data.string());
  }

  TrainedModel run() {
    open_backbone();
    train_ = as_set(folder_, classes_);
    extractor_->extract(train_, kViews.size(), "features", progress_);
    warn_of_faults(train_, folder_, warnings_);
    require_classes(train_, classes_, options_.data.string());
    dimensions_ = train_.features[0].size() / train_.labels.size();
    keep_validation_apart();
    describe_model();
    const SoftmaxHead head = choose_and_fit();
    write_card();
    out_.bytes = serialise_model(image_graph(extractor_->graph(), head), out_.card);
    compare_reopened(head);
    return std::move(out_);
  }

 private:
  void open_backbone() {
    progress_("reading the backbone " + options_.backbone.string());
    const ModelFile file = read_model(options_.backbone);
    const Backbone backbone = find_backbone(*file.proto, options_.backbone.string());
    progress_("backbone: " + std::to_string(backbone.width) + " x " +
              std::to_string(backbone.height) + " pixels, cut before its last layer (" +
              backbone.last_layer + "); its normalisation");
    Json measured = Json::object();
    const Normalisation normalisation = choose_normalisation(backbone, as_set(folder_, classes_),
                                                              classes_.size(), options_, measured);
    normalisation_ = normalisation.name;
    extractor_.emplace(backbone, normalisation, options_.fit, options_.backbone.string());
    backbone_json_ = {{"file", options_.backbone.filename().string()},
                      {"sha256", sha256_hex(file.bytes)},
                      {"cut_before", backbone.last_layer},
                      {"features", 0},
                      {"normalisations_tried", measured}};
  }

  /// A folder that judges; photos that training has too are warned of.
  PhotoSet read_judges(const std::filesystem::path& path, const std::string& what) {
    const PhotoFolder judges = list_photos(path);
    PhotoSet set = as_set(judges, classes_);
    extractor_->extract(set, 1, what, progress_);
    warn_of_faults(set, judges, warnings_);
    warn_of_shared(train_, set, warnings_);
    return set;
  }

  /// Fills validation_; teaches_ says which training photos teach while choosing.
  void keep_validation_apart() {
    teaches_.assign(train_.labels.size(), true);
    if (options_.validation) {
      validation_ = read_judges(*options_.validation, "validation");
      if (!validation_.labels.empty()) return;
      throw Error(ErrorKind::bad_input, "no validation photo can be used",
                  options_.validation->string(), "name a folder of one folder of photos a class");
    }
    const auto fold = deal(train_, options_.seed, 5);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      teaches_[i] = fold[i] != 0;
      if (teaches_[i]) continue;
      validation_.paths.push_back(train_.paths[i]);
      validation_.hashes.push_back(train_.hashes[i]);
    }
    Rows rows = rows_of(train_, dimensions_, 1, [&](std::size_t i) { return !teaches_[i]; });
    validation_.labels = std::move(rows.labels);
    validation_.features[0] = std::move(rows.features);
  }

  /// What the card says of input and answer.
  void describe_model() {
    Card& card = out_.card;
    card.task = "image";
    card.algorithm = "frozen";
    card.image = extractor_->resize();
    Target& target = card.schema.target;
    target.name = target.key = "class";
    for (std::size_t k = 0; k < classes_.size(); ++k) {
      const auto count = std::ranges::count(train_.labels, static_cast<int>(k));
      target.classes.push_back({classes_[k],
                                folder_.classes[k],
                                {folder_.classes[k]},
                                static_cast<std::uint64_t>(count)});
    }
  }

  Sweep sweep_strengths() {
    Sweep sweep;
    const Rows rows =
        rows_of(train_, dimensions_, kViews.size(), [&](std::size_t i) { return teaches_[i]; });
    HeadSolver solver({rows.features, rows.labels, dimensions_, classes_.size()});
    for (const double lambda : kLambdas) {
      progress_("head: regularisation " + number_text(lambda));
      sweep.heads.push_back(solver.fit(lambda));
      sweep.logits.push_back(head_logits(sweep.heads.back(), validation_.features[0]));
      if (sweep.choose(validation_.labels, classes_.size()).first + 2 < sweep.heads.size()) break;
    }
    return sweep;
  }

  /// Chooses, judges, and fits the head that is saved.
  SoftmaxHead choose_and_fit() {
    const Sweep sweep = sweep_strengths();
    Card& card = out_.card;
    card.figures["validation"] = cross_fitted(sweep, validation_, card, options_.seed);
    const auto [strength, temperature] = sweep.choose(validation_.labels, classes_.size());
    lambda_ = kLambdas[strength];
    SoftmaxHead head = sweep.heads[strength];
    if (options_.test) {
      const PhotoSet test = read_judges(*options_.test, "test");
      if (!test.labels.empty()) {
        card.figures["test"] = judge(
            card, softmax_rows(head_logits(head, test.features[0]), classes_.size(), temperature),
            test.labels);
      }
    }
    if (!options_.validation) {
      progress_("head: fitting on all photos");
      const Rows rows =
          rows_of(train_, dimensions_, kViews.size(), [](std::size_t) { return true; });
      HeadSolver solver({rows.features, rows.labels, dimensions_, classes_.size()});
      head = solver.fit(lambda_);
    }
    temperature_ = temperature;
    head.temperature = static_cast<float>(temperature);
    return head;
  }

  void write_card() {
    for (const std::string& problem : extractor_->problems()) {
      warnings_.push_back({"feature_cache", problem, "nothing is lost; training went on"});
    }
    std::string all_hashes;
    for (const std::string& hash : train_.hashes) all_hashes += hash;
    backbone_json_["features"] = dimensions_;
    Card& card = out_.card;
    card.warnings = to_json(warnings_);
    card.training = {
        {"rows", train_.labels.size()},
        {"validation_rows", options_.validation ? validation_.labels.size() : 0},
        {"data_sha256", sha256_hex(all_hashes)},
        {"seed", options_.seed},
        {"settings",
         {{"lambda", lambda_},
          {"temperature", rounded(temperature_)},
          {"normalisation", normalisation_},
          {"views", kViews.size()}}},
        {"backbone", backbone_json_},
        {"options", options_.given},
        {"versions", {{"vitrine", kVersion}, {"onnxruntime", onnx_runtime_version()}}}};
  }

  /// Opens the bytes as `predict` will and compares probabilities on some photos.
  void compare_reopened(const SoftmaxHead& head) {
    progress_("reopening and comparing");
    const ImagePredictor reopened(parse_model(out_.bytes, "the new model"));
    const std::size_t sample = std::min<std::size_t>(validation_.paths.size(), 16);
    const auto own = softmax_rows(
        head_logits(head, std::span(validation_.features[0]).first(sample * dimensions_)),
        classes_.size(), head.temperature);
    for (std::size_t i = 0; i < sample; ++i) {
      const MappedFile photo(validation_.paths[i]);
      const std::array<Image, 1> images{decode_image(photo.text(), "").image};
      const auto p = reopened.predict(images).probabilities;
      for (std::size_t k = 0; k < classes_.size(); ++k) {
        out_.largest_difference = std::max<double>(out_.largest_difference,
                                                   std::abs(p[k] - own[i * classes_.size() + k]));
      }
    }
    if (!(out_.largest_difference <= 1e-4)) {
      throw Error(ErrorKind::failed,
                  "the reopened model answers differently from the trained one (by " +
                      std::to_string(out_.largest_difference) + ")",
                  "the check before saving", "nothing was saved; please report this");
    }
  }

  const PhotoTrainOptions& options_;
  const Progress& progress_;
  PhotoFolder folder_;
  std::vector<std::string> classes_;
  std::vector<Warning> warnings_;
  std::optional<FeatureExtractor> extractor_;
  std::string normalisation_;
  Json backbone_json_;
  PhotoSet train_;
  PhotoSet validation_;
  std::vector<bool> teaches_;
  std::size_t dimensions_ = 0;  ///< features a photo
  double lambda_ = 0;
  double temperature_ = 1;
  TrainedModel out_;
};

}  // namespace

TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress) {
  return PhotoTraining(options, progress).run();
}

}  // namespace vitrine
