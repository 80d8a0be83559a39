// A Keras model of photos as an ONNX graph.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "interop/keras/layer_writer.h"

namespace vitrine::interop {

struct KerasNetwork {
  ::onnx::GraphProto graph;  ///< from LayerWriter::kImage, [N, 3 or 1, height, width], to `logits`
  std::string logits;        ///< [N, outputs]
  std::int64_t outputs = 0;
  LayerValue::Ending ending = LayerValue::Ending::none;  ///< what Keras computes of the logits
  int height = 0;
  int width = 0;
  int channels = 0;            ///< 3, or 1: shades of grey
  PixelScale pixels;           ///< how the model itself scales pixels
  bool scales_itself = false;  ///< a layer for this scales them
};

/// The size of photos where the model takes any; 0: not known.
struct PhotoSize {
  int width = 0;
  int height = 0;
};

/// A network without nodes for images of this shape [batch, height, width, channels]; sizes below 1
/// are not known. Throws std::invalid_argument if these are no photos of one size.
KerasNetwork image_network(const std::vector<std::int64_t>& shape, const PhotoSize& size);

/// The photo as the first tensor of such a network.
LayerValue photo_of(const KerasNetwork& network);

/// Fills in the ending of a network whose last tensor is `last`. Throws std::invalid_argument if it
/// is not that of a classifier.
void finish(KerasNetwork& network, LayerWriter& writer, LayerValue last);

/// Throws std::invalid_argument for what is not a classifier of photos, with the layer.
KerasNetwork write_network(const KerasModel& model, const PhotoSize& size);

}  // namespace vitrine::interop
