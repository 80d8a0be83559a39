// The sandbox: restricts the process to the rights that serving needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vitrine::serve {

struct SandboxOptions {
  std::vector<std::filesystem::path> readable;  ///< files and folders that are read later
  std::vector<std::filesystem::path> writable;  ///< folders of logs and Unix sockets
  bool network = false;                         ///< allow connections to other servers
};

/// Restricts this process and its future threads irrevocably: no new programs, no setuid rights,
/// access only to the given files (Landlock), no outgoing TCP connections unless `network`, and no
/// system calls that serving does not need (seccomp: they fail with EPERM). Call it before threads
/// are started. Returns what the kernel supports, as text: "Landlock 6, seccomp". Throws
/// Error(failed) if the kernel supports neither.
std::string enter_sandbox(const SandboxOptions& options);

}  // namespace vitrine::serve
