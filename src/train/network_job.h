// The interface of the module `nn`, which trains networks with libtorch: the job and its result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/image/photo_folder.h"
#include "data/image/resize.h"

namespace vitrine::train {

/// The settings of a training. Shares are in [0, 1]; rates are learning rates of AdamW.
struct Recipe {
  double epochs = 8;
  double batch = 32;
  double rate = 3e-4;        ///< of the layer before the head
  double head_rate = 1e-3;   ///< of the head
  double layer_decay = 0.3;  ///< rate of the first layer / `rate`; geometric in between
  double weight_decay = 0.02;
  double warm_up = 0.05;  ///< share of the schedule in which rates increase
  double label_smoothing = 0.1;
  double average = 0.99;     ///< decay per step of the moving average of weights
  double mirror = 0.5;       ///< probability that a photo is mirrored
  double crop = 0.5;         ///< smallest share of a photo's area that is used
  double colour = 0.2;       ///< largest relative change of brightness, contrast, saturation
  double erase = 0.25;       ///< probability of random erasing (Zhong et al. 2020)
  double mixup = 0;          ///< alpha of the Beta distribution (Zhang et al. 2018); 0: off
  double cutmix = 0;         ///< probability for a batch (Yun et al. 2019)
  double small_first = 0.6;  ///< images start at this share of their side
  double side = 1;           ///< and grow to this share at the end
  double freeze = 0.2;       ///< share of the layers, from the input on, that are frozen
};

/// The default recipe for a network with random weights.
Recipe from_scratch_recipe();

Json to_json(const Recipe& recipe);
/// Changes the settings named in `text`, such as `epochs=6,mixup=0.2`. Throws Error(usage).
void change_recipe(Recipe& recipe, const std::string& text);

struct NetworkJob {
  std::string graph;    ///< ONNX: `image` uint8 [N, height, width, 3] -> logits [N, classes]
  std::string logits;   ///< name of the logits in the graph
  std::string head;     ///< weights whose name starts with this use head_rate
  std::string where;    ///< names the network in errors
  data::Resize resize;  ///< how photos are resized for prediction
  std::size_t classes = 0;
  std::vector<data::PhotoFile> train;
  std::vector<data::PhotoFile> validation;
  Recipe recipe;
  double seconds = 0;  ///< time limit, to which the schedule is adapted; 0: all epochs
  std::uint64_t seed = 1;
  std::string device = "auto";       ///< auto, cpu or cuda
  std::filesystem::path checkpoint;  ///< written after each epoch and each minute; empty: none
  bool resume = false;               ///< continue from the checkpoint
  std::string fingerprint;           ///< of data and options; must equal that of the checkpoint

  /// The loss of validation logits; the network of the epoch with the smallest loss is returned.
  std::function<double(const std::vector<float>& logits)> validation_loss;
  std::function<void(const std::string& step)> progress;
};

struct TrainedNetwork {
  std::string graph;                             ///< ONNX with the weights of the best epoch
  std::vector<std::vector<float>> epoch_logits;  ///< of the validation photos, after each epoch
  std::vector<double> epoch_losses;              ///< training loss, mean over each epoch's steps
  std::size_t best_epoch = 0;                    ///< from 0
  std::string device;                            ///< for messages: "cpu, bf16"
  double seconds = 0;                            ///< of training, without interruptions
  std::string version;                           ///< of libtorch
};

/// Loads the module lib/vitrine/libvitrine-nn.so (libtorch is 263 MB of code) and calls its
/// train_network(). Uses all cores. Throws Error: bad_model if the network can't be trained,
/// bad_input if the checkpoint does not match, failed if training diverges or the module is
/// missing.
TrainedNetwork train_network_in_module(const NetworkJob& job);

/// Throws Error(usage) if the module is not installed, as in the smaller of the released tarballs.
void require_network_trainer();

/// The functions of the module.
struct NetworkTrainerEntryPoints {
  TrainedNetwork (*train)(const NetworkJob& job);
};

}  // namespace vitrine::train
