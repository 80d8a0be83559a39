#include <fmt/format.h>

#include "package/archive.h"
#include "package/oci_image.h"
#include "package/readme.h"
#include "package/sbom.h"
#include "package/targets.h"

namespace vitrine {

void package_oci(const Shipment& shipment, OutputFolder& out) {
  const Program program = find_program(shipment);
  const OciImage image = oci_image(shipment, program);
  out.write(shipment.name + ".oci.tar", image.tar);
  out.write("sbom.spdx.json", sbom_of(shipment, program));
  const std::string port = std::to_string(shipment.port);
  out.write("README.md",
            filled(R"(# @NAME@

An OCI image, @SIZE@ MB compressed, digest `@DIGEST@`.

```sh
podman load -i @NAME@.oci.tar      # or: docker load -i @NAME@.oci.tar
podman run --rm --read-only --cap-drop all -p @PORT@:@PORT@ @TAG@
```

Then ask it:

```sh
@ASK@```

To a registry, without loading it first:

```sh
skopeo copy oci-archive:@NAME@.oci.tar docker://REGISTRY/@TAG@
```

@MODELS@
It runs as user 65532, writes nothing, and listens on port @PORT@. `vitrine-serve healthcheck` is what its health check
runs. What it is made of: `sbom.spdx.json` (SPDX 2.3), also inside at /usr/share/doc/vitrine.
)",
                   {{"NAME", shipment.name},
                    {"SIZE", fmt::format("{:.1f}", static_cast<double>(image.compressed) / 1e6)},
                    {"DIGEST", image.digest},
                    {"PORT", port},
                    {"TAG", shipment.tag},
                    {"ASK", questions(shipment, "http://localhost:" + port)},
                    {"MODELS", model_table(shipment)}}));
}

}  // namespace vitrine
