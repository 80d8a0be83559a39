// NetworkTraining::run() is the whole training:
// 1. restore() continues from a checkpoint; check_smaller_images() finds out whether the network
//    accepts images that are smaller than its own, with which training starts.
// 2. step(): learning rates of the schedule, a batch (the next one is prepared in parallel), then
//    forward and backward pass, AdamW and the moving average of the weights.
// 3. end_epoch(): logits of the validation photos with the averaged weights; the best epoch's graph
//    is kept, and a checkpoint written.
// All random numbers depend on the seed and the step, so that a resumed training gives the same
// result. The schedule follows the steps or, with a time limit, the clock if it is ahead.
#include "train/network/network_trainer.h"

#include <ATen/autocast_mode.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/optim/adamw.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "train/network/augment.h"
#include "train/network/checkpoint.h"
#include "train/network/mixing.h"
#include "train/network/photo_store.h"
#include "train/network/torch_graph.h"

namespace vitrine::train {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

/// Memory for decoded photos, bytes.
constexpr std::size_t kRoom = std::size_t{2} << 30;
constexpr double kCheckpointSeconds = 60;
constexpr double kProgressSeconds = 5;

bool cpu_has_bf16() {
  return __builtin_cpu_supports("avx512bf16") != 0 || __builtin_cpu_supports("amx-bf16") != 0;
}

torch::Device choose_device(const std::string& wanted) {
  const bool cuda = torch::cuda::is_available();
  if (wanted == "cuda" && !cuda) {
    throw Error(ErrorKind::usage, "this machine or this build of libtorch has no CUDA",
                "--device cuda", "leave --device out, or build with a CUDA libtorch");
  }
  return wanted == "cpu" || !cuda ? torch::Device(torch::kCPU) : torch::Device(torch::kCUDA);
}

/// Lets convolutions and products compute in bf16 until destruction.
class Bf16Autocast {
 public:
  explicit Bf16Autocast(torch::DeviceType device, bool on) : device_(device), on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~Bf16Autocast() {
    if (!on_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();
  }
  Bf16Autocast(const Bf16Autocast&) = delete;
  Bf16Autocast& operator=(const Bf16Autocast&) = delete;

 private:
  torch::DeviceType device_;
  bool on_;
};

struct Batch {
  Tensor images;  ///< uint8 [N, height, width, 3]
  std::vector<std::int64_t> labels;
};

/// A training. The comment at the top of the file lists its steps.
class NetworkTraining {
 public:
  explicit NetworkTraining(const NetworkJob& job)
      : job_(job),
        device_(choose_device(job.device)),
        bf16_(device_.is_cuda() || cpu_has_bf16()),
        graph_(parsed(job), job.logits, job.where),
        train_(
            job.train,
            [side = std::max(job.resize.width, job.resize.height) * 3 / 2](data::Image image) {
              return at_most(std::move(image), side);
            },
            kRoom),
        validation_(
            job.validation,
            [resize = job.resize](const data::Image& image) {
              return data::resized(image, resize);
            },
            kRoom / 2) {
    graph_.freeze_below(job.recipe.freeze);
    graph_.move_to(device_);
    make_optimizer();
    for (auto* list : {&graph_.parameters(), &graph_.statistics()}) {
      for (auto& one : *list) averages_.push_back(one.value.detach().clone());
    }
    const auto batch = static_cast<std::size_t>(job_.recipe.batch);
    batch_ = std::min(batch, train_.size());
    steps_an_epoch_ = (train_.size() + batch_ - 1) / batch_;
    steps_ = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(job_.recipe.epochs * steps_an_epoch_)));
  }

  TrainedNetwork run() {
    if (job_.resume) restore();
    check_smaller_images();
    start_ = saved_ = reported_ = Clock::now();
    while (share_done() < 1) {
      step();
      if (step_ % steps_an_epoch_ == 0 || share_done() >= 1) end_epoch();
      if (since(saved_) > kCheckpointSeconds) save_checkpoint();
    }
    if (result_.epoch_logits.empty()) end_epoch();  // resumed with no time left
    if (result_.graph.empty()) {
      throw Error(ErrorKind::failed, "training diverged: the outputs are not finite", job_.where,
                  "lower the learning rates, as in --recipe rate=0.0001,head_rate=0.0005");
    }
    return finish();
  }

 private:
  static ::onnx::ModelProto parsed(const NetworkJob& job) {
    ::onnx::ModelProto model;
    if (!model.ParseFromString(job.graph)) {
      throw Error(ErrorKind::bad_model, "the network is not an ONNX graph", job.where,
                  "please report this");
    }
    return model;
  }

  static double since(Clock::time_point then) {
    return std::chrono::duration<double>(Clock::now() - then).count();
  }
  double elapsed() const { return elapsed_before_ + since(start_); }

  /// The share of the schedule that is done, in [0, 1]: by steps, or by the clock if it is ahead.
  double share_done() const {
    const double steps = static_cast<double>(step_) / static_cast<double>(steps_);
    return job_.seconds > 0 ? std::min(1.0, std::max(steps, elapsed() / job_.seconds))
                            : std::min(1.0, steps);
  }

  /// Rates increase linearly, then decrease along a cosine (Loshchilov and Hutter 2017).
  double rate_factor(double done) const {
    const double warm = job_.recipe.warm_up;
    if (done < warm) return (done + 1e-3) / (warm + 1e-3);
    return 0.5 * (1 + std::cos(std::numbers::pi * (done - warm) / (1 - warm)));
  }

  /// The side of images at this point of the schedule: they grow after each third of it, in
  /// multiples of 32 pixels (8 for small networks).
  int side_at(int full, double done) const {
    const double first = std::min(job_.recipe.small_first, job_.recipe.side);
    const double share = done < 1.0 / 3   ? first
                         : done < 2.0 / 3 ? (job_.recipe.side + first) / 2
                                          : job_.recipe.side;
    if (!accepts_smaller_ || share >= 1) return full;
    const int unit = full >= 128 ? 32 : 8;
    return std::min(full,
                    std::max(unit, static_cast<int>(std::lround(full * share / unit)) * unit));
  }

  void make_optimizer() {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (auto& one : graph_.parameters()) {
      const bool head = one.name.starts_with(job_.head);
      const double rate = head
                              ? job_.recipe.head_rate
                              : job_.recipe.rate * std::pow(job_.recipe.layer_decay, 1 - one.place);
      auto options = std::make_unique<torch::optim::AdamWOptions>(rate);
      options->weight_decay(one.value.dim() > 1 ? job_.recipe.weight_decay : 0);
      groups.emplace_back(std::vector<Tensor>{one.value}, std::move(options));
      rates_.push_back(rate);
    }
    optimizer_.emplace(std::move(groups), torch::optim::AdamWOptions(job_.recipe.rate));
  }

  /// Checks whether the network accepts smaller images. One with fixed shapes inside (that
  /// flattens a feature map, for example) does not.
  void check_smaller_images() {
    for (const double done : {0.0, 0.5}) {
      if (!accepts(side_at(job_.resize.width, done), side_at(job_.resize.height, done))) {
        accepts_smaller_ = false;
      }
    }
    if (!accepts_smaller_) job_.progress("the network accepts only images of its own size");
  }

  bool accepts(int width, int height) {
    try {
      const torch::NoGradGuard no_gradients;
      const auto image = torch::zeros({1, height, width, 3}, torch::kUInt8).to(device_);
      return graph_.forward(image, false).sizes() ==
             at::IntArrayRef{1, static_cast<std::int64_t>(job_.classes)};
    } catch (const Error&) {
      return false;
    }
  }

  Batch make_batch(std::size_t step, int width, int height) {
    Batch batch;
    const std::size_t epoch = step / steps_an_epoch_;
    const std::size_t first = step % steps_an_epoch_ * batch_;
    std::vector<std::size_t> order(train_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random shuffler(job_.seed * 1'000'003 + epoch);
    shuffler.shuffle(std::span(order));
    // The last batch of an epoch is filled up with photos from the beginning of the epoch.
    batch.images =
        torch::empty({static_cast<std::int64_t>(batch_), height, width, 3}, torch::kUInt8);
    auto* to = batch.images.data_ptr<std::uint8_t>();
    const std::size_t bytes = static_cast<std::size_t>(width) * height * 3;
    for (std::size_t i = 0; i < batch_; ++i) {
      const std::size_t photo = order[(first + i) % order.size()];
      Random random((job_.seed * 1'000'003 + step) * 4099 + i);
      augment(*train_.get(photo), job_.recipe, width, height, random, to + i * bytes);
      batch.labels.push_back(train_.label(photo));
    }
    return batch;
  }

  /// The next batch, which was prepared during the previous step.
  Batch next_batch(int width, int height) {
    Batch batch;
    if (upcoming_.valid()) batch = upcoming_.get();
    const bool fits =
        batch.images.defined() && batch.images.size(1) == height && batch.images.size(2) == width;
    if (!fits) batch = make_batch(step_, width, height);  // images have grown
    upcoming_ = std::async(std::launch::async,
                           [=, this, next = step_ + 1] { return make_batch(next, width, height); });
    return batch;
  }

  void step() {
    const double done = share_done();
    const int width = side_at(job_.resize.width, done);
    const int height = side_at(job_.resize.height, done);
    const double factor = rate_factor(done);
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      optimizer_->param_groups()[i].options().set_lr(rates_[i] * factor);
    }
    torch::manual_seed(job_.seed * 1'000'003 + step_);
    const Batch batch = next_batch(width, height);
    Tensor images = batch.images.to(device_);
    const auto labels = torch::tensor(at::ArrayRef<std::int64_t>(batch.labels)).to(device_);
    const auto classes = static_cast<std::int64_t>(job_.classes);
    const double smooth = job_.recipe.label_smoothing;
    Tensor truth = torch::one_hot(labels, classes).to(torch::kFloat32) * (1 - smooth) +
                   smooth / static_cast<double>(classes);
    Random random((job_.seed * 1'000'003 + step_) * 4099 + 4097);
    mix(images, truth, job_.recipe, random);
    optimizer_->zero_grad();
    Tensor loss;
    {
      const Bf16Autocast autocast(device_.type(), bf16_);
      const Tensor logits = graph_.forward(images, true).to(torch::kFloat32);
      loss = -(truth * torch::log_softmax(logits, 1)).sum(1).mean();
    }
    loss.backward();
    optimizer_->step();
    const double now = loss.item<double>();
    if (!std::isfinite(now)) {
      throw Error(ErrorKind::failed, "training diverged: the loss is not finite",
                  "step " + std::to_string(step_ + 1),
                  "lower the learning rates, as in --recipe rate=0.0001,head_rate=0.0005");
    }
    loss_ = loss_ < 0 ? now : 0.95 * loss_ + 0.05 * now;
    epoch_loss_ += now;
    ++epoch_steps_;
    ++step_;
    average_weights();
    report_progress(done);
  }

  void average_weights() {
    const torch::NoGradGuard no_gradients;
    const double n = static_cast<double>(step_);
    const double keep = std::min(job_.recipe.average, n / (10 + n));
    std::size_t i = 0;
    for (auto* list : {&graph_.parameters(), &graph_.statistics()}) {
      for (auto& one : *list) averages_[i++].lerp_(one.value, 1 - keep);
    }
  }

  /// Swaps the averages and the weights.
  void swap_averages() {
    const torch::NoGradGuard no_gradients;
    std::size_t i = 0;
    for (auto* list : {&graph_.parameters(), &graph_.statistics()}) {
      for (auto& one : *list) {
        const Tensor kept = one.value.clone();
        one.value.copy_(averages_[i]);
        averages_[i++].copy_(kept);
      }
    }
  }

  void report_progress(double done) {
    if (since(reported_) < kProgressSeconds || done <= 0) return;
    reported_ = Clock::now();
    const double left = elapsed() / done * (1 - done);
    const std::size_t epoch = (step_ - 1) / steps_an_epoch_;
    job_.progress(fmt::format("epoch {}: loss {:.3f}, {:.0f} %, about {:.0f} s left", epoch + 1,
                              loss_, done * 100, std::ceil(left)));
  }

  std::vector<float> validation_logits() {
    const torch::NoGradGuard no_gradients;
    std::vector<float> out;
    const std::size_t bytes = static_cast<std::size_t>(job_.resize.width) * job_.resize.height * 3;
    constexpr std::size_t kBatch = 16;
    for (std::size_t first = 0; first < validation_.size(); first += kBatch) {
      const std::size_t count = std::min(kBatch, validation_.size() - first);
      Tensor images =
          torch::empty({static_cast<std::int64_t>(count), job_.resize.height, job_.resize.width, 3},
                       torch::kUInt8);
      auto* to = images.data_ptr<std::uint8_t>();
      parallel_for(count, [&](std::size_t i) {
        const auto image = validation_.get(first + i);
        std::copy(image->pixels.begin(), image->pixels.end(), to + i * bytes);
      });
      const Tensor logits =
          graph_.forward(images.to(device_), false).to(torch::kCPU, torch::kFloat32).contiguous();
      out.insert(out.end(), logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
    }
    return out;
  }

  void end_epoch() {
    swap_averages();
    result_.epoch_logits.push_back(validation_logits());
    result_.epoch_losses.push_back(epoch_loss_ / std::max(epoch_steps_, 1.0));
    epoch_loss_ = epoch_steps_ = 0;
    const double loss = job_.validation_loss(result_.epoch_logits.back());
    const std::size_t epoch = result_.epoch_logits.size() - 1;
    if (loss < least_) {
      least_ = loss;
      result_.best_epoch = epoch;
      result_.graph = graph_.model().SerializeAsString();
    }
    swap_averages();
    job_.progress(fmt::format("epoch {} ended: loss {:.3f}, validation log loss {:.3f}", epoch + 1,
                              loss_, loss));
    save_checkpoint();
  }

  TrainedNetwork finish() {
    result_.seconds = elapsed();
    result_.device = device_.str() + (bf16_ ? ", bf16" : ", f32");
    result_.version = TORCH_VERSION;
    if (upcoming_.valid()) upcoming_.wait();
    return std::move(result_);
  }

  void save_checkpoint() {
    saved_ = Clock::now();
    if (job_.checkpoint.empty()) return;
    torch::serialize::OutputArchive archive;
    const auto numbers = [&](const std::string& name, const std::vector<double>& values) {
      archive.write(name, torch::tensor(at::ArrayRef<double>(values), torch::kFloat64), true);
    };
    std::size_t i = 0;
    for (auto* list : {&graph_.parameters(), &graph_.statistics()}) {
      for (auto& one : *list) {
        archive.write("weight" + std::to_string(i), one.value.detach().to(torch::kCPU), true);
        archive.write("average" + std::to_string(i), averages_[i].to(torch::kCPU), true);
        ++i;
      }
    }
    torch::serialize::OutputArchive moments;
    optimizer_->save(moments);
    archive.write("optimizer", moments);
    numbers("state", {static_cast<double>(step_), elapsed(), loss_, least_,
                      static_cast<double>(result_.best_epoch),
                      static_cast<double>(result_.epoch_logits.size()), epoch_loss_, epoch_steps_});
    if (!result_.epoch_losses.empty()) numbers("losses", result_.epoch_losses);
    for (std::size_t e = 0; e < result_.epoch_logits.size(); ++e) {
      archive.write("logits" + std::to_string(e),
                    torch::tensor(at::ArrayRef<float>(result_.epoch_logits[e])), true);
    }
    std::ostringstream out;
    archive.save_to(out);
    write_checkpoint(job_.checkpoint, {job_.fingerprint, result_.graph, out.str()});
  }

  void restore() {
    const auto parts = read_checkpoint(job_.checkpoint);
    if (parts.size() != 3 || parts[0] != job_.fingerprint) {
      refuse_checkpoint(
          job_.checkpoint,
          "the checkpoint belongs to other photos, another backbone or other options");
    }
    result_.graph = parts[1];
    std::istringstream in(parts[2]);
    torch::serialize::InputArchive archive;
    archive.load_from(in, device_);
    const torch::NoGradGuard no_gradients;
    const auto read = [&](const std::string& name) {
      Tensor out;
      archive.read(name, out, true);
      return out.to(torch::kCPU);
    };
    std::size_t i = 0;
    for (auto* list : {&graph_.parameters(), &graph_.statistics()}) {
      for (auto& one : *list) {
        one.value.copy_(read("weight" + std::to_string(i)));
        averages_[i].copy_(read("average" + std::to_string(i)));
        ++i;
      }
    }
    torch::serialize::InputArchive moments;
    archive.read("optimizer", moments);
    optimizer_->load(moments);
    const Tensor state = read("state");
    const auto number = [&](std::int64_t at) { return state[at].item<double>(); };
    step_ = static_cast<std::size_t>(number(0));
    elapsed_before_ = number(1);
    loss_ = number(2);
    least_ = number(3);
    result_.best_epoch = static_cast<std::size_t>(number(4));
    for (std::size_t e = 0; e < static_cast<std::size_t>(number(5)); ++e) {
      const Tensor logits = read("logits" + std::to_string(e));
      result_.epoch_logits.emplace_back(logits.data_ptr<float>(),
                                        logits.data_ptr<float>() + logits.numel());
    }
    epoch_loss_ = number(6);
    epoch_steps_ = number(7);
    if (!result_.epoch_logits.empty()) {
      const Tensor losses = read("losses");
      result_.epoch_losses.assign(losses.data_ptr<double>(),
                                  losses.data_ptr<double>() + losses.numel());
    }
    job_.progress("resuming from the checkpoint: " + counted(step_, "step") + " done");
  }

  const NetworkJob& job_;
  torch::Device device_;
  bool bf16_;
  TorchGraph graph_;
  PhotoStore train_;
  PhotoStore validation_;
  std::optional<torch::optim::AdamW> optimizer_;
  std::vector<double> rates_;     ///< of each parameter, at the maximum of the schedule
  std::vector<Tensor> averages_;  ///< of parameters, then of statistics
  std::size_t batch_ = 0;
  std::size_t steps_an_epoch_ = 0;
  std::size_t steps_ = 0;
  std::size_t step_ = 0;
  bool accepts_smaller_ = true;
  double loss_ = -1;       ///< a moving average
  double epoch_loss_ = 0;  ///< sum over the steps of this epoch
  double epoch_steps_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double elapsed_before_ = 0;  ///< seconds of earlier runs, from the checkpoint
  Clock::time_point start_, saved_, reported_;
  TrainedNetwork result_;
  std::future<Batch> upcoming_;
};

}  // namespace

TrainedNetwork train_network(const NetworkJob& job) {
  // Each layer allocates and frees buffers of some 100 MB. Without these settings the kernel maps
  // and zeroes the pages every time.
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  torch::set_num_threads(static_cast<int>(core_count()));
  // No TF32 on a GPU, because results are compared with those of ONNX Runtime.
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  try {
    return NetworkTraining(job).run();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {       // c10::Error and other exceptions of libtorch
    const std::string_view text(problem.what());  // a backtrace follows the first line
    throw Error(ErrorKind::failed, "libtorch: " + shown(text.substr(0, text.find('\n')), 300),
                job.where, "keep the backbone frozen: leave --fine-tune out");
  }
}

}  // namespace vitrine::train
