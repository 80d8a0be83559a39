// The places that packages are made for.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "package/output_folder.h"
#include "package/shipment.h"

namespace vitrine {

/// Each writes a whole package, with a README.md that says the next command to type.
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
};
std::span<const PackageTarget> package_targets();

}  // namespace vitrine
