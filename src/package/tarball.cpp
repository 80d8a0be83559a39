// A folder that runs on any x86-64 Linux, because it contains all libraries and the loader.
#include "base/version.h"
#include "package/archive.h"
#include "package/installation.h"
#include "package/portable.h"
#include "package/readme.h"
#include "package/sbom.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

/// A script that runs the packaged loader, because the host's loader may be older or of another C
/// library (musl).
std::string start_script(const std::string& program) {
  return filled(R"sh(#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
case $here in *:*)
  echo "error: the loader does not support a folder with ':' in its name" >&2
  echo "  where: $here" >&2
  echo "  hint: rename the folder" >&2
  exit 1 ;;
esac
export LIBHEIF_PLUGIN_PATH="$here/lib/heif" GCONV_PATH="$here/lib/gconv" SSL_CERT_FILE="${SSL_CERT_FILE:-$here/lib/ca-certificates.crt}"
exec "$here/lib/ld-linux-x86-64.so.2" --argv0 @PROGRAM@ --library-path "$here/lib" "$here/bin/@PROGRAM@" "$@"
)sh",
                {{"PROGRAM", program}});
}

}  // namespace

FileTree portable_tree(const Shipment& shipment, const Program& program) {
  FileTree tree;
  for (const auto& one : program.programs) {
    const std::string name = one.filename().string();
    tree.add_copy("bin/" + name, one, 0755);
    tree.add(name, start_script(name), 0755);
  }
  tree.add_copy("lib/ld-linux-x86-64.so.2", program.libraries.loader, 0755);
  for (const auto& [name, file] : program.libraries.files) tree.add_copy("lib/" + name, file);
  for (const auto& module : program.modules) {
    tree.add_copy("lib/vitrine/" + module.filename().string(), module);
  }
  for (const auto& plugin : program.plugins) {
    tree.add_copy("lib/heif/" + plugin.filename().string(), plugin);
  }
  const RootTrees root = root_trees(program);
  if (const auto& certificates = installation().certificates;
      std::filesystem::exists(certificates)) {
    tree.add_copy("lib/ca-certificates.crt", certificates);
  }
  for (const auto& one : program.conversions) {
    tree.add_copy(
        "lib/gconv/" + std::filesystem::relative(one, installation().conversions).string(), one);
  }
  for (const auto& one : program.notices) {
    tree.add_copy(std::string("lib/vitrine/") + kNoticesFolder + "/" + one.filename().string(),
                  one);
  }
  tree.add(std::string("lib/vitrine/") + kPackagesFile, packages_list(tree, program, "lib/"));
  for (const FileTree* part : {&root.system, &root.engines, &root.program}) {
    for (const auto& [path, file] : part->files()) {
      if (path.starts_with("usr/share/doc/")) {
        tree.add_copy("licences/" + path.substr(14, path.rfind('/') - 14), file.source);
      } else if (path.starts_with("usr/share/common-licenses/")) {
        tree.add_copy("licences/" + path.substr(10), file.source);
      }
    }
  }
  tree.add("sbom.spdx.json", sbom_of(shipment, program));
  if (shipment.contents == Contents::models) tree.add_tree("models", model_tree(shipment));
  return tree;
}

namespace {

/// A tarball of the program itself.
void write_program(const Shipment& shipment, OutputFolder& out) {
  const Program program = find_program(shipment);
  FileTree tree = portable_tree(shipment, program);
  const std::string start = program.programs.front().filename().string();
  const std::string folder = shipment.name + "-" + kVersion;
  const std::string file = folder + "-linux-x86_64.tar.gz";
  const std::string readme = filled(R"(# @FOLDER@

Runs on any x86-64 Linux with kernel 3.2 or later and any C library. It needs no root and no installation.

```sh
tar -xzf @FILE@
./@FOLDER@/@START@ --help
```

The folder may be moved or renamed. To call the program by its name, link it into a folder of your PATH:

```sh
ln -s "$PWD/@FOLDER@/@START@" ~/.local/bin/@START@
```

`lib/` contains the libraries, `licences/` their licences; `sbom.spdx.json` (SPDX 2.3) lists them.
)",
                                    {{"FOLDER", folder}, {"FILE", file}, {"START", start}});
  tree.add("README.md", readme);
  FileTree packed;
  packed.add_tree(folder, tree);
  out.write(file, gzipped(tar_of(packed)));
  out.write("sbom.spdx.json", sbom_of(shipment, program));
  out.write("README.md", readme);
}

}  // namespace

void package_tarball(const Shipment& shipment, OutputFolder& out) {
  if (shipment.contents != Contents::models) return write_program(shipment, out);
  const Program program = find_program(shipment);
  FileTree tree = portable_tree(shipment, program);
  // Paths of models and key are relative to the script; the other words are quoted unchanged.
  std::string line = "exec \"$here/vitrine-serve\"";
  for (const std::string& word : own_words(shipment, {"@", "@/signer.public.pem"}, "127.0.0.1")) {
    const std::size_t at = word.find("@/");
    line += ' ' + (at == std::string::npos ? shell_line({word})
                                           : word.substr(0, at) + "\"$here\"/models" +
                                                 shell_line({word.substr(at + 1)}));
  }
  if (!shipment.options.empty()) line += " " + shell_line(shipment.options);
  tree.add("serve",
           "#!/bin/sh\n# Serves the models of this folder. Options on the command line override "
           "those here.\n"
           "here=$(dirname \"$(readlink -f \"$0\")\")\n" +
               line + " \"$@\"\n",
           0755);
  const std::string port = std::to_string(shipment.port);
  const std::string readme = readme_of(shipment, R"(# @NAME@

Runs on any x86-64 Linux with kernel 3.2 or later and any C library. It needs no root and no installation.

```sh
tar -xzf @NAME@.tar.gz
./@NAME@/serve                       # options: --host 0.0.0.0 --port 8000 ...
```

Then send a request:

```sh
@ASK@```

@MODELS@
`./@NAME@/vitrine-serve predict ./@NAME@/models/...` predicts files. The folder may be moved or renamed. `lib/` contains
the libraries, `licences/` their licences; `sbom.spdx.json` (SPDX 2.3) lists them.
@FILES@)");
  tree.add("README.md", readme);
  FileTree packed;
  packed.add_tree(shipment.name, tree);
  out.write(shipment.name + ".tar.gz", gzipped(tar_of(packed)));
  out.write("README.md", readme);
}

}  // namespace vitrine::package
