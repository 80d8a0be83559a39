// Made-up photos of clothes: ten kinds, drawn.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "data/image.h"

namespace vitrine {

inline constexpr std::array<std::string_view, 10> kClothes{
    "dress", "hat",   "longsleeve", "outwear", "pants",
    "shirt", "shoes", "shorts",     "skirt",   "t-shirt"};

/// One picture of the kind kClothes[kind], `side` x `side`: cut, cloth, pose,
/// background and light by chance. The same kind, seed and side give the same pixels.
Image draw_clothes(std::size_t kind, std::uint64_t seed, int side);

/// Writes about `photos` / 10 JPEG files of each kind into `folder`/KIND/. Throws
/// Error(failed), and Error(bad_input) where a folder of a kind is there already.
void write_clothes_sample(const std::filesystem::path& folder, std::size_t photos,
                          std::uint64_t seed, int side);

}  // namespace vitrine
