// A network to be trained by gradient descent, and what comes back. The work is
// done by `nn`, which alone knows libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/version.h"
#include "data/photo_folder.h"
#include "data/resize.h"

namespace vitrine {

/// How a network is trained. Shares are in [0, 1], rates are of AdamW.
struct Recipe {
  double epochs = 8;
  double batch = 32;
  double rate = 3e-4;        ///< of the weights next to the head
  double head_rate = 1e-3;   ///< of the head
  double layer_decay = 0.3;  ///< the first layer's rate, as a share of `rate`; geometric between
  double weight_decay = 0.02;
  double warm_up = 0.05;  ///< share of the time in which rates rise
  double label_smoothing = 0.1;
  double average = 0.99;     ///< weights are averaged by this factor a step
  double mirror = 0.5;       ///< chance that a photo is mirrored
  double crop = 0.5;         ///< smallest share of a photo's area that is seen
  double colour = 0.2;       ///< largest change of brightness, contrast, saturation
  double erase = 0.25;       ///< chance that a piece is painted over
  double mixup = 0;          ///< Beta's alpha (Zhang et al. 2018); 0: off
  double cutmix = 0;         ///< chance of a batch (Yun et al. 2019)
  double small_first = 0.6;  ///< pictures start at this share of their size and grow
  double side = 1;           ///< to this share at the end
  double freeze = 0.2;       ///< share of the layers, from the picture on, that stay as they are
};

/// For a network whose weights are chance.
Recipe from_scratch_recipe();

Json to_json(const Recipe& recipe);
/// Sets the numbers that `text` names: `epochs=6,mixup=0.2`. Throws Error(usage).
void change_recipe(Recipe& recipe, const std::string& text);

struct NetworkJob {
  std::string graph;   ///< ONNX: `image` uint8 [N, height, width, 3] -> logits [N, classes]
  std::string logits;  ///< the value's name
  std::string head;    ///< weights whose name starts so have head_rate
  std::string where;   ///< names the network in errors
  Resize resize;       ///< what prediction does to a photo
  std::size_t classes = 0;
  std::vector<PhotoFile> train;
  std::vector<PhotoFile> validation;
  Recipe recipe;
  double seconds = 0;  ///< the rates come down in time to end by then; 0: all epochs
  std::uint64_t seed = 1;
  std::string device = "auto";       ///< auto, cpu or cuda
  std::filesystem::path checkpoint;  ///< written as training goes on
  bool resume = false;               ///< go on from the checkpoint
  std::string fingerprint;           ///< of data and options: a checkpoint of others is refused

  /// How bad validation logits are; the network with the least is kept.
  std::function<double(const std::vector<float>& logits)> judge;
  std::function<void(const std::string& step)> progress;
};

struct TrainedNetwork {
  std::string graph;                             ///< the best epoch's, ONNX as it came
  std::vector<std::vector<float>> epoch_logits;  ///< of the validation photos, after each epoch
  std::vector<double> epoch_losses;              ///< of what taught, mean over each epoch's steps
  std::size_t best_epoch = 0;                    ///< from 0
  std::string device;                            ///< for people: "cpu, bf16"
  double seconds = 0;                            ///< of training, pauses left out
  std::string version;                           ///< of libtorch
};

/// The version and the sizes of what passes between program and module: a module
/// of another build is refused.
inline std::string nn_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(NetworkJob)) + "/" +
         std::to_string(sizeof(TrainedNetwork));
}

/// train_network of the module lib/vitrine/libvitrine-nn.so beside this program's
/// folder (libtorch is 263 MB of code: it is loaded when it is needed). Throws Error:
/// bad_model for a network that can't be trained, bad_input for a checkpoint that
/// does not fit, failed where training diverges or the module is not there.
TrainedNetwork train_network_in_module(const NetworkJob& job);

}  // namespace vitrine
