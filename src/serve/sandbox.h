// The server locks itself in: it keeps only the rights that serving needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vitrine {

struct SandboxOptions {
  std::vector<std::filesystem::path> readable;  ///< files and folders that are read again later
  std::vector<std::filesystem::path> writable;  ///< folders that logs and sockets are made in
  bool network = false;                         ///< it calls other servers (photo URLs, traces)
};

/// For this process and all its threads to come, for good: no new programs, no rights by
/// setuid, files only as named (Landlock), no outgoing connections unless asked for, and no
/// system calls that serving has no use for (seccomp: they fail with EPERM). To be called before
/// threads are started. Returns what the kernel gives, for people: "Landlock 6, seccomp".
/// Throws Error(failed) where the kernel has neither.
std::string enter_sandbox(const SandboxOptions& options);

}  // namespace vitrine
