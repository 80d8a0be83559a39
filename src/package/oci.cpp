#include <fmt/format.h>

#include "package/oci_image.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

TemplateValues sizes(const OciImage& image) {
  return {{"SIZE", fmt::format("{:.1f}", static_cast<double>(image.compressed) / 1e6)},
          {"DIGEST", image.digest}};
}

/// The README of an image without models, as a template.
const char* program_readme(const Shipment& shipment) {
  if (shipment.contents == Contents::server) {
    return R"(# @NAME@

An OCI image of the server without models, @SIZE@ MB compressed, digest `@DIGEST@`.

```sh
podman load -i @NAME@.oci.tar      # or: docker load -i @NAME@.oci.tar
podman run --rm --read-only --cap-drop all -p 127.0.0.1:@PORT@:@PORT@ -v "$PWD/models:/models:ro" @TAG@
```

It serves the models of the mounted folder (NAME.onnx, or NAME/VERSION/model.onnx), also those that are added later, as
user 65532. Other words after the tag replace `serve --models /models ...`. `sbom.spdx.json` (SPDX 2.3) lists the contents.
)";
  }
  return R"md(# @NAME@

An OCI image of the program, @SIZE@ MB compressed, digest `@DIGEST@`.

```sh
podman load -i @NAME@.oci.tar      # or: docker load -i @NAME@.oci.tar
podman run --rm -u 0 -v "$PWD:/work" @TAG@ train customers.csv --target Churn -o churn.onnx
podman run --rm -p 127.0.0.1:@PORT@:@PORT@ -v "$PWD:/work" @TAG@ serve churn.onnx --host 0.0.0.0
```

With Docker, write `-u "$(id -u):$(id -g)"`, so that files belong to you. The folder that is mounted at /work is the
current folder of the program. `sbom.spdx.json` (SPDX 2.3) lists the contents.
)md";
}

}  // namespace

void package_oci(const Shipment& shipment, OutputFolder& out) {
  const OciImage image = oci_image(shipment, find_program(shipment));
  out.write(shipment.name + ".oci.tar", image.tar);
  out.write("sbom.spdx.json", image.sbom);
  if (shipment.contents != Contents::models) {
    out.write("README.md", readme_of(shipment, program_readme(shipment), sizes(image)));
    return;
  }
  TemplateValues values = sizes(image);
  values.emplace_back("REGISTRY", names_registry(shipment.tag) ? "" : "REGISTRY/");
  out.write("README.md", readme_of(shipment, R"(# @NAME@

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
                                   values));
}

}  // namespace vitrine::package
