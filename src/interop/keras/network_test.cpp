#include "interop/keras/network.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "interop/keras/layer_weights.h"
#include "interop/photo_model.h"

namespace vitrine::interop {
namespace {

/// Layers in a sequence, of which the first is the image.
std::string sequence(const std::string& layers, const char* shape = "[null, 8, 8, 3]") {
  return std::string(
             R"({"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer",
    "config": {"batch_shape": )") +
         shape + R"(, "name": "i"}}, )" + layers + "]}}";
}

Hdf5File weights() {
  Hdf5File out;
  out.arrays["layers/dense/vars/0"] = {{3, 2}, std::vector<float>(6, 1)};
  out.arrays["layers/dense/vars/1"] = {{2}, {0, 1}};
  return out;
}

KerasNetwork network(const std::string& layers, const PhotoSize& size = {}) {
  const KerasModel model = assembled({.layers = layers, .version = "3.1", .hdf5 = weights()});
  return write_network(model, size);
}

constexpr const char* kHead = R"({"class_name": "GlobalAveragePooling2D", "config": {"name": "g"}},
  {"class_name": "Dense", "config": {"name": "d", "activation": "softmax"}})";

std::string problem(const std::string& layers) {
  try {
    network(layers);
  } catch (const std::invalid_argument& error) {
    return error.what();
  } catch (const Error& error) {
    return error.message;
  }
  return "none";
}

TEST(KerasNetwork, scalings_of_the_photo_are_one) {
  const auto made = network(sequence(
      std::string(
          R"({"class_name": "Rescaling", "config": {"name": "r", "scale": 0.5, "offset": 3}},
    {"class_name": "Normalization", "config": {"name": "n", "mean": [1, 2, 3], "variance": [4, 4, 4]}}, )") +
      kHead));
  EXPECT_TRUE(made.scales_itself);
  EXPECT_EQ(made.pixels.scale, (std::array<double, 3>{0.25, 0.25, 0.25}));
  EXPECT_EQ(made.pixels.shift, (std::array<double, 3>{1, 0.5, 0}));
  EXPECT_EQ(made.outputs, 2);
  EXPECT_EQ(made.ending, LayerValue::Ending::softmax);
}

TEST(KerasNetwork, what_is_not_read_is_named) {
  EXPECT_EQ(problem(sequence(kHead)), "none");
  const auto with = [](const std::string& layer) {
    return problem(sequence(layer + ", " + kHead));
  };
  EXPECT_NE(with(R"({"class_name": "Lambda", "config": {"name": "own"}})")
                .find("'own' (Lambda) holds code"),
            std::string::npos);
  EXPECT_NE(
      with(R"({"class_name": "Mine", "registered_name": "pkg>Mine", "config": {"name": "own"}})")
          .find("class of your own"),
      std::string::npos);
  EXPECT_NE(with(R"({"class_name": "LSTM", "config": {"name": "l"}})")
                .find("a kind that import does not read"),
            std::string::npos);
  EXPECT_NE(problem(sequence(kHead, "[null, null, 8, 3]")).find("--size"), std::string::npos);
  EXPECT_NE(problem(sequence(kHead, "[null, 8, 8, 5]")).find("5 channels"), std::string::npos);
  EXPECT_NE(problem(sequence(kHead, "[null, 10]")).find("not a photo"), std::string::npos);
  EXPECT_NE(
      problem(
          sequence(
              R"({"class_name": "Flatten", "config": {"name": "f"}}, {"class_name": "Dense", "config": {"name": "d"}})"))
          .find("another shape"),
      std::string::npos);
  EXPECT_NE(problem(std::string(2000, '[') + std::string(2000, ']')).find("nested too deep"),
            std::string::npos);
}

TEST(KerasNetwork, calls_that_multiply_end) {
  // Each model calls the one in it twice.
  std::string inner =
      R"({"class_name": "Activation", "config": {"name": "a", "activation": "relu"}})";
  for (int depth = 0; depth < 15; ++depth) {
    inner =
        R"({"class_name": "Functional", "config": {"name": "m", "layers": [{"class_name": "InputLayer", "name": "i", "config": {"name": "i"}, "inbound_nodes": []},
      )" +
        inner.substr(0, inner.size() - 1) +
        R"(, "name": "x", "inbound_nodes": [[["i", 0, 0]], [["x", 0, 0]]]}],
      "input_layers": [["i", 0, 0]], "output_layers": [["x", 1, 0]]}})";
  }
  EXPECT_NE(problem(sequence(inner)).find("too often"), std::string::npos);
}

TEST(KerasNetwork, weights_in_one_list_are_found_by_name_or_order) {
  const std::string layers =
      sequence(R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
    {"class_name": "BatchNormalization", "config": {"name": "b", "trainable": true}},
    {"class_name": "BatchNormalization", "config": {"name": "c", "trainable": false}}]}})");
  for (const bool named : {true, false}) {
    Hdf5File file;
    auto& list = file.texts["model_weights/s"]["weight_names"];
    // What is trained comes first.
    for (const char* name : {"b/gamma:0", "b/beta:0", "b/moving_mean:0", "b/moving_variance:0",
                             "c/gamma:0", "c/beta:0", "c/moving_mean:0", "c/moving_variance:0"}) {
      list.push_back(named ? name : "v" + std::to_string(list.size()));
      file.arrays["model_weights/s/" + list.back()] = {{1}, {static_cast<float>(list.size())}};
    }
    const KerasModel model = assembled({.layers = layers, .hdf5 = file, .is_h5 = true});
    const auto& both = model.root.layers[1].layers;
    EXPECT_EQ(both[0].weights[3]->values[0], 4);
    EXPECT_EQ(both[1].weights[0]->values[0], 5);
  }
}

TEST(PhotoModel, names_of_classes_and_preprocessing) {
  EXPECT_EQ(class_names("dress, hat"), (std::vector<std::string>{"dress", "hat"}));
  EXPECT_THROW(class_names("dress,,hat"), Error);
  EXPECT_EQ(normalisation_of("Xception").name, "half");
  EXPECT_EQ(normalisation_of("none").name, "raw");
  EXPECT_THROW(normalisation_of("exception"), Error);
}

}  // namespace
}  // namespace vitrine::interop
