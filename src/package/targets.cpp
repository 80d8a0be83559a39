#include "package/targets.h"

namespace vitrine::package {

std::span<const PackageTarget> package_targets() {
  static constexpr PackageTarget kTargets[] = {
      {"oci", "a container image for podman, Docker, containerd", package_oci, true},
      {"docker", "a Dockerfile and compose.yaml, built on Debian 13", package_docker},
      {"eb", "a bundle for AWS Elastic Beanstalk", package_elastic_beanstalk},
      {"lambda", "a function for AWS Lambda", package_lambda},
      {"kubernetes", "an image, Kubernetes manifests and KServe resources", package_kubernetes},
      {"systemd", "a hardened systemd service with its socket", package_systemd},
      {"tarball", "a folder for any x86-64 Linux (glibc or musl)", package_tarball, true},
  };
  return kTargets;
}

}  // namespace vitrine::package
