#include "interop/keras/layer_weights.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "interop/keras/layer_options.h"

namespace vitrine::interop {
namespace {

/// The leaf layers of a model in order, also those of models in it.
void leaves(KerasLayer& layer, std::vector<KerasLayer*>& out) {
  if (!layer.is_model) return out.push_back(&layer);
  for (KerasLayer& one : layer.layers) leaves(one, out);
}

[[noreturn]] void misfit(const std::string& layer) {
  throw std::invalid_argument("the weights of the layer '" + shown(layer) +
                              "' do not fit its description");
}

/// An array of the list of a group, with its name.
struct Named {
  std::string name;  ///< without ":0"
  const Hdf5Array* array;
};

/// Whether `name` is that of the weight `role` of `layer`: ".../layer/role".
bool is_weight_of(std::string_view name, const std::string& layer, const std::string& role) {
  const std::string end = layer + "/" + role;
  return name == end || name.ends_with("/" + end);
}

/// Each weight by its name, if all names are there and clear.
bool assign_by_name(std::span<KerasLayer*> layers, std::span<const Named> arrays) {
  std::size_t found = 0;
  for (KerasLayer* layer : layers) {
    layer->weights.clear();
    for (const WeightRole& role : weight_roles(*layer)) {
      const auto fits = [&](const Named& one) {
        return is_weight_of(one.name, layer->name, role.name);
      };
      if (std::ranges::count_if(arrays, fits) != 1) return false;
      layer->weights.push_back(std::ranges::find_if(arrays, fits)->array);
      ++found;
    }
  }
  return found == arrays.size();
}

/// In Keras's order: all weights that are trained, layer by layer, then all others.
void assign_by_order(std::span<KerasLayer*> layers, std::span<const Named> arrays,
                     const std::string& group) {
  std::size_t next = 0;
  std::map<const KerasLayer*, std::vector<const Hdf5Array*>> trained, others;
  for (const bool trainable : {true, false}) {
    for (KerasLayer* layer : layers) {
      for (const WeightRole& role : weight_roles(*layer)) {
        if ((role.trainable && layer->trainable) != trainable) continue;
        if (next == arrays.size()) misfit(group);
        (trainable ? trained : others)[layer].push_back(arrays[next++].array);
      }
    }
  }
  if (next != arrays.size()) misfit(group);
  for (KerasLayer* layer : layers) {
    layer->weights = trained[layer];
    std::ranges::copy(others[layer], std::back_inserter(layer->weights));
  }
}

/// The list in the attribute of a group. Long lists are written in parts: weight_names0, ...
std::vector<std::string> name_list(const Hdf5File& file, const std::string& group) {
  const auto attributes = file.texts.find(group);
  if (attributes == file.texts.end()) return {};
  const auto whole = attributes->second.find("weight_names");
  if (whole != attributes->second.end()) return whole->second;
  std::vector<std::string> out;
  for (std::size_t part = 0;; ++part) {
    const auto found = attributes->second.find("weight_names" + std::to_string(part));
    if (found == attributes->second.end()) return out;
    std::ranges::copy(found->second, std::back_inserter(out));
  }
}

/// "BatchNormalization" -> "batch_normalization", as Keras does it.
std::string snake_case(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool word = upper(name[i]) && i > 0 &&
                      (lower(name[i - 1]) || (i + 1 < name.size() && lower(name[i + 1])));
    if (word && out.back() != '_') out += '_';
    out += name[i];
  }
  return lower_ascii(out);
}

/// The arrays of a group "vars", which are named by numbers.
std::vector<const Hdf5Array*> variables(const Hdf5File& file, const std::string& group) {
  std::vector<const Hdf5Array*> out;
  while (true) {
    const auto found = file.arrays.find(group + "/vars/" + std::to_string(out.size()));
    if (found == file.arrays.end()) return out;
    out.push_back(&found->second);
  }
}

void assign_groups(KerasLayer& model, const Hdf5File& file, const std::string& group) {
  const auto inside = [&](const std::string& name) {
    return group.empty() ? name : group + "/" + name;
  };
  // Keras 2 has another name for the same list; its Windows versions write another separator.
  const auto starts = [&](const std::string& prefix) {
    const auto next = file.arrays.lower_bound(prefix);
    return next != file.arrays.end() && next->first.starts_with(prefix);
  };
  std::string list = inside("layers/");
  for (const char* other :
       {"_layer_checkpoint_dependencies/", "_layer_checkpoint_dependencies\\", "layers\\"}) {
    if (!starts(list) && starts(inside(other))) list = inside(other);
  }
  std::map<std::string, std::size_t> used;
  for (KerasLayer& layer : model.layers) {
    std::string name = snake_case(layer.kind);
    const std::size_t before = used[name]++;
    if (before > 0) name += "_" + std::to_string(before);
    if (layer.is_model)
      assign_groups(layer, file, list + name);
    else
      layer.weights = variables(file, list + name);
    // Random layers have the state of their generator.
    if (!layer.is_model && weight_roles(layer).empty()) layer.weights.clear();
  }
}

}  // namespace

std::vector<WeightRole> weight_roles(const KerasLayer& layer) {
  std::vector<WeightRole> out;
  const auto bias = [&] {
    if (flag(layer.config, "use_bias", true)) out.push_back({"bias"});
  };
  if (layer.kind == "Dense" || layer.kind == "Conv2D" || layer.kind == "Conv1D") {
    out = {{"kernel"}};
    bias();
  } else if (layer.kind == "DepthwiseConv2D") {
    out = {{"depthwise_kernel"}};
    bias();
  } else if (layer.kind == "SeparableConv2D") {
    out = {{"depthwise_kernel"}, {"pointwise_kernel"}};
    bias();
  } else if (layer.kind == "BatchNormalization" || layer.kind == "LayerNormalization") {
    if (flag(layer.config, "scale", true)) out.push_back({"gamma"});
    if (flag(layer.config, "center", true)) out.push_back({"beta"});
    if (layer.kind == "BatchNormalization") {
      out.push_back({"moving_mean", false});
      out.push_back({"moving_variance", false});
    }
  } else if (layer.kind == "PReLU") {
    out = {{"alpha"}};
  } else if (layer.kind == "LayerScale") {
    out = {{"gamma"}};
  } else if (layer.kind == "Normalization" &&
             (!layer.config.contains("mean") || layer.config["mean"].is_null())) {
    out = {{"mean", false}, {"variance", false}, {"count", false}};
  }
  return out;
}

void assign_h5_weights(KerasModel& model) {
  for (KerasLayer& layer : model.root.layers) {
    const std::string group = "model_weights/" + layer.name;
    std::vector<Named> arrays;
    for (std::string name : name_list(model.hdf5, group)) {
      const auto found = model.hdf5.arrays.find(group + "/" + name);
      if (found == model.hdf5.arrays.end()) misfit(layer.name);
      if (name.ends_with(":0")) name.resize(name.size() - 2);
      // The state of random layers is listed with the weights.
      if (!name.ends_with("seed_generator_state") && !name.contains("seed_generator"))
        arrays.push_back({name, &found->second});
    }
    std::vector<KerasLayer*> below;
    leaves(layer, below);
    if (!assign_by_name(below, arrays)) assign_by_order(below, arrays, layer.name);
  }
}

void assign_keras_weights(KerasModel& model) { assign_groups(model.root, model.hdf5, ""); }

}  // namespace vitrine::interop
