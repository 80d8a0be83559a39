// What a package brings: models, the server, and what the two need.
#pragma once

#include <cstdint>
#include <filesystem>
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

struct Shipment {
  std::string name;                  ///< of the package: small letters, digits, '-', '.'
  std::string tag;                   ///< NAME:TAG of images
  std::vector<ShippedModel> models;  ///< the first is the one that /predict asks
  std::vector<std::string> modules;  ///< lib/vitrine/libvitrine-NAME.so that are needed
  std::vector<std::string> options;  ///< of `serve`, besides models, host and port
  std::string signer;                ///< a public key (PEM) that the server asks for; or empty
  unsigned port = 9696;
  bool compiles_code = false;  ///< oneDNN writes code as it runs
  bool of_photos = false;
};

/// What a target adds to the trees below.
struct Places {
  std::string models;  ///< where models lie: "/models"
  std::string key;     ///< where `signer` lies: "/models/signer.public.pem"
};

/// The words behind `vitrine-serve`: `serve churn=/models/churn.onnx --host ... --port 9696 ...`.
/// No host: sockets are handed to it.
std::vector<std::string> serve_words(const Shipment& shipment, const Places& places,
                                     const std::string& host);

/// The same as one line for a shell or a unit, quoted where it must be.
std::string shell_line(const std::vector<std::string>& words);

/// Models, their signatures and the public key, by ShippedModel::path().
FileTree model_tree(const Shipment& shipment);

/// Files of this installation that a package carries.
struct Program {
  std::filesystem::path server;  ///< vitrine-serve
  std::vector<std::filesystem::path> modules;
  std::vector<std::filesystem::path> plugins;  ///< libheif's, where photos are served
  Libraries libraries;                         ///< of all these

  /// Everything above.
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
