// What a training has done so far, as a file that is whole or refused.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vitrine {

/// Writes the parts atomically, with a checksum in front. Throws Error(failed).
void write_checkpoint(const std::filesystem::path& path, const std::vector<std::string>& parts);

/// The parts. Throws Error(bad_input) for a file that is not there, is none of ours
/// or is damaged.
std::vector<std::string> read_checkpoint(const std::filesystem::path& path);

/// Error(bad_input) with the hint to start again.
[[noreturn]] void refuse_checkpoint(const std::filesystem::path& path, const std::string& why);

}  // namespace vitrine
