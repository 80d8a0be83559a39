#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>

namespace vitrine {
namespace {

/// The limit in a control file, in bytes; the largest size_t if it has none or does not exist.
std::size_t limit_in(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::size_t bytes = 0;
  if (!(file >> text)) return std::numeric_limits<std::size_t>::max();
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  const bool number = code == std::errc() && end == text.data() + text.size() && bytes > 0;
  return number ? bytes : std::numeric_limits<std::size_t>::max();
}

}  // namespace

std::size_t memory_limit() {
  std::size_t least = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  least = std::min(least, limit_in("/sys/fs/cgroup/memory.max"));
  least = std::min(least, limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    // "0::/a/b" in version 2, "4:memory:/a/b" in version 1. The limits of all parent groups apply.
    const bool second = line.starts_with("0::");
    const std::size_t first = line.find(":memory:");
    if (!second && first == std::string::npos) continue;
    std::string group = line.substr(second ? 3 : first + 8);
    const std::string root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const std::string name = second ? "/memory.max" : "/memory.limit_in_bytes";
    for (; group.size() > 1; group.resize(group.rfind('/'))) {
      least = std::min(least, limit_in(root + group + name));
    }
  }
  return least;
}

}  // namespace vitrine
