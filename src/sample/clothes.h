// Synthetic photos of clothes in ten classes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "data/image/image.h"

namespace vitrine::sample {

inline constexpr std::array<std::string_view, 10> kClothes{
    "dress", "hat",   "longsleeve", "outwear", "pants",
    "shirt", "shoes", "shorts",     "skirt",   "t-shirt"};

/// Draws an image of the class kClothes[kind], `side` x `side` pixels, RGB, with random cut, cloth,
/// pose, background and light. The same kind, seed and side give the same pixels. Thread-safe.
data::Image draw_clothes(std::size_t kind, std::uint64_t seed, int side);

/// Writes about `photos` / 10 JPEG files of each class into `folder`/CLASS/. Throws
/// Error(bad_input) if the folder of a class exists already, Error(failed) if a file or folder
/// can't be written.
void write_clothes_sample(const std::filesystem::path& folder, std::size_t photos,
                          std::uint64_t seed, int side);

}  // namespace vitrine::sample
