#include "train/network/torch_graph.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "onnx/graph_builder.h"
#include "train/network/torch_operators.h"

namespace vitrine::train {
namespace {

/// The value of a Constant node; nullopt for text and sparse tensors.
std::optional<::onnx::TensorProto> constant_of(const ::onnx::NodeProto& node) {
  if (node.op_type() != "Constant" || node.attribute_size() != 1) return std::nullopt;
  const auto& value = node.attribute(0);
  if (value.has_t()) return value.t();
  ::onnx::TensorProto tensor;
  tensor.set_data_type(::onnx::TensorProto::INT64);
  if (value.name() == "value_float" || value.name() == "value_floats") {
    tensor.set_data_type(::onnx::TensorProto::FLOAT);
  }
  if (value.name() == "value_float") {
    tensor.add_float_data(value.f());
  } else if (value.name() == "value_int") {
    tensor.add_int64_data(value.i());
  } else if (value.name() == "value_floats") {
    tensor.add_dims(value.floats_size());
    for (const float one : value.floats()) tensor.add_float_data(one);
  } else if (value.name() == "value_ints") {
    tensor.add_dims(value.ints_size());
    for (const auto one : value.ints()) tensor.add_int64_data(one);
  } else {
    return std::nullopt;
  }
  return tensor;
}

/// Turns Constant nodes into initializers, and copies of initializers by Identity nodes, too:
/// exporters store equal weights once and use Identity for the others, but each must be trained
/// separately.
void hoist_constants(::onnx::GraphProto& graph) {
  std::map<std::string, int> places;
  for (int i = 0; i < graph.initializer_size(); ++i) places[graph.initializer(i).name()] = i;
  google::protobuf::RepeatedPtrField<::onnx::NodeProto> kept;
  for (auto& node : *graph.mutable_node()) {
    const auto constant = constant_of(node);
    const bool copy = node.op_type() == "Identity" && places.contains(node.input(0));
    if (!constant && !copy) {
      *kept.Add() = std::move(node);
      continue;
    }
    ::onnx::TensorProto tensor = constant ? *constant : graph.initializer(places.at(node.input(0)));
    tensor.set_name(node.output(0));
    places[node.output(0)] = graph.initializer_size();
    *graph.add_initializer() = std::move(tensor);
  }
  graph.mutable_node()->Swap(&kept);
}

enum class Role { none, weight, statistic };

/// The role in training of the constant that is the i-th input of a node.
Role role_of(const ::onnx::NodeProto& node, int i, const ::onnx::TensorProto& tensor) {
  const std::string& type = node.op_type();
  const bool real = tensor.data_type() == ::onnx::TensorProto::FLOAT ||
                    tensor.data_type() == ::onnx::TensorProto::FLOAT16;
  if (!real || tensor.name().starts_with("V.scale") || tensor.name().starts_with("V.shift")) {
    return Role::none;
  }
  if (type == "BatchNormalization") return i <= 2 ? Role::weight : Role::statistic;
  if (type == "Conv" || type == "Gemm" || type == "LayerNormalization" || type == "PRelu") {
    return Role::weight;
  }
  std::int64_t numbers = 1;
  for (const auto size : tensor.dims()) numbers *= size;
  const bool many = numbers > 1;  // a single number is a constant of the network's formula
  if (type == "MatMul" || type == "Add" || type == "Mul" || type == "Sub") {
    return many ? Role::weight : Role::none;
  }
  return Role::none;
}

}  // namespace

TorchGraph::TorchGraph(::onnx::ModelProto model, std::string output, const std::string& where)
    : model_(std::move(model)), where_(where) {
  hoist_constants(*model_.mutable_graph());
  read_weights();
  find_parameters();
  output_ = slot(output);
  compile();
}

std::size_t TorchGraph::slot(const std::string& name) {
  const auto [place, is_new] = slots_.emplace(name, constants_.size());
  if (is_new) constants_.emplace_back();
  return place->second;
}

void TorchGraph::read_weights() {
  for (const auto& tensor : model_.graph().initializer()) {
    constants_[slot(tensor.name())] = to_torch(tensor);
  }
  for (const auto& input : model_.graph().input()) {
    if (!slots_.contains(input.name())) input_ = slot(input.name());
  }
}

void TorchGraph::find_parameters() {
  std::map<std::string, const ::onnx::TensorProto*> tensors;
  for (const auto& tensor : model_.graph().initializer()) tensors[tensor.name()] = &tensor;
  std::set<std::string> seen;
  const auto& nodes = model_.graph().node();
  for (int n = 0; n < nodes.size(); ++n) {
    for (int i = 0; i < nodes[n].input_size(); ++i) {
      const auto found = tensors.find(nodes[n].input(i));
      if (found == tensors.end()) continue;
      const Role role = role_of(nodes[n], i, *found->second);
      if (role == Role::none || !seen.insert(found->first).second) continue;
      torch::Tensor& value = constants_[slot(found->first)];
      if (value.dim() == 4) value = value.contiguous(torch::MemoryFormat::ChannelsLast);
      const double place = static_cast<double>(n) / nodes.size();
      if (role == Role::weight) value.set_requires_grad(true);
      (role == Role::weight ? parameters_ : statistics_).push_back({found->first, value, place});
    }
  }
}

void TorchGraph::compile() {
  const std::int64_t opset = onnx::opset_of(model_);
  for (const auto& node : model_.graph().node()) {
    const TorchOperator function = torch_operator(node, opset);
    if (!function) {
      throw Error(
          ErrorKind::bad_model,
          "the backbone has an operator that can't be trained: " +
              shown((node.domain().empty() ? "" : node.domain() + ".") + node.op_type()),
          where_,
          "keep the backbone frozen (leave --fine-tune out), or use a float network that is "
          "not quantized");
    }
    std::vector<std::size_t> inputs;
    for (const auto& name : node.input()) inputs.push_back(slot(name));
    std::vector<std::size_t> outputs;
    for (const auto& name : node.output()) outputs.push_back(slot(name));
    operations_.push_back([function, inputs, outputs](Values& values, bool training) {
      Values in;
      in.reserve(inputs.size());
      for (const std::size_t i : inputs) in.push_back(values[i]);
      const Values out = function(in, training);
      for (std::size_t i = 0; i < outputs.size() && i < out.size(); ++i)
        values[outputs[i]] = out[i];
    });
    last_uses_.push_back(std::move(inputs));
  }
  // A value is freed after the last operation that uses it.
  std::set<std::size_t> used_later{output_};
  for (std::size_t i = last_uses_.size(); i-- > 0;) {
    std::vector<std::size_t> dying;
    for (const std::size_t one : last_uses_[i]) {
      if (used_later.insert(one).second) dying.push_back(one);
    }
    last_uses_[i] = std::move(dying);
  }
}

namespace {

/// The first line of a message; libtorch appends a backtrace.
std::string first_line_of(const std::exception& problem) {
  const std::string_view text(problem.what());
  return shown(text.substr(0, text.find('\n')), 300);
}

}  // namespace

torch::Tensor TorchGraph::forward(const torch::Tensor& image, bool training) {
  Values values = constants_;
  values[input_] = image;
  try {
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const double place = static_cast<double>(i) / static_cast<double>(operations_.size());
      operations_[i](values, training && place >= frozen_below_);
      for (const std::size_t dead : last_uses_[i]) values[dead] = torch::Tensor();
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {  // c10::Error and other exceptions of libtorch
    throw Error(ErrorKind::bad_model, "libtorch can't run the network: " + first_line_of(problem),
                where_, "keep the backbone frozen: leave --fine-tune out");
  }
  return values[output_];
}

void TorchGraph::freeze_below(double place) {
  frozen_below_ = place;
  for (auto* list : {&parameters_, &statistics_}) {
    std::erase_if(*list, [&](Parameter& one) {
      if (one.place >= place) return false;
      one.value.set_requires_grad(false);
      return true;
    });
  }
}

void TorchGraph::move_to(const torch::Device& device) {
  for (auto* list : {&parameters_, &statistics_}) {
    for (Parameter& one : *list) {
      const bool trained = one.value.requires_grad();
      one.value = one.value.detach().to(device).set_requires_grad(trained);
      constants_[slots_.at(one.name)] = one.value;
    }
  }
  for (torch::Tensor& one : constants_) {  // integers are shapes, which stay on the CPU
    if (one.defined() && one.is_floating_point()) one = one.to(device);
  }
}

::onnx::ModelProto TorchGraph::model() const {
  ::onnx::ModelProto out = model_;
  for (auto& tensor : *out.mutable_graph()->mutable_initializer()) {
    for (const auto* list : {&parameters_, &statistics_}) {
      for (const Parameter& one : *list) {
        if (one.name == tensor.name()) store(one.value, tensor);
      }
    }
  }
  return out;
}

}  // namespace vitrine::train
