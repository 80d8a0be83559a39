// Checkpoint files, with a checksum.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vitrine::train {

/// Writes the parts atomically, after a checksum. Throws Error(failed).
void write_checkpoint(const std::filesystem::path& path, const std::vector<std::string>& parts);

/// Reads the parts. Throws Error(bad_input) if the file does not exist, is not a checkpoint or is
/// damaged.
std::vector<std::string> read_checkpoint(const std::filesystem::path& path);

/// Throws Error(bad_input) with the hint to start again.
[[noreturn]] void refuse_checkpoint(const std::filesystem::path& path, const std::string& why);

}  // namespace vitrine::train
