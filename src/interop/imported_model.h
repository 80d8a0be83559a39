// What the readers of other programs' model files take and give.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/card.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::interop {

struct ImportOptions {
  std::string target = "target";  ///< the name of the target column, which model files rarely store
  /// Pickles: predict as this version of scikit-learn does ("1.3"); default: the version that saved
  /// the model. Versions before 1.5 read the default `multi_class` of newer files as multinomial
  /// and double the margin.
  std::optional<std::string> as_version;

  // Of photos.
  std::string classes;     ///< "dress,hat", or a file of names; empty: their numbers
  std::string preprocess;  ///< see normalisation_of(); empty: what the model itself does
  int width = 0;           ///< of the photos, where the model takes any size; 0: not given
  int height = 0;
  data::Filter filter = data::Filter::nearest;  ///< how photos of other sizes are resized
};

struct ImportedTableModel {
  model::FeatureLayout layout;
  model::Classifier classifier;
};

struct ImportedModel {
  model::Card card;
  /// Of photos: the graph of model::classifier_graph().
  std::variant<ImportedTableModel, ::onnx::ModelProto> content;
  std::vector<std::string> notes;  ///< for the user
  bool answers_logits = false;     ///< the library's predictions are logits, no probabilities
};

/// What is saved with the card. Of photos it is taken out of the model.
::onnx::ModelProto take_graph(ImportedModel& model);

}  // namespace vitrine::interop
