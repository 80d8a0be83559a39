// The content of a package: models, the server, its libraries and its options.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/default_port.h"
#include "base/json.h"
#include "package/file_tree.h"
#include "package/libraries.h"

namespace vitrine::package {

struct ShippedModel {
  std::string name;
  std::uint64_t version = 0;  ///< 0: none
  std::filesystem::path file;
  std::string bytes;
  std::string signature;  ///< content of FILE.sig; empty: not signed
  std::string task;       ///< "table", "image" or "tensors"
  Json example;           ///< tables: a typical row; else null

  /// `churn.onnx`, or `churn/3/model.onnx` of a version.
  std::string path() const;
};

/// The effects of the options of `serve` that package writers must know. Paths are absolute and
/// refer to the machine where the package runs.
struct ServeFacts {
  bool tls = false;
  bool keys = false;  ///< clients need an API key
  std::optional<unsigned> grpc_port;
  bool asks_others = false;               ///< it opens connections: --otlp, --allow-url-host
  std::optional<std::size_t> stop_delay;  ///< in s
  std::size_t drain = 30;                 ///< in s
  std::vector<std::string> files;         ///< keys and certificates, which no package contains
  std::vector<std::string> written;       ///< files that the server writes

  /// Seconds from the stop signal until the server may be killed; `delay`: the stop delay if the
  /// options have none.
  std::size_t grace(std::size_t delay = 0) const { return stop_delay.value_or(delay) + drain + 5; }
};

/// What a package holds.
enum class Contents {
  models,    ///< models and the server
  server,    ///< the server alone: vitrine-serve
  all,       ///< all of Vitrine but the training of networks, which needs libtorch
  networks,  ///< all of Vitrine
};

struct Shipment {
  Contents contents = Contents::models;
  std::string name;                  ///< of the package: lower-case letters, digits, '-', '.'
  std::string tag;                   ///< NAME:TAG of images
  std::vector<ShippedModel> models;  ///< /predict uses the first; empty unless Contents::models
  std::vector<std::string> modules;  ///< needed lib/vitrine/libvitrine-NAME.so, by NAME
  ServeFacts facts;                  ///< effects of `options`
  std::vector<std::string> options;  ///< of `serve`, without models, host and port
  std::string signer;                ///< public key (PEM) of required signatures; empty: none
  unsigned port = kDefaultPort;
  bool compiles_code = false;  ///< oneDNN generates code at run time (no W^X)
  bool of_photos = false;

  /// Whether the package runs vitrine-serve; else it runs vitrine.
  bool runs_server() const { return contents == Contents::models || contents == Contents::server; }
};

/// Paths that depend on the target.
struct Places {
  std::string models;  ///< folder of the models: "/models"
  std::string key;     ///< file of `signer`: "/models/signer.public.pem"
};

/// serve_words() without the options.
std::vector<std::string> own_words(const Shipment& shipment, const Places& places,
                                   const std::string& host);

/// The arguments of `vitrine-serve`: `serve churn=/models/churn.onnx --host ... --port 9696 ...`.
/// Empty `host`: neither host nor port, because systemd passes the sockets.
std::vector<std::string> serve_words(const Shipment& shipment, const Places& places,
                                     const std::string& host);

/// `/usr/bin/vitrine-serve healthcheck --port 9696`, with --tls if the server uses TLS.
std::vector<std::string> health_words(const Shipment& shipment);

/// The folders of these files, each once.
std::vector<std::string> folders_of(const std::vector<std::string>& files);

/// folders_of() for folders that are mounted into a container. Throws Error(usage) for a folder of
/// the system, or one that would hide files of the program.
std::vector<std::string> mounted_folders(const std::vector<std::string>& files);

/// Whether an image's name begins with a registry: `registry.example.com/...`.
bool names_registry(const std::string& tag);

/// The server's URL: "https://localhost:9696".
std::string url_of(const Shipment& shipment, const std::string& host_and_port);

/// Words as one line for a shell or a systemd unit, quoted where needed.
std::string shell_line(const std::vector<std::string>& words);

/// Models, their signatures and the public key, by ShippedModel::path().
FileTree model_tree(const Shipment& shipment);

/// Files of this installation that go into a package.
struct Program {
  std::vector<std::filesystem::path> programs;  ///< the first one is what the package runs
  std::vector<std::filesystem::path> modules;
  std::vector<std::filesystem::path> plugins;             ///< of libheif, if photos are served
  std::vector<std::filesystem::path> conversions;         ///< below Installation::conversions
  std::vector<std::filesystem::path> notices;             ///< in Installation::notices
  Libraries libraries;                                    ///< of programs, modules and plugins
  Libraries common;                                       ///< of the programs only
  std::map<std::filesystem::path, DebianPackage> owners;  ///< of the files that dpkg knows

  /// Everything above, and the certificates.
  std::vector<std::filesystem::path> files() const;
};

/// The Debian packages of the files of a tree below `folder`, as Installation::packages says.
std::string packages_list(const FileTree& tree, const Program& program, const std::string& folder);

/// Finds the files beside this program. Throws Error(failed) if a part is not installed.
Program find_program(const Shipment& shipment);

/// A root file system, divided by how often the parts change (for image layers).
struct RootTrees {
  FileTree system;   ///< libraries, their licences, certificates, users
  FileTree engines;  ///< libraries and plugins that only modules need; may be empty
  FileTree program;  ///< programs and modules
};
RootTrees root_trees(const Program& program);

}  // namespace vitrine::package
