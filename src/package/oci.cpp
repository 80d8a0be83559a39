#include <fmt/format.h>

#include "package/oci_image.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine {

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

Then ask it:

```sh
@ASK@```

To a registry, without loading it first:

```sh
skopeo copy oci-archive:@NAME@.oci.tar docker://@REGISTRY@@TAG@
```

@MODELS@
It runs as user 65532, writes nothing, and listens on port @PORT@. `vitrine-serve healthcheck` is what its health check
runs (podman leaves it out of images of this form: `podman run --health-cmd ...`). What it is made of: `sbom.spdx.json` (SPDX 2.3), also inside at /usr/share/doc/vitrine.

Files carry the time of `SOURCE_DATE_EPOCH`, or of 1970, so that the same input gives the same digest; where a registry cleans up by
age, set it as you pack: `SOURCE_DATE_EPOCH=$(date +%s) vitrine package ...`.
@FILES@@OWNED@)",
                      {{"SIZE", fmt::format("{:.1f}", static_cast<double>(image.compressed) / 1e6)},
                       {"DIGEST", image.digest},
                       {"REGISTRY", names_registry(shipment.tag) ? "" : "REGISTRY/"}}));
}

}  // namespace vitrine
