// PhotoTraining fills in the steps of TrainingJob::run():
// 1. read(): computes features with the backbone (open_backbone, extract), or makes a small network
//    (make_network); checks the photos; chooses the validation photos (keep_validation_apart): all
//    photos with cross-fitting, a given folder, or a fifth.
// 2. choose(), with a frozen backbone: choose_head() fits softmax heads with decreasing
//    regularisation and chooses one. find_wrong_labels() finds photos that may have a wrong label.
// 3. fit(): train_whole() trains the network in the module `nn` (fine-tuning, from scratch), or
//    finish_frozen() fits the final head. evaluate_choice() computes cross-fitted metrics and
//    prediction sets.
// 4. check_reopened() compares the predictions of the file with those of the training and of ONNX
//    Runtime, chooses the precision, and evaluates the test photos.
// Cross-fitting is the hard part: a photo that took part in a choice must not be used for the
// metrics of that choice. photo_cross_fit.h has the functions for it.
#include "train/photo/photo_trainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "base/version.h"
#include "data/image/encode.h"
#include "data/table/value.h"
#include "engine/onnx_runtime.h"
#include "engine/precision_trial.h"
#include "metrics/classification.h"
#include "metrics/conformal.h"
#include "model/residual_network.h"
#include "model/training_filter.h"
#include "train/evaluation.h"
#include "train/photo/photo_cross_fit.h"
#include "train/photo/softmax_head.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kRuntimeSample = 4;  // photos that ONNX Runtime predicts for comparison

/// Strengths of regularisation, from strong to weak, for warm starts.
constexpr std::array<double, 9> kLambdas{3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};

constexpr std::uint8_t kLabelIssueFolds = 3;
/// Up to this number of photos, heads are cross-fitted over all photos; with more, they are chosen
/// on a fifth of them.
constexpr std::size_t kMostCrossFitted = 5000;
/// With few photos, cross-fitting is repeated with other folds, because one division is too random.
constexpr std::size_t kMostRepetitions = 5;
constexpr std::size_t kRepeatedPhotos = 1500;
/// With fewer photos, the precision trial uses half of them.
constexpr std::size_t kFewTrialPhotos = 500;
constexpr std::size_t kMostLabelIssues = 100;  // in the card

/// The largest image side of a network from scratch, in pixels.
constexpr int kLargestSide = 64;

/// Features and labels of some photos.
struct Rows {
  std::vector<float> features;
  std::vector<int> labels;
};

template <typename Keep>
Rows rows_of(const PhotoSet& set, std::size_t dimensions, const Keep& keep) {
  Rows rows;
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    if (!keep(i)) continue;
    const auto from = set.features.begin() + static_cast<std::ptrdiff_t>(i * dimensions);
    rows.features.insert(rows.features.end(), from, from + static_cast<std::ptrdiff_t>(dimensions));
    rows.labels.push_back(set.labels[i]);
  }
  return rows;
}

void require_classes(const PhotoSet& set, const std::vector<std::string>& classes,
                     const std::string& where) {
  if (classes.size() < 2) {
    throw Error(ErrorKind::bad_input, "there is only one class: " + listed(classes), where,
                data::hint_of_label_tables(where) +
                    "a classifier needs one folder of photos for each class");
  }
  std::vector<std::size_t> counts(classes.size(), 0);
  for (const int label : set.labels) ++counts[static_cast<std::size_t>(label)];
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] >= 2) continue;
    throw Error(ErrorKind::bad_input,
                "the class '" + shown(classes[k]) + "' has " +
                    (counts[k] == 0 ? "no usable photo" : "only one photo"),
                where, "collect some dozens, or remove the folder");
  }
}

/// Warns of photos in both sets that are (nearly) identical.
void warn_of_shared(const PhotoSet& train, const PhotoSet& held_out,
                    std::vector<data::Warning>& warnings) {
  std::vector<data::PhotoFacts> all = train.facts;
  all.insert(all.end(), held_out.facts.begin(), held_out.facts.end());
  const std::size_t border = train.facts.size();
  const auto shared = std::ranges::count_if(
      data::find_alike(all),
      [&](const data::AlikePhotos& pair) { return pair.first < border && pair.second >= border; });
  if (shared == 0) return;
  warnings.push_back(
      {"shared_photos",
       counted(static_cast<std::size_t>(shared), "photo") +
           " of the validation or test folder (nearly) identical to a training photo",
       "remove such photos from one of the folders; the metrics are too good"});
}

/// The target, whose classes are the names of the folders, in their order.
data::Target target_of(const data::PhotoFolder& folder) {
  std::set<std::string_view> names;
  for (const std::string& name : folder.classes) {
    if (names.insert(trimmed(name)).second) continue;
    throw Error(
        ErrorKind::bad_input, "two folders have the class name '" + shown(trimmed(name)) + "'",
        folder.path.string(), "blanks at both ends are ignored; put the photos into one folder");
  }
  data::Target target{.name = "class", .key = "class"};
  target.classes = data::classes_of_names(folder.classes);
  return target;
}

const model::Normalisation& normalisation_named(const std::string& name) {
  const auto& known = model::known_normalisations();
  const auto found = std::ranges::find(known, name, &model::Normalisation::name);
  return found == known.end() ? known[0] : *found;
}

const model::Normalisation& choose_normalisation(const model::Backbone& backbone,
                                                 const PhotoSet& photos, std::size_t classes,
                                                 const PhotoTrainOptions& options,
                                                 const Progress& progress, Json& report) {
  if (backbone.type == ::onnx::TensorProto::UINT8)
    return model::known_normalisations()[0];  // accepts unscaled pixels
  if (options.normalisation == "auto") {
    return measure_normalisation(backbone, photos, classes, options.fit, options.backbone.string(),
                                 progress, report);
  }
  return normalisation_named(options.normalisation);
}

class PhotoTraining : public TrainingJob {
 public:
  PhotoTraining(const PhotoTrainOptions& options, const Progress& progress)
      : TrainingJob(progress),
        options_(options),
        folder_(data::list_photos(options.data)),
        target_(target_of(folder_)),
        classes_(target_.class_names()) {
    if (from_scratch() || options_.fine_tune) require_network_trainer();
    require_classes(as_set(folder_, target_), classes_, options_.data.string());
  }

 private:
  bool from_scratch() const { return options_.backbone.empty(); }

  void read() override {
    train_ = as_set(folder_, target_);
    if (from_scratch()) {
      make_network(look_at(train_, "reading", progress_));
    } else {
      open_backbone();
      extractor_->extract(train_, "features", progress_);
      dimensions_ = train_.features.size() / std::max<std::size_t>(1, train_.labels.size());
    }
    warnings_ = data::check_photos(folder_, train_.facts, data::find_alike(train_.facts));
    refuse_faults(train_, options_.data);
    require_classes(train_, classes_, options_.data.string());
    keep_validation_apart();
    require_training_photos();
    if (options_.test) test_ = read_held_out(*options_.test, "test");
    describe_model();
  }

  void choose() override {
    if (from_scratch()) return;
    choose_head();
    find_wrong_labels();
  }

  void fit() override {
    if (from_scratch() || options_.fine_tune) train_whole();
    if (out_.card.algorithm == "frozen") finish_frozen();
  }

  std::string serialise() const override { return model::serialise_model(graph_, out_.card); }

  void open_backbone() {
    progress_("reading the backbone " + options_.backbone.string());
    const model::ModelFile file = model::read_model(options_.backbone);
    model::Backbone backbone =
        model::find_backbone(model::whole_model(file), options_.backbone.string());
    if (options_.size > 0) backbone.width = backbone.height = options_.size;
    progress_("backbone: " + std::to_string(backbone.width) + " x " +
              std::to_string(backbone.height) + " pixels, last layer (" + backbone.last_layer +
              ") removed; choosing the normalisation");
    Json measured = Json::object();
    const model::Normalisation normalisation = choose_normalisation(
        backbone, as_set(folder_, target_), classes_.size(), options_, progress_, measured);
    extractor_.emplace(backbone, normalisation, options_.fit, options_.backbone.string());
    features_ = extractor_->graph();
    resize_ = extractor_->resize();
    settings_["normalisation"] = normalisation.name;
    backbone_json_ = {{"file", options_.backbone.filename().string()},
                      {"sha256", sha256_hex(file.bytes)},
                      {"cut_before", backbone.last_layer},
                      {"features", 0},
                      {"normalisations_tried", measured}};
  }

  /// Without a backbone: makes a small network with random weights, for images of about the photos'
  /// size. `shorter` is the median of the photos' shorter sides, in pixels.
  void make_network(int shorter) {
    const int side = options_.size > 0 ? options_.size : std::clamp(shorter, 16, kLargestSide);
    const model::Backbone network = model::residual_network(side, options_.seed);
    features_ = model::feature_graph(network, normalisation_named("half"));
    resize_ = {side, side, options_.fit};
    constexpr std::size_t kFeatures = 128;
    head_.features = side >= 24 ? kFeatures : kFeatures / 2;
    head_.classes = classes();
    head_.weights.resize(head_.features * classes());
    head_.bias.resize(classes(), 0);
    Random random(options_.seed);
    for (float& weight : head_.weights) weight = static_cast<float>(0.01 * random.normal());
    settings_["side"] = side;
  }

  /// --strict: throws an error if a file can't be used.
  void refuse_faults(const PhotoSet& set, const std::filesystem::path& where) const {
    const bool all_usable = std::ranges::all_of(
        set.facts, [](const data::PhotoFacts& facts) { return facts.fault.empty(); });
    if (!options_.strict || all_usable) return;
    const auto warning = std::ranges::find(warnings_, "unusable_files", &data::Warning::code);
    throw Error(ErrorKind::bad_input, warning->message, where.string(),
                "remove or fix them, or leave --strict out");
  }

  /// Reads a validation or test folder (`what`). Warns of absent classes and of photos that are
  /// also in the training data.
  PhotoSet read_held_out(const std::filesystem::path& path, const std::string& what) {
    const data::PhotoFolder held_out = data::list_photos(path);
    PhotoSet set = as_set(held_out, target_);
    if (extractor_) {
      extractor_->extract(set, what, progress_);
    } else {
      look_at(set, what, progress_);
    }
    warn_of_absent(set, path, what);
    data::warn_of_files(held_out, set.facts, warnings_);
    refuse_faults(set, path);
    warn_of_shared(train_, set, warnings_);
    return set;
  }

  /// Warns of classes without photos in a validation or test folder: its metrics do not cover them.
  void warn_of_absent(const PhotoSet& set, const std::filesystem::path& path,
                      const std::string& what) {
    std::vector<std::string> absent;
    for (std::size_t k = 0; k < classes(); ++k) {
      if (!std::ranges::contains(set.labels, static_cast<int>(k))) absent.push_back(classes_[k]);
    }
    if (absent.empty()) return;
    warnings_.push_back({"absent_classes",
                         "the " + what + " photos in " + path.string() + " lack " +
                             std::to_string(absent.size()) + " of " + std::to_string(classes()) +
                             " classes (" + listed(absent, 8) + ")",
                         "the metrics, and choices based on them, do not cover these classes; give "
                         "a folder with all classes"});
  }

  /// Fills validation_ and in_training_.
  void keep_validation_apart() {
    in_training_.assign(train_.labels.size(), true);
    cross_fits_ = !options_.validation && extractor_ && !options_.fine_tune &&
                  train_.labels.size() <= kMostCrossFitted;
    if (cross_fits_) {  // all photos are used for training and, held out, for validation
      validation_.paths = train_.paths;
      validation_.groups = train_.groups;
      validation_.labels = train_.labels;
      return;
    }
    if (options_.validation) {
      validation_ = read_held_out(*options_.validation, "validation");
      if (!validation_.labels.empty()) return;
      throw Error(ErrorKind::bad_input, "no validation photo can be used",
                  options_.validation->string(),
                  "give a folder with one folder of photos for each class");
    }
    const auto fold = deal(train_, options_.seed, 5);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      in_training_[i] = fold[i] != 0;
      if (in_training_[i]) continue;
      validation_.paths.push_back(train_.paths[i]);
      validation_.groups.push_back(train_.groups[i]);
      validation_.labels.push_back(train_.labels[i]);
    }
    if (!extractor_) return;
    Rows rows = rows_of(train_, dimensions_, [&](std::size_t i) { return !in_training_[i]; });
    validation_.features = std::move(rows.features);
  }

  /// Throws an error if a class has no training photos left: identical photos stay together, so
  /// they may all be validation photos.
  void require_training_photos() const {
    std::vector<std::set<std::size_t>> trained(classes());
    for (std::size_t i = 0; i < in_training_.size(); ++i) {
      if (!in_training_[i]) continue;
      trained[static_cast<std::size_t>(train_.labels[i])].insert(train_.groups[i]);
    }
    for (std::size_t k = 0; k < trained.size(); ++k) {
      if (trained[k].size() >= (cross_fits_ ? 2 : 1)) continue;
      throw Error(
          ErrorKind::bad_input,
          "the photos of the class '" + shown(classes_[k]) +
              "' are all (nearly) identical and can't be split into training and validation",
          options_.data.string(), "collect different photos, or give --validation DIR");
    }
  }

  /// Fills in the card's input and target.
  void describe_model() {
    model::Card& card = out_.card;
    card.input = model::InputKind::photos;
    card.algorithm = extractor_ ? "frozen" : "from_scratch";
    card.image = resize_;
    card.schema.target = target_;
    for (std::size_t k = 0; k < classes_.size(); ++k) {
      card.schema.target.classes[k].count =
          static_cast<std::uint64_t>(std::ranges::count(train_.labels, static_cast<int>(k)));
    }
  }

  std::size_t classes() const { return classes_.size(); }

  /// Fits heads with all strengths of regularisation. The chosen one becomes head_, fitted on the
  /// training photos.
  void choose_head() {
    std::vector<model::SoftmaxHead> heads;
    if (cross_fits_) {
      const std::size_t photos = train_.labels.size();
      const std::size_t repetitions =
          std::clamp<std::size_t>(kRepeatedPhotos / photos, 1, kMostRepetitions);
      progress_("head: regularisation, cross-fitted over " + counted(photos, "photo"));
      frozen_ = cross_fit_heads(train_, classes(), kLambdas, repetitions, options_.seed);
      settings_["cross_fitted"] = repetitions;
    } else {
      const Rows rows =
          rows_of(train_, dimensions_, [&](std::size_t i) { return in_training_[i]; });
      HeadSolver solver({rows.features, rows.labels, dimensions_, classes()});
      frozen_.simplest_first = true;
      for (const double lambda : kLambdas) {
        progress_("head: regularisation " + data::number_text(lambda));
        heads.push_back(solver.fit(lambda));
        frozen_.logits.push_back(head_logits(heads.back(), validation_.features));
        if (frozen_.choose(validation_.labels, classes()).first + 2 < heads.size()) break;
      }
    }
    const auto [strength, temperature] = frozen_.choose(validation_.labels, classes());
    temperature_ = temperature;
    settings_["lambda"] = kLambdas[strength];
    head_ = cross_fits_ ? fitted_head([](std::size_t) { return true; }) : heads[strength];
    validation_logits_ =
        cross_fits_ ? head_logits(head_, train_.features) : frozen_.logits[strength];
    chosen_logits_ = frozen_.logits[strength];
  }

  /// A head with the chosen strength, fitted on the training photos i for which keep(i) is true.
  template <typename Keep>
  model::SoftmaxHead fitted_head(const Keep& keep) const {
    const Rows rows = rows_of(train_, dimensions_, keep);
    HeadSolver solver({rows.features, rows.labels, dimensions_, classes()});
    return solver.fit(settings_["lambda"]);
  }

  /// Computes metrics and prediction sets on the validation photos, with cross-fitting.
  void evaluate_choice(const Candidates& candidates) {
    model::Card& card = out_.card;
    const auto p = cross_fitted(candidates, validation_, classes(), options_.seed);
    card.metrics["validation"] = evaluate(card, p, validation_.labels, cross_fits_);
    choose_examples(p);
    const auto fold = deal(validation_, options_.seed + 1, 5);
    const metrics::SetFigures sets =
        metrics::evaluate_sets(p, validation_.labels, classes(), fold, 5, 0.9);
    card.metrics["validation"]["sets"] = {
        {"level", sets.level},
        {"coverage", rounded(sets.coverage.value)},
        {"coverage_ci95", {rounded(sets.coverage.ci95.low), rounded(sets.coverage.ci95.high)}},
        {"mean_size", rounded(sets.size)},
        {"empty", rounded(sets.empty)}};
    std::vector<float> truths;
    for (std::size_t i = 0; i < validation_.labels.size(); ++i) {
      truths.push_back(p[i * classes() + static_cast<std::size_t>(validation_.labels[i])]);
    }
    card.sets.clear();
    for (int percent = 50; percent <= 99; ++percent) {
      const double level = percent / 100.0;
      card.sets.push_back({level, metrics::prediction_set_threshold(truths, level)});
    }
  }

  /// Fills examples_ with the validation photo of each class that is most clearly of it.
  void choose_examples(std::span<const float> probabilities) {
    std::map<int, std::pair<float, std::size_t>> best;  // by class
    for (std::size_t i = 0; i < validation_.labels.size(); ++i) {
      const int label = validation_.labels[i];
      const float share = probabilities[i * classes() + static_cast<std::size_t>(label)];
      const auto [place, added] = best.try_emplace(label, share, i);
      if (share > place->second.first) place->second = {share, i};
    }
    examples_.clear();
    for (const auto& [label, one] : best) {
      if (examples_.size() < model::kMostExamples) examples_.push_back(one.second);
    }
  }

  /// The example photos as thumbnails: without metadata, and small, because the card is read often.
  std::vector<model::Example> thumbnails() const {
    constexpr int kSide = 96;
    constexpr int kQuality = 80;
    std::vector<model::Example> out;
    for (const std::size_t i : examples_) {
      const data::Image image = data::resized(data::read_image(validation_.paths[i]).image,
                                              {kSide, kSide, data::Fit::crop});
      const auto label = static_cast<std::size_t>(validation_.labels[i]);
      out.push_back({target_.classes[label].spelling, Json(), data::encode_jpeg(image, kQuality)});
    }
    return out;
  }

  /// Probabilities of the training photos by heads that were not fitted on them.
  std::vector<float> held_out_predictions() const {
    const std::size_t size = train_.labels.size() * classes();
    if (cross_fits_) {
      return softmax_rows(std::span(chosen_logits_).first(size), classes(), temperature_);
    }
    const auto fold = deal(train_, options_.seed, kLabelIssueFolds);
    std::vector<float> pooled(size);
    for (std::uint8_t out = 0; out < kLabelIssueFolds; ++out) {
      const model::SoftmaxHead head = fitted_head([&](std::size_t i) { return fold[i] != out; });
      for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] != out) continue;
        const auto p = softmax_rows(
            head_logits(head, std::span(train_.features).subspan(i * dimensions_, dimensions_)),
            classes(), temperature_);
        std::ranges::copy(p, pooled.begin() + static_cast<std::ptrdiff_t>(i * classes()));
      }
    }
    return pooled;
  }

  /// Finds training photos whose label is probably wrong.
  void find_wrong_labels() {
    progress_("looking for wrong labels");
    std::vector<std::string> names;
    for (const LabelIssue& one :
         find_label_issues(held_out_predictions(), train_.labels, classes())) {
      const std::string name = train_.paths[one.photo].lexically_relative(folder_.path).string();
      const std::string& believed = classes_[static_cast<std::size_t>(one.believed)];
      names.push_back(shown(name, 80) + " (predicted " + shown(believed) + ")");
      if (label_issues_.size() == kMostLabelIssues) continue;
      label_issues_.push_back(
          {{"file", name},
           {"label", classes_[static_cast<std::size_t>(train_.labels[one.photo])]},
           {"believed", believed},
           {"probability", rounded(static_cast<double>(one.probability), 4)}});
    }
    if (names.empty()) return;
    warnings_.push_back(
        {"suspect_labels",
         counted(names.size(), "photo") + " may have a wrong label: " + listed(names, 5),
         "check them; vitrine inspect MODEL --json lists them under training.suspects"});
  }

  /// Without a validation folder, fits the final head on all photos. Makes the graph.
  void finish_frozen() {
    evaluate_choice(frozen_);
    if (!options_.validation) prepare_trial();
    if (!options_.validation && !cross_fits_) {
      progress_("head: fitting on all photos");
      head_ = fitted_head([](std::size_t) { return true; });
      validation_logits_ = head_logits(head_, validation_.features);
    }
    head_.temperature = static_cast<float>(temperature_);
    graph_ = model::image_graph(features_, head_);
  }

  /// The final head is fitted on all photos. The precision trial therefore uses a head that was not
  /// fitted on the photos of the trial.
  void prepare_trial() {
    trial_.emplace();
    trial_->head = head_;
    if (!cross_fits_) {
      trial_->photos = validation_;
      trial_->logits = validation_logits_;
      return;
    }
    const std::size_t folds = train_.labels.size() < kFewTrialPhotos ? 2 : 5;
    const auto fold = deal(train_, options_.seed, folds);
    trial_->head = fitted_head([&](std::size_t i) { return fold[i] != 0; });
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != 0) continue;
      trial_->photos.paths.push_back(train_.paths[i]);
      trial_->photos.labels.push_back(train_.labels[i]);
    }
    const Rows held_out = rows_of(train_, dimensions_, [&](std::size_t i) { return fold[i] == 0; });
    trial_->logits = head_logits(trial_->head, held_out.features);
  }

  NetworkJob network_job() const {
    NetworkJob job;
    model::SoftmaxHead head = head_;
    head.temperature = 1;
    job.graph = model::image_graph(features_, head).SerializeAsString();
    job.logits = "V.logits";
    job.head = "V.";
    job.where = extractor_ ? options_.backbone.string() : "the small network";
    job.resize = resize_;
    job.classes = classes();
    for (std::size_t i = 0; i < train_.paths.size(); ++i) {
      if (in_training_[i]) job.train.push_back({train_.paths[i], train_.labels[i]});
    }
    for (std::size_t i = 0; i < validation_.paths.size(); ++i) {
      job.validation.push_back({validation_.paths[i], validation_.labels[i]});
    }
    job.recipe = options_.recipe;
    if (options_.seconds > 0) job.seconds = std::max(1.0, options_.seconds * 0.96 - seconds());
    job.seed = options_.seed;
    job.device = options_.device;
    job.checkpoint = options_.checkpoint;
    job.resume = options_.resume;
    std::string facts = job.graph + to_json(job.recipe).dump() + std::to_string(job.seed) +
                        (resize_.fit == data::Fit::crop ? "crop" : "stretch");
    for (const auto* photos : {&job.train, &job.validation}) {
      facts += "/";
      for (const data::PhotoFile& photo : *photos) {
        facts += photo.path.filename().string() + std::to_string(photo.label) + "/";
      }
    }
    for (const PhotoSet* set : {&train_, &validation_}) {
      for (const data::PhotoFacts& one : set->facts) facts += one.sha256;
    }
    job.fingerprint = sha256_hex(facts);
    job.validation_loss = [this](const std::vector<float>& logits) {
      return validation_loss(logits);
    };
    job.progress = progress_;
    return job;
  }

  /// The validation log loss of logits, with the best temperature for them.
  double validation_loss(const std::vector<float>& logits) const {
    const double temperature = fit_temperature(logits, validation_.labels, classes());
    return metrics::log_loss(softmax_rows(logits, classes(), temperature), validation_.labels,
                             classes());
  }

  double accuracy_of(const std::vector<float>& logits) const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < validation_.labels.size(); ++i) {
      const auto first = logits.begin() + static_cast<std::ptrdiff_t>(i * classes());
      const auto best = std::max_element(first, first + static_cast<std::ptrdiff_t>(classes()));
      right += best - first == validation_.labels[i] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(validation_.labels.size());
  }

  /// Losses and accuracy by epoch, for reports.
  Json learning_curve(const TrainedNetwork& trained) const {
    Json losses = Json::array(), validation = Json::array(), accuracy = Json::array();
    for (std::size_t e = 0; e < trained.epoch_logits.size(); ++e) {
      losses.push_back(rounded(trained.epoch_losses[e]));
      validation.push_back(rounded(validation_loss(trained.epoch_logits[e])));
      accuracy.push_back(rounded(accuracy_of(trained.epoch_logits[e])));
    }
    return {{"step", "epoch"},
            {"training_loss", losses},
            {"validation_loss", validation},
            {"validation_accuracy", accuracy},
            {"chosen", trained.best_epoch + 1}};
  }

  /// Trains the whole network. A fine-tuned one is kept only if it is at least as accurate as the
  /// frozen one.
  void train_whole() {
    progress_(extractor_ ? "fine-tuning " + options_.backbone.filename().string()
                         : "training a small network of " + std::to_string(resize_.width) + " x " +
                               std::to_string(resize_.height) + " pixels");
    const TrainedNetwork trained = train_network_in_module(network_job());
    const auto& best = trained.epoch_logits[trained.best_epoch];
    learning_curve_ = learning_curve(trained);
    network_ = {{"device", trained.device},
                {"seconds", rounded(trained.seconds, 3)},
                {"recipe", to_json(options_.recipe)},
                {"epochs_done", trained.epoch_logits.size()},
                {"best_epoch", trained.best_epoch + 1},
                {"libtorch", trained.version}};
    model::Card& card = out_.card;
    if (extractor_) {
      const double before = accuracy_of(validation_logits_);
      const double after = accuracy_of(best);
      network_["accuracy"] = rounded(after);
      network_["frozen_accuracy"] = rounded(before);
      if (after < before) {
        warnings_.push_back({"fine_tuning_no_better",
                             "the fine-tuned network predicted fewer validation photos correctly "
                             "than the frozen one, which was kept",
                             "give it more time, or lower learning rates (--recipe rate=0.0001)"});
        return;
      }
      card.algorithm = "fine_tuned";
    }
    Candidates candidates{trained.epoch_logits};
    if (extractor_) candidates.logits.push_back(validation_logits_);  // the frozen head's
    evaluate_choice(candidates);
    validation_logits_ = best;
    temperature_ = fit_temperature(best, validation_.labels, classes());
    graph_.ParseFromString(trained.graph);
    model::set_temperature(graph_, static_cast<float>(temperature_));
  }

  void complete_card() override {
    if (extractor_) {
      for (const std::string& problem : extractor_->problems()) {
        warnings_.push_back({"feature_cache", problem, "the training is not affected"});
      }
    }
    std::string all_hashes;
    std::vector<std::uint64_t> cases;
    for (const data::PhotoFacts& one : train_.facts) {
      all_hashes += one.sha256;
      if (one.fault.empty()) cases.push_back(model::case_hash(one.sha256));
    }
    if (extractor_) backbone_json_["features"] = dimensions_;
    model::Card& card = out_.card;
    card.warnings = warnings_;
    card.about = options_.about;
    if (options_.examples) card.examples = thumbnails();
    settings_["temperature"] = rounded(temperature_);
    card.training = {
        {"rows", train_.labels.size()},
        {"validation_rows", options_.validation ? validation_.labels.size() : 0},
        {"data_sha256", sha256_hex(all_hashes)},
        {"seed", options_.seed},
        {"settings", settings_},
        {"options", options_.given},
        {"case_filter", model::TrainingFilter(cases).to_json()},
        {"versions", {{"vitrine", kVersion}, {"onnxruntime", engine::onnx_runtime_version()}}}};
    if (extractor_) card.training["backbone"] = backbone_json_;
    if (!label_issues_.empty()) card.training["suspects"] = label_issues_;
    if (!network_.empty()) card.training["network"] = network_;
    if (!learning_curve_.empty()) card.training["learning_curve"] = learning_curve_;
  }

  /// The predictions of the reopened model for the first `count` photos of a set.
  std::vector<float> reopened_predictions(const engine::ImagePredictor& reopened,
                                          const PhotoSet& set, std::size_t count) const {
    std::vector<float> out;
    constexpr std::size_t kTogether = 64;  // photos in memory
    for (std::size_t first = 0; first < count; first += kTogether) {
      std::vector<data::Image> images(std::min(kTogether, count - first));
      parallel_for(images.size(), [&](std::size_t i) {
        images[i] = data::read_image(set.paths[first + i]).image;
      });
      const auto p = reopened.predict(images).probabilities;
      out.insert(out.end(), p.begin(), p.end());
    }
    return out;
  }

  /// Reopens the saved bytes and compares their predictions for some photos with those of the
  /// training. Then chooses the precision and evaluates the test photos.
  void check_reopened() override {
    const model::ModelFile file = model::parse_model(out_.bytes, "the new model");
    const engine::ImagePredictor reopened(file, engine::PrecisionChoice{});
    const std::size_t sample = std::min<std::size_t>(validation_.paths.size(), 16);
    const auto own = softmax_rows(std::span(validation_logits_).first(sample * classes()),
                                  classes(), temperature_);
    auto answers = reopened_predictions(reopened, validation_, sample);
    const auto compare = [&](std::span<const float> theirs) {
      for (std::size_t i = 0; i < theirs.size(); ++i) {
        out_.largest_difference =
            std::max<double>(out_.largest_difference, std::abs(theirs[i] - own[i]));
      }
    };
    compare(answers);
    compare(runtime_predictions(std::min(kRuntimeSample, sample)));
    // Weights in fp16 were rounded when they were written back.
    const bool fp16 = std::ranges::any_of(graph_.graph().initializer(), [](const auto& tensor) {
      return tensor.data_type() == ::onnx::TensorProto::FLOAT16;
    });
    model::Card& card = out_.card;
    const bool as_trained = out_.largest_difference <= (fp16 ? 0.03 : 1e-3);
    if (!as_trained) handle_difference(own, answers);
    card.one_by_one = !run_together(reopened);
    if (card.one_by_one) {
      out_.notes.push_back(
          "the network runs photos one by one, because it was exported for batch size 1");
    }
    progress_("measuring precisions");
    if (as_trained) choose_precision(file);
    out_.bytes = serialise();
    if (test_.labels.empty()) return;
    const engine::ImagePredictor chosen(model::parse_model(out_.bytes, "the new model"));
    card.metrics["test"] =
        evaluate(card, reopened_predictions(chosen, test_, test_.paths.size()), test_.labels);
    out_.bytes = serialise();
  }

  /// Called if the predictions of the reopened model differ from those of the training. Small
  /// differences come from another order of sums, and hours of training should not be lost: the
  /// model is then kept, with a warning, and computes in f32. Throws an error if many labels
  /// differ.
  void handle_difference(std::span<const float> own, std::span<const float> reopened) {
    std::size_t others = 0;
    const std::size_t photos = own.size() / classes();
    for (std::size_t i = 0; i < photos; ++i) {
      const auto label = [&](std::span<const float> p) {
        const auto row = p.subspan(i * classes(), classes());
        return std::ranges::max_element(row) - row.begin();
      };
      others += label(own) == label(reopened) ? 0 : 1;
    }
    const std::string what =
        "the saved model's probabilities differ from those in training by up to " +
        data::number_text(rounded(out_.largest_difference, 2)) + " (" + std::to_string(others) +
        " of " + counted(photos, "photo") + " with another label)";
    constexpr double kNotTheSame = 0.1;
    const bool trained_whole = out_.card.algorithm != "frozen";
    if (!trained_whole || !(out_.largest_difference <= kNotTheSame) || others * 10 > photos) {
      throw Error(ErrorKind::failed, what, "the check before saving",
                  options_.checkpoint.empty() || !trained_whole
                      ? "nothing was saved; please report it with the network"
                      : "the training is saved in " + options_.checkpoint.string() +
                            "; please report it with the network");
    }
    warnings_.push_back(
        {"answers_differ", what,
         "the model computes in f32; measure the saved file with vitrine evaluate"});
    out_.card.warnings = warnings_;
  }

  /// True if the saved graph can run several photos at once.
  bool run_together(const engine::ImagePredictor& reopened) const {
    constexpr std::size_t kPhotos = 4;
    const std::size_t count = std::min(kPhotos, validation_.paths.size());
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = i * validation_.paths.size() / count;  // from several classes
      const data::Image image =
          data::resized(data::read_image(validation_.paths[place]).image, resize_);
      pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
    }
    return reopened.runs_together(pixels, count);
  }

  /// The predictions of ONNX Runtime for the first validation photos, without optimisation: it
  /// shares no graph rewriting with the engines that will serve the model.
  std::vector<float> runtime_predictions(std::size_t count) const {
    const auto runtime = engine::open_runtime_network(out_.bytes, "probabilities", "the new model",
                                                      engine::GraphRewriting::off);
    std::vector<float> out;
    for (std::size_t i = 0; i < count; ++i) {
      const data::Image image =
          data::resized(data::read_image(validation_.paths[i]).image, resize_);
      const auto one = runtime->run(image.pixels, 1, 1);
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }

  /// Chooses bf16 or int8 if held-out photos show that the predictions are as good as in f32.
  void choose_precision(const model::ModelFile& file) {
    if (!options_.coarser) return;
    const bool own = trial_ && out_.card.algorithm == "frozen";
    const PhotoSet& held_out = own ? trial_->photos : validation_;
    // Evenly spaced, because the photos are sorted by class.
    const std::size_t all = held_out.labels.size();
    const std::size_t photos = std::min(engine::kMostTrialPhotos, all);
    const auto place = [&](std::size_t i) { return i * all / photos; };
    std::vector<int> labels;
    for (std::size_t i = 0; i < photos; ++i) labels.push_back(held_out.labels[place(i)]);
    const auto p = softmax_rows(own ? trial_->logits : validation_logits_, classes(), temperature_);
    std::vector<float> known;
    for (std::size_t i = 0; i < photos; ++i) {
      const auto row = p.begin() + static_cast<std::ptrdiff_t>(place(i) * classes());
      known.insert(known.end(), row, row + static_cast<std::ptrdiff_t>(classes()));
    }
    const auto found = engine::try_precisions(
        own ? trial_model() : file, labels,
        [&](std::size_t i) { return data::read_image(held_out.paths[place(i)]).image; }, known);
    engine::decide_precision(out_.card, found);
    for (const engine::PrecisionTrial& trial : found.trials)
      out_.notes.push_back(engine::text_of(trial));
  }

  /// The model with the head that was not fitted on the photos of the trial.
  model::ModelFile trial_model() const {
    model::SoftmaxHead head = trial_->head;
    head.temperature = static_cast<float>(temperature_);
    return model::parse_model(
        model::serialise_model(model::image_graph(features_, head), out_.card), "the trial");
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  const PhotoTrainOptions& options_;
  data::PhotoFolder folder_;
  data::Target target_;
  std::vector<std::string> classes_;  ///< values of the target's classes
  std::vector<data::Warning> warnings_;
  std::optional<FeatureExtractor> extractor_;  ///< with a backbone
  ::onnx::ModelProto features_;                ///< the graph from an image to features
  data::Resize resize_;
  Json backbone_json_;
  PhotoSet train_;
  PhotoSet validation_;
  PhotoSet test_;
  std::vector<bool> in_training_;
  std::size_t dimensions_ = 0;  ///< number of features of a photo
  Candidates frozen_;           ///< heads by strength of regularisation
  model::SoftmaxHead head_;
  std::vector<float> validation_logits_;  ///< of the model that is saved
  bool cross_fits_ = false;               ///< validation by cross-fitting over all photos
  std::vector<float> chosen_logits_;      ///< of the chosen strength, held out
  /// Head and photos of the precision trial, if the final head is fitted on all photos.
  struct Trial {
    model::SoftmaxHead head;
    PhotoSet photos;  ///< paths and labels
    std::vector<float> logits;
  };
  std::optional<Trial> trial_;
  double temperature_ = 1;
  Json settings_ = Json::object();
  Json label_issues_ = Json::array();
  std::vector<std::size_t> examples_;  ///< places of validation photos, one for each class
  Json network_ = Json::object();      ///< how the whole network was trained
  Json learning_curve_ = Json::object();
  ::onnx::ModelProto graph_;  ///< the graph to save
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress) {
  return PhotoTraining(options, progress).run();
}

}  // namespace vitrine::train
