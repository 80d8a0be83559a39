#include "package/targets.h"

namespace vitrine {

std::span<const PackageTarget> package_targets() {
  static constexpr PackageTarget kTargets[] = {
      {"oci", "an image for podman, Docker, containerd", package_oci},
      {"docker", "a Dockerfile that builds such an image on Debian 13", package_docker},
      {"eb", "a bundle for AWS Elastic Beanstalk", package_elastic_beanstalk},
      {"lambda", "a function for AWS Lambda", package_lambda},
      {"kubernetes", "manifests, a kustomize overlay, KServe", package_kubernetes},
      {"systemd", "a hardened unit and its socket", package_systemd},
      {"tarball", "a folder for any x86-64 Linux, musl too", package_tarball},
  };
  return kTargets;
}

}  // namespace vitrine
