#include "interop/keras/keras.h"

#include <functional>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "interop/keras/network.h"
#include "interop/keras/tflite.h"
#include "interop/photo_model.h"

namespace vitrine::interop {
namespace {

using Ending = LayerValue::Ending;

constexpr const char* kExport =
    "export it to ONNX with its own library, as model.export(\"model.onnx\", format=\"onnx\") of "
    "Keras, and serve that file";

/// The loss of compile(): "binary_crossentropy" of a name, an object or a list; empty if not known.
std::string loss_of(const Json& training) {
  if (!training.is_object() || !training.contains("loss")) return {};
  const Json& loss = training["loss"];
  if (loss.is_string()) return lower_ascii(loss.get<std::string>());
  if (loss.is_object() && loss.contains("class_name") && loss["class_name"].is_string())
    return lower_ascii(loss["class_name"].get<std::string>());
  return {};
}

/// Throws unless the outputs are those of classes of which one is right.
void check_ending(const KerasNetwork& network, const Json& training) {
  const std::string loss = loss_of(training);
  if (network.outputs == 1 && network.ending != Ending::sigmoid && !loss.starts_with("binary")) {
    throw std::invalid_argument(network.ending == Ending::softmax
                                    ? "its only output is a softmax, which is always 1"
                                    : "it predicts a number, which models of photos do not");
  }
  if (network.outputs > 1 && network.ending == Ending::sigmoid) {
    throw std::invalid_argument(
        "it ends in several sigmoids: each class is an answer of its own, and models of photos "
        "give one class");
  }
  if (network.outputs > 1 && network.ending == Ending::none && !loss.empty() &&
      !loss.contains("crossentropy")) {
    throw std::invalid_argument("it predicts numbers, which models of photos do not");
  }
}

/// A network as a model of photos. Throws std::invalid_argument for one that is no classifier.
ImportedModel imported(KerasNetwork network, const Json& training, std::string from,
                       std::vector<std::string> notes, const ImportOptions& options,
                       const std::string& where) {
  check_ending(network, training);
  ForeignNetwork foreign;
  foreign.backbone.width = network.width;
  foreign.backbone.height = network.height;
  foreign.backbone.input = LayerWriter::kImage;
  foreign.backbone.cut = network.logits;
  foreign.backbone.model.set_ir_version(8);
  foreign.backbone.model.add_opset_import()->set_version(17);
  foreign.backbone.model.mutable_graph()->Swap(&network.graph);
  foreign.outputs = static_cast<std::size_t>(network.outputs);
  foreign.grey = network.channels == 1;
  foreign.own_scale = {network.pixels.scale, network.pixels.shift, network.pixels.reversed};
  foreign.scales_itself = network.scales_itself;
  foreign.from = std::move(from);
  foreign.notes = std::move(notes);
  foreign.ends_in_logits = network.ending == Ending::none;
  if (foreign.ends_in_logits) {
    foreign.notes.push_back(std::string("the model ends without a ") +
                            (network.outputs == 1 ? "sigmoid" : "softmax") +
                            ": its outputs are taken for logits");
  }
  return imported_photo_model(std::move(foreign), options, where);
}

/// Calls `read`, with the errors of models that can't be imported.
ImportedModel guarded(const std::string& kind, const std::string& where,
                      const std::function<ImportedModel()>& read) {
  std::string problem;
  try {
    return read();
  } catch (const Json::exception& error) {
    problem = std::string("its description is damaged: ") + error.what();
  } catch (const std::invalid_argument& error) {
    problem = error.what();
  }
  throw Error(ErrorKind::bad_input, "the " + kind + " model can't be imported: " + problem, where,
              kExport);
}

}  // namespace

ImportedModel import_keras(std::string_view bytes, const ImportOptions& options,
                           const std::string& where) {
  return guarded("Keras", where, [&] {
    const KerasModel model = read_keras(bytes, where);
    return imported(write_network(model, {options.width, options.height}), model.training,
                    "Keras" + (model.version.empty() ? "" : " " + model.version), {}, options,
                    where);
  });
}

ImportedModel import_tflite(std::string_view bytes, const ImportOptions& options,
                            const std::string& where) {
  return guarded("TensorFlow Lite", where, [&] {
    std::vector<std::string> notes;
    KerasNetwork network = write_tflite(bytes, notes);
    return imported(std::move(network), Json(), "TensorFlow Lite", std::move(notes), options,
                    where);
  });
}

ImportedModel import_saved_model(const SavedModelFiles& files, const ImportOptions& options,
                                 const std::string& where) {
  return guarded("TensorFlow", where, [&] {
    std::string version;
    KerasNetwork network = write_saved_model(files, {options.width, options.height}, version);
    return imported(std::move(network), Json(),
                    "TensorFlow" + (version.empty() ? "" : " " + version), {}, options, where);
  });
}

}  // namespace vitrine::interop
