#include <fmt/format.h>

#include "package/oci_image.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine::package {

void package_oci(const Shipment& shipment, OutputFolder& out) {
  const OciImage image = oci_image(shipment, find_program(shipment));
  out.write(shipment.name + ".oci.tar", image.tar);
  out.write("sbom.spdx.json", image.sbom);
  const std::string port = std::to_string(shipment.port);
  out.write("README.md",
            readme_of(shipment, R"(# @NAME@

An OCI image, @SIZE@ MB compressed, digest `@DIGEST@`.

```sh
podman load -i @NAME@.oci.tar      # or: docker load -i @NAME@.oci.tar
podman run --rm --read-only --cap-drop all --stop-timeout @GRACE@ -p 127.0.0.1:@PORT@:@PORT@@MOUNTS@ @TAG@
```

Then send a request:

```sh
@ASK@```

To push it to a registry without loading it first:

```sh
skopeo copy oci-archive:@NAME@.oci.tar docker://@REGISTRY@@TAG@
```

@MODELS@
The server runs as user 65532, writes nothing, and listens on port @PORT@. The health check runs `vitrine-serve
healthcheck` (podman ignores health checks of OCI images: use `podman run --health-cmd ...`). `sbom.spdx.json` (SPDX 2.3)
lists the contents; the image has it in /usr/share/doc/vitrine.

All files have the time `SOURCE_DATE_EPOCH`, or 1970, so that the same input gives the same digest. If the registry
deletes old images, set the time: `SOURCE_DATE_EPOCH=$(date +%s) vitrine package ...`.
@FILES@@OWNED@)",
                      {{"SIZE", fmt::format("{:.1f}", static_cast<double>(image.compressed) / 1e6)},
                       {"DIGEST", image.digest},
                       {"REGISTRY", names_registry(shipment.tag) ? "" : "REGISTRY/"}}));
}

}  // namespace vitrine::package
