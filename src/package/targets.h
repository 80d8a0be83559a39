// The deployment targets of packages. To add one: a row in targets.cpp and a function.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "package/output_folder.h"
#include "package/shipment.h"

namespace vitrine::package {

/// Each writes a complete package with a README.md that has the commands to run it. All throw
/// Error: usage for options that the target does not support, failed.
void package_oci(const Shipment& shipment, OutputFolder& out);
void package_docker(const Shipment& shipment, OutputFolder& out);
void package_elastic_beanstalk(const Shipment& shipment, OutputFolder& out);
void package_lambda(const Shipment& shipment, OutputFolder& out);
void package_kubernetes(const Shipment& shipment, OutputFolder& out);
void package_systemd(const Shipment& shipment, OutputFolder& out);
void package_tarball(const Shipment& shipment, OutputFolder& out);

struct PackageTarget {
  const char* name;
  const char* what;  ///< for --help
  void (*write)(const Shipment& shipment, OutputFolder& out);
  bool of_program = false;  ///< whether it can hold the program without models
};
std::span<const PackageTarget> package_targets();

}  // namespace vitrine::package
