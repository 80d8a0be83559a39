// What a package brings: models, the server, and what the two need.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "package/file_tree.h"
#include "package/libraries.h"

namespace vitrine {

struct ShippedModel {
  std::string name;
  std::uint64_t version = 0;  ///< 0: none
  std::filesystem::path file;
  std::string bytes;
  std::string signature;  ///< what lies beside it as FILE.sig; may be empty
  std::string task;       ///< "table", "image" or "tensors"
  Json example;           ///< a row that it answers; null for others

  /// `churn.onnx`, or `churn/3/model.onnx` of a version.
  std::string path() const;
};

/// What `options` make of the server, where packages must know it. Paths are absolute, where it
/// runs.
struct ServeFacts {
  bool tls = false;
  bool keys = false;  ///< clients need an API key
  std::optional<unsigned> grpc_port;
  bool asks_others = false;  ///< --otlp, --allow-url-host
  std::optional<std::size_t> stop_delay;
  std::size_t drain = 30;            ///< s
  std::vector<std::string> files;    ///< keys and certificates, which no package holds
  std::vector<std::string> written;  ///< files that it writes

  /// Until it is killed after a stop, in s; `delay` where the options name none.
  std::size_t grace(std::size_t delay = 0) const { return stop_delay.value_or(delay) + drain + 5; }
};

struct Shipment {
  std::string name;                  ///< of the package: small letters, digits, '-', '.'
  std::string tag;                   ///< NAME:TAG of images
  std::vector<ShippedModel> models;  ///< the first is the one that /predict asks
  std::vector<std::string> modules;  ///< lib/vitrine/libvitrine-NAME.so that are needed
  ServeFacts facts;                  ///< of the options
  std::vector<std::string> options;  ///< of `serve`, besides models, host and port
  std::string signer;                ///< a public key (PEM) that the server asks for; or empty
  unsigned port = 9696;
  bool compiles_code = false;  ///< oneDNN writes code as it runs
  bool of_photos = false;
};

/// Authorities that clients trust, as packages carry them.
inline constexpr const char* kCertificates = "/etc/ssl/certs/ca-certificates.crt";

/// What a target adds to the trees below.
struct Places {
  std::string models;  ///< where models lie: "/models"
  std::string key;     ///< where `signer` lies: "/models/signer.public.pem"
};

/// As serve_words, without the options.
std::vector<std::string> own_words(const Shipment& shipment, const Places& places,
                                   const std::string& host);

/// The words behind `vitrine-serve`: `serve churn=/models/churn.onnx --host ... --port 9696 ...`.
/// No host: sockets are handed to it.
std::vector<std::string> serve_words(const Shipment& shipment, const Places& places,
                                     const std::string& host);

/// `/usr/bin/vitrine-serve healthcheck --port 9696`, with --tls where it is needed.
std::vector<std::string> health_words(const Shipment& shipment);

/// The folders that these files lie in, each once.
std::vector<std::string> folders_of(const std::vector<std::string>& files);

/// The same of a container, where they are mounted. Throws Error(usage) for a folder that would hide
/// what the program needs, or is the system's own.
std::vector<std::string> mounted_folders(const std::vector<std::string>& files);

/// Whether an image's name begins with a registry: `registry.example.com/...`.
bool names_registry(const std::string& tag);

/// How it is asked: "https://localhost:9696".
std::string url_of(const Shipment& shipment, const std::string& host_and_port);

/// The same as one line for a shell or a unit, quoted where it must be.
std::string shell_line(const std::vector<std::string>& words);

/// Models, their signatures and the public key, by ShippedModel::path().
FileTree model_tree(const Shipment& shipment);

/// Files of this installation that a package carries.
struct Program {
  std::filesystem::path server;  ///< vitrine-serve
  std::vector<std::filesystem::path> modules;
  std::vector<std::filesystem::path> plugins;             ///< libheif's, where photos are served
  Libraries libraries;                                    ///< of all these
  Libraries common;                                       ///< of the server alone
  std::map<std::filesystem::path, DebianPackage> owners;  ///< of all files, where dpkg knows

  /// Everything above, and the certificates.
  std::vector<std::filesystem::path> files() const;
};

/// Finds them beside this program. Throws Error(failed) where a part is not installed.
Program find_program(const Shipment& shipment);

/// A root file system, in parts that change at different times.
struct RootTrees {
  FileTree system;   ///< libraries, their licences, certificates, users
  FileTree engines;  ///< modules and what they alone need; may be empty
  FileTree program;
};
RootTrees root_trees(const Program& program);

}  // namespace vitrine
