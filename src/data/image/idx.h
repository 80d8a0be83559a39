// Unpacks IDX files, the format of MNIST and Fashion-MNIST (LeCun et al.), into photos.
#pragma once

#include <filesystem>

namespace vitrine::data {

/// True if a file starts with the magic number of IDX images, uncompressed or in gzip. False if
/// it can't be opened.
bool is_idx(const std::filesystem::path& path);

/// Unpacks images and their labels (the file beside it whose name has `labels` and
/// `idx1` in place of `images` and `idx3`, with or without .gz) into a folder of PNG
/// files, one folder for each label, below `cache`. A later call uses the unpacked files. Returns
/// the folder. Throws Error(bad_input) if a file is damaged or the labels are missing, and
/// Error(failed) if the folder can't be written.
std::filesystem::path unpack_idx(const std::filesystem::path& images,
                                 const std::filesystem::path& cache);

}  // namespace vitrine::data
