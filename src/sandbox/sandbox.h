// Sandboxes: restrict the process to the rights that serving needs, or that reading one file needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vitrine::sandbox {

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

/// For a child process that reads one file that is not trusted: leaves it only its memory and the
/// files that are open. Other system calls (opening files, sockets, programs, signals) fail
/// (seccomp), and so does memory above `memory` bytes of addresses (0: no limit); more than
/// `seconds` of processor time end the process. Irrevocable. False if the kernel does not support
/// it.
bool enter_reader_sandbox(std::size_t memory, unsigned seconds);

}  // namespace vitrine::sandbox
