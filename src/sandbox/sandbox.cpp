#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/module.h"

// Not in the headers of older systems.
#ifndef LANDLOCK_ACCESS_NET_CONNECT_TCP
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif

namespace vitrine::sandbox {
namespace {

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kFileRead = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE;

/// All rights that Landlock has up to version `abi`.
std::uint64_t all_rights(int abi) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
  return rights;
}

void allow(int rules, const std::filesystem::path& path, std::uint64_t rights) {
  const int place = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (place < 0) return;  // it does not exist
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    rights &= kFileRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
  }
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place;
  ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(place);
}

/// Applies Landlock. Returns its version; 0: the kernel does not support it.
int restrict_files(const SandboxOptions& options) {
  const auto abi = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) return 0;
  const std::uint64_t rights = all_rights(abi);
  struct {  // landlock_ruleset_attr of version 4; older kernels get only its first field
    std::uint64_t files;
    std::uint64_t network;
  } attributes{rights, abi >= 4 && !options.network ? LANDLOCK_ACCESS_NET_CONNECT_TCP : 0};
  const std::size_t size = abi >= 4 ? sizeof attributes : sizeof attributes.files;
  const auto rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  if (rules < 0) return 0;
  for (const auto& path : options.readable) allow(rules, path, kRead & rights);
  for (const auto& path : options.writable) allow(rules, path, (kRead | kWrite) & rights);
  // Files that libraries read at run time: processors, limits, time zones, names, HEIC plug-ins.
  for (const char* path : {"/proc", "/sys/devices/system", "/sys/fs/cgroup", "/etc", "/usr/lib",
                           "/usr/share/zoneinfo", "/lib", "/lib64", "/dev/urandom"}) {
    allow(rules, path, kRead & rights);
  }
  allow(rules, program_path().parent_path().parent_path() / "lib", kRead & rights);
  allow(rules, "/dev/null", (kFileRead | LANDLOCK_ACCESS_FS_WRITE_FILE) & rights);
  const bool done = ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  ::close(rules);
  return done ? abi : 0;
}

/// System calls that a server never needs.
constexpr const char* kForbidden[] = {"execve",
                                      "execveat",
                                      "ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "fork",
                                      "vfork",
                                      "mount",
                                      "umount2",
                                      "pivot_root",
                                      "chroot",
                                      "setns",
                                      "unshare",
                                      "open_tree",
                                      "move_mount",
                                      "fsopen",
                                      "fsmount",
                                      "init_module",
                                      "finit_module",
                                      "delete_module",
                                      "kexec_load",
                                      "kexec_file_load",
                                      "bpf",
                                      "perf_event_open",
                                      "userfaultfd",
                                      "keyctl",
                                      "add_key",
                                      "request_key",
                                      "setuid",
                                      "setgid",
                                      "setreuid",
                                      "setregid",
                                      "setresuid",
                                      "setresgid",
                                      "setgroups",
                                      "capset",
                                      "reboot",
                                      "swapon",
                                      "swapoff",
                                      "sethostname",
                                      "setdomainname",
                                      "acct",
                                      "settimeofday",
                                      "clock_settime",
                                      "adjtimex",
                                      "ioperm",
                                      "iopl",
                                      "quotactl",
                                      "personality",
                                      "io_uring_setup",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "name_to_handle_at",
                                      "open_by_handle_at",
                                      "mknod",
                                      "mknodat",
                                      "vhangup",
                                      "kcmp",
                                      "pidfd_getfd",
                                      "lookup_dcookie"};

bool restrict_calls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return false;
  for (const char* name : kForbidden) {
    const int context = seccomp_syscall_resolve_name(name);
    if (context != __NR_SCMP_ERROR) seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), context, 0);
  }
  const bool done = seccomp_load(filter) == 0;
  seccomp_release(filter);
  return done;
}

/// All that reading a file from memory needs: memory, the clock, the end.
constexpr const char* kReaderCalls[] = {
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "write",
    "exit",
    "exit_group",
    "futex",
    "rt_sigaction",
    "rt_sigreturn",
    "rt_sigprocmask",
    "clock_gettime",
    "gettimeofday",
    "getrandom",
    "getpid",
    "gettid",
    "sched_yield",
    "restart_syscall",
    "sched_getaffinity",
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // What sanitizers need when exceptions are thrown, and to find out whether memory is readable.
    "sigaltstack",
    "pipe",
    "pipe2",
    "close",
#endif
};

bool allow_only_reader_calls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return false;
  for (const char* name : kReaderCalls) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call != __NR_SCMP_ERROR) seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  }
  const bool done = seccomp_load(filter) == 0;
  seccomp_release(filter);
  return done;
}

bool limit(decltype(RLIMIT_AS) resource, rlim_t most) {
  const rlimit limits{most, most};
  return ::setrlimit(resource, &limits) == 0;
}

}  // namespace

bool enter_reader_sandbox(std::size_t memory, unsigned seconds) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (!limit(RLIMIT_CPU, seconds) || !limit(RLIMIT_CORE, 0)) return false;
  // Sanitizers reserve terabytes of addresses.
  if (memory > 0 && !limit(RLIMIT_AS, memory)) return false;
  return allow_only_reader_calls();
}

std::string enter_sandbox(const SandboxOptions& options) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw Error(ErrorKind::failed, "this kernel does not support NO_NEW_PRIVS", "--sandbox",
                "leave out --sandbox on this machine");
  }
  const int landlock = restrict_files(options);
  const bool calls = restrict_calls();
  if (landlock == 0 && !calls) {
    throw Error(ErrorKind::failed, "this kernel has neither Landlock nor seccomp", "--sandbox",
                "leave out --sandbox on this machine, or use kernel 5.13 or later");
  }
  return (landlock > 0 ? "Landlock " + std::to_string(landlock) : "no Landlock") +
         (calls ? ", seccomp" : ", no seccomp");
}

}  // namespace vitrine::sandbox
