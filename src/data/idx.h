// IDX files (MNIST's and Fashion-MNIST's format, LeCun et al.), unpacked into photos.
#pragma once

#include <filesystem>

namespace vitrine {

/// Whether a file starts as IDX images do, plain or in gzip. False for what can't
/// be opened.
bool is_idx(const std::filesystem::path& path);

/// Unpacks images and their labels (the file beside it whose name has `labels` and
/// `idx1` in place of `images` and `idx3`, with or without .gz) into a folder of PNG
/// files, one folder a label, below `cache`; a later call finds them there. Returns
/// the folder. Throws Error(bad_input) for broken files or labels that are not
/// there, Error(failed) where the folder can't be written.
std::filesystem::path unpack_idx(const std::filesystem::path& images,
                                 const std::filesystem::path& cache);

}  // namespace vitrine
