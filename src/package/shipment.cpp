#include "package/shipment.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/module.h"
#include "package/installation.h"

namespace vitrine::package {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryFolder = "usr/lib/x86_64-linux-gnu";
/// The folder in which Debian's libheif looks for HEIC decoders.
constexpr const char* kHeifFolder = "usr/lib/x86_64-linux-gnu/libheif/plugins";
constexpr const char* kHeifDecoder = "libheif-libde265.so";

fs::path part_of(const fs::path& file) {
  std::error_code problem;
  if (fs::is_regular_file(file, problem)) return file;
  throw Error(ErrorKind::failed, "a part of Vitrine that the package needs is not installed",
              file.string(), "install all of Vitrine, with the Debian package vitrine-serve");
}

/// Adds the copyright files of the Debian packages of `files`, one per package.
void add_licences(FileTree& tree, const Program& program, std::span<const fs::path> files) {
  std::set<std::string> names;
  for (const fs::path& file : files) {
    if (const auto owner = program.owners.find(file); owner != program.owners.end()) {
      names.insert(owner->second.name);
    }
  }
  for (const std::string& name : names) {
    const fs::path licence = installation().licence_of(name);
    std::error_code problem;
    if (fs::is_regular_file(licence, problem)) {
      tree.add_copy("usr/share/doc/" + name + "/copyright", licence);
    }
  }
}

std::vector<fs::path> paths_of(const Libraries& libraries) {
  std::vector<fs::path> out{libraries.loader};
  for (const auto& [name, file] : libraries.files) out.push_back(file);
  return out;
}

}  // namespace

std::string ShippedModel::path() const {
  return version == 0 ? name + ".onnx" : name + "/" + std::to_string(version) + "/model.onnx";
}

std::vector<std::string> own_words(const Shipment& shipment, const Places& places,
                                   const std::string& host) {
  std::vector<std::string> words{"serve"};
  for (const ShippedModel& model : shipment.models) {
    const std::string at = model.version == 0 ? "" : "@" + std::to_string(model.version);
    words.push_back(model.name + at + "=" + places.models + "/" + model.path());
  }
  if (!host.empty()) {
    words.insert(words.end(), {"--host", host, "--port", std::to_string(shipment.port)});
  }
  if (!shipment.signer.empty()) words.insert(words.end(), {"--require-signature", places.key});
  return words;
}

std::vector<std::string> serve_words(const Shipment& shipment, const Places& places,
                                     const std::string& host) {
  std::vector<std::string> words = own_words(shipment, places, host);
  words.insert(words.end(), shipment.options.begin(), shipment.options.end());
  return words;
}

std::vector<std::string> health_words(const Shipment& shipment) {
  std::vector<std::string> words{"/usr/bin/vitrine-serve", "healthcheck", "--port",
                                 std::to_string(shipment.port)};
  if (shipment.facts.tls) words.emplace_back("--tls");
  return words;
}

std::vector<std::string> folders_of(const std::vector<std::string>& files) {
  std::set<std::string> out;
  for (const std::string& file : files) out.insert(fs::path(file).parent_path().string());
  return {out.begin(), out.end()};
}

namespace {

/// Whether a folder that is mounted into a container would hide files of the package or the system.
bool hides_the_package(const std::string& folder) {
  static const std::set<std::string> kFolders = {"/",    "/usr",     "/usr/share",    "/etc",
                                                 "/run", "/etc/ssl", "/etc/ssl/certs"};
  constexpr std::string_view kTrees[] = {
      "/bin",     "/sbin",      "/lib",       "/lib32",  "/lib64", "/usr/bin", "/usr/sbin",
      "/usr/lib", "/usr/lib32", "/usr/lib64", "/models", "/proc",  "/sys",     "/dev"};
  return kFolders.contains(folder) || std::ranges::any_of(kTrees, [&](std::string_view tree) {
           return folder.starts_with(tree) &&
                  (folder.size() == tree.size() || folder[tree.size()] == '/');
         });
}

}  // namespace

std::vector<std::string> mounted_folders(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const fs::path path = fs::path(file).lexically_normal();
    if (!hides_the_package(path.parent_path().string())) continue;
    throw Error(ErrorKind::usage,
                "'" + shown(path.string()) + "' is in " + path.parent_path().string() +
                    ", which can't be mounted: it would hide files of the package",
                "--options",
                "put it into its own folder, such as /data/" + shown(path.filename().string()));
  }
  return folders_of(files);
}

bool names_registry(const std::string& tag) {
  const std::size_t slash = tag.find('/');
  if (slash == std::string::npos) return false;
  const std::string first = tag.substr(0, slash);
  return first.find_first_of(".:") != std::string::npos || first == "localhost";
}

std::string url_of(const Shipment& shipment, const std::string& host_and_port) {
  return (shipment.facts.tls ? "https://" : "http://") + host_and_port;
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("-_=/.,:@+").find(c) != std::string_view::npos;
    });
    if (plain) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

FileTree model_tree(const Shipment& shipment) {
  FileTree tree;
  for (const ShippedModel& model : shipment.models) {
    tree.add(model.path(), model.bytes);
    if (!model.signature.empty()) tree.add(model.path() + ".sig", model.signature);
  }
  if (!shipment.signer.empty()) tree.add("signer.public.pem", shipment.signer);
  return tree;
}

std::vector<fs::path> Program::files() const {
  std::vector<fs::path> out = programs;
  out.insert(out.end(), modules.begin(), modules.end());
  out.insert(out.end(), plugins.begin(), plugins.end());
  out.insert(out.end(), conversions.begin(), conversions.end());
  for (const fs::path& one : paths_of(libraries)) out.push_back(one);
  std::error_code problem;
  const fs::path& certificates = installation().certificates;
  if (fs::is_regular_file(certificates, problem)) out.push_back(certificates);
  return out;
}

namespace {

/// The files of iconv, without the cache, which has this machine's paths.
std::vector<fs::path> conversion_modules() {
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(installation().conversions, none)) {
    if (entry.is_regular_file(none) && entry.path().extension() != ".cache") {
      out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::string packages_list(const FileTree& tree, const Program& program, const std::string& folder) {
  std::string out;
  for (const auto& [path, file] : tree.files()) {
    const auto owner = program.owners.find(file.source);
    if (owner == program.owners.end() || !path.starts_with(folder)) continue;
    const DebianPackage& of = owner->second;
    out += path + '\t' + of.name + '\t' + of.version + '\t' + of.architecture + '\n';
  }
  return out;
}

Program find_program(const Shipment& shipment) {
  Program out;
  const fs::path folder = program_path().parent_path();
  if (!shipment.runs_server()) out.programs.push_back(part_of(folder / "vitrine"));
  out.programs.push_back(part_of(folder / "vitrine-serve"));
  for (const std::string& name : shipment.modules) {
    out.modules.push_back(part_of(module_file(name)));
  }
  std::error_code problem;
  const fs::path decoder = installation().heif_plugins / kHeifDecoder;
  if (shipment.of_photos && fs::is_regular_file(decoder, problem)) out.plugins.push_back(decoder);
  if (shipment.contents != Contents::models) out.conversions = conversion_modules();
  for (const auto& entry : fs::directory_iterator(installation().notices, problem)) {
    const bool of_arrow = entry.path().stem() == "arrow";
    if (of_arrow && !std::ranges::contains(shipment.modules, "arrow")) continue;
    out.notices.push_back(entry.path());
  }
  std::ranges::sort(out.notices);
  out.common = libraries_of(out.programs);
  std::vector<fs::path> others = out.modules;
  others.insert(others.end(), out.plugins.begin(), out.plugins.end());
  out.libraries = libraries_of(others);
  out.libraries.files.insert(out.common.files.begin(), out.common.files.end());
  out.owners = debian_packages(out.files());
  return out;
}

RootTrees root_trees(const Program& program) {
  RootTrees out;
  std::vector<fs::path> system_files{program.common.loader}, engine_files;
  out.system.add_copy("lib64/ld-linux-x86-64.so.2", program.common.loader, 0755);
  for (const auto& [name, file] : program.libraries.files) {
    const bool common = program.common.files.contains(name);
    (common ? out.system : out.engines).add_copy(std::string(kLibraryFolder) + "/" + name, file);
    (common ? system_files : engine_files).push_back(file);
  }
  for (const fs::path& plugin : program.plugins) {
    out.engines.add_copy(std::string(kHeifFolder) + "/" + plugin.filename().string(), plugin);
    engine_files.push_back(plugin);
  }
  add_licences(out.system, program, system_files);
  add_licences(out.engines, program, engine_files);
  for (const fs::path& module : program.modules) {
    out.program.add_copy("usr/lib/vitrine/" + module.filename().string(), module);
  }
  for (const fs::path& one : program.notices) {
    out.program.add_copy(
        std::string("usr/lib/vitrine/") + kNoticesFolder + "/" + one.filename().string(), one);
    out.program.add_copy("usr/share/doc/" + one.stem().string() + "/copyright", one);
  }
  for (const fs::path& one : program.conversions) {
    out.system.add_copy(std::string(kLibraryFolder) + "/gconv/" +
                            fs::relative(one, installation().conversions).string(),
                        one);
  }
  if (!program.conversions.empty()) {  // the program may make packages itself
    std::string list;
    for (const FileTree* part : {&out.system, &out.engines}) {
      list += packages_list(*part, program, "");
    }
    out.program.add(std::string("usr/lib/vitrine/") + kPackagesFile, list);
  }
  for (const fs::path& one : program.programs) {
    out.program.add_copy("usr/bin/" + one.filename().string(), one, 0755);
  }
  out.system.add("etc/passwd",
                 "root:x:0:0:root:/:/usr/sbin/nologin\n"
                 "vitrine:x:65532:65532:vitrine:/:/usr/sbin/nologin\n");
  out.system.add("etc/group", "root:x:0:\nvitrine:x:65532:\n");
  out.system.add("etc/nsswitch.conf", "hosts: files dns\n");
  out.system.add_folder("tmp", 01777);
  // Licences that Debian's copyright files refer to.
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(installation().common_licences, none)) {
    if (entry.is_regular_file(none)) {
      out.system.add_copy("usr/share/common-licenses/" + entry.path().filename().string(),
                          entry.path());
    }
  }
  std::error_code problem;
  const fs::path& certificates = installation().certificates;
  if (fs::is_regular_file(certificates, problem)) {
    out.system.add_copy("etc/ssl/certs/ca-certificates.crt", certificates);
  }
  return out;
}

}  // namespace vitrine::package
