#include "package/libraries.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "package/installation.h"

extern char** environ;

namespace vitrine::package {
namespace {

namespace fs = std::filesystem;

struct Ended {
  std::string output;  ///< standard output; standard error is discarded
  int status = -1;     ///< -1: it could not be started
};

Ended run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // LD_LIBRARY_PATH and the like are dropped: they would put other libraries into the package.
  std::vector<char*> environment;
  for (char** one = environ; *one != nullptr; ++one) {
    if (std::strncmp(*one, "LD_", 3) != 0) environment.push_back(*one);
  }
  environment.push_back(nullptr);
  pid_t child = 0;
  const int fault =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Ended out;
  char buffer[1 << 14];
  for (ssize_t got = 0; fault == 0 && ((got = ::read(ends[0], buffer, sizeof buffer)) > 0 ||
                                       (got < 0 && errno == EINTR));) {
    if (got > 0) out.output.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  if (fault == 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    out.status = WEXITSTATUS(status);
  }
  return out;
}

/// Reads a line such as `	libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f...)`.
void read_line(std::string_view line, const fs::path& program, Libraries& libraries) {
  const std::size_t arrow = line.find(" => ");
  if (arrow == std::string_view::npos) return;  // the kernel's vdso, and the loader
  const std::string name(trimmed(line.substr(0, arrow)));
  std::string_view rest = line.substr(arrow + 4);
  const std::size_t address = rest.rfind(" (0x");
  if (address == std::string_view::npos) {
    throw Error(ErrorKind::failed, "the library " + shown(name) + " is missing", program.string(),
                "install all of Vitrine");
  }
  const fs::path file(rest.substr(0, address));
  if (fs::path(name).filename() != "ld-linux-x86-64.so.2") libraries.files.emplace(name, file);
}

}  // namespace

Libraries libraries_of(std::span<const fs::path> programs) {
  const Installation& here = installation();
  Libraries out{.loader = here.loader};
  for (const fs::path& program : programs) {
    std::vector<std::string> words{here.loader.string()};
    if (here.portable) words.insert(words.end(), {"--library-path", (here.root / "lib").string()});
    words.insert(words.end(), {"--list", program.string()});
    const Ended listed = run(std::move(words));
    if (listed.status != 0) {
      throw Error(ErrorKind::failed, "the libraries of a program can't be listed", program.string(),
                  "make packages on x86-64 Linux with glibc, with all of Vitrine installed");
    }
    std::istringstream lines(listed.output);
    for (std::string line; std::getline(lines, line);) read_line(line, program, out);
  }
  return out;
}

namespace {

/// Reads a line of tab-separated name, version and architecture.
DebianPackage package_of(std::istream& fields) {
  DebianPackage out;
  std::getline(fields, out.name, '\t');
  std::getline(fields, out.version, '\t');
  std::getline(fields, out.architecture, '\t');
  return out;
}

/// The same from the list of a tarball.
std::map<fs::path, DebianPackage> listed_packages(std::span<const fs::path> files) {
  const Installation& here = installation();
  std::map<fs::path, DebianPackage> known, out;
  std::ifstream list(here.packages);
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields(line);
    std::string file;
    std::getline(fields, file, '\t');
    known[here.root / file] = package_of(fields);
  }
  for (const fs::path& file : files) {
    if (const auto one = known.find(file); one != known.end()) out.emplace(file, one->second);
  }
  return out;
}

/// The same from dpkg.
std::map<fs::path, DebianPackage> installed_packages(std::span<const fs::path> files) {
  // dpkg may know a file of /usr/lib as a file of /lib, which became a link: ask for both paths.
  std::map<std::string, std::vector<fs::path>> asked;
  for (const fs::path& file : files) {
    std::error_code problem;
    const fs::path real = fs::canonical(file, problem);
    if (problem) continue;
    asked[real.string()].push_back(file);
    if (real.string().starts_with("/usr/")) asked[real.string().substr(4)].push_back(file);
  }
  std::vector<std::string> words{"dpkg-query", "-S"};
  for (const auto& [path, all] : asked) words.push_back(path);
  std::map<fs::path, std::string> owner;
  std::set<std::string> names;
  std::istringstream found(run(words).output);          // exit code 1 if it does not know a file
  for (std::string line; std::getline(found, line);) {  // `zlib1g:amd64: /usr/lib/.../libz.so.1`
    const std::size_t colon = line.rfind(": ");
    if (colon == std::string::npos || line.starts_with("diversion ")) continue;
    const std::string name = line.substr(0, line.find(", "));
    const auto place = asked.find(line.substr(colon + 2));
    if (place == asked.end()) continue;
    const std::string package = name.substr(0, std::min(colon, name.size()));
    for (const fs::path& file : place->second) owner[file] = package;
    names.insert(package);
  }
  if (names.empty()) return {};
  std::vector<std::string> query{
      "dpkg-query", "-W", "-f=${binary:Package}\\t${Package}\\t${Version}\\t${Architecture}\\n"};
  query.insert(query.end(), names.begin(), names.end());
  std::map<std::string, DebianPackage> known;
  std::istringstream versions(run(query).output);
  for (std::string line; std::getline(versions, line);) {
    std::istringstream fields(line);
    std::string binary;
    std::getline(fields, binary, '\t');
    known[binary] = package_of(fields);
  }
  std::map<fs::path, DebianPackage> out;
  for (const auto& [file, name] : owner) {
    if (const auto one = known.find(name); one != known.end()) out.emplace(file, one->second);
  }
  return out;
}

}  // namespace

std::map<fs::path, DebianPackage> debian_packages(std::span<const fs::path> files) {
  std::error_code problem;
  const bool listed = fs::is_regular_file(installation().packages, problem);
  return listed ? listed_packages(files) : installed_packages(files);
}

}  // namespace vitrine::package
