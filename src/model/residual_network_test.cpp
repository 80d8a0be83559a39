#include "model/residual_network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/image_predictor.h"

namespace vitrine::model {
namespace {

TEST(ResidualNetwork, ComputesFeaturesForEverySize) {
  for (const int side : {16, 23, 24, 47, 48, 64, 96}) {
    const Backbone network = residual_network(side, 1);
    const auto graph = feature_graph(network, known_normalisations()[1]);
    const engine::PixelNetwork runs(graph, "", "features", {}, "test");
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(2 * side * side * 3), 100);
    const auto features = runs.run(pixels, 2);
    ASSERT_EQ(features.size(), side >= 24 ? 256U : 128U) << side;
    for (const float one : features) ASSERT_TRUE(std::isfinite(one));
  }
}

TEST(ResidualNetwork, TheSameSeedProducesTheSameWeights) {
  EXPECT_EQ(residual_network(32, 5).model.SerializeAsString(),
            residual_network(32, 5).model.SerializeAsString());
  EXPECT_NE(residual_network(32, 5).model.SerializeAsString(),
            residual_network(32, 6).model.SerializeAsString());
}

}  // namespace
}  // namespace vitrine::model
