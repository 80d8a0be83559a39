// Packages with a Dockerfile. `docker` installs the libraries from Debian 13 during the build; `eb`
// (Elastic Beanstalk) contains all files and downloads nothing.
#include <set>

#include "base/error.h"
#include "package/archive.h"
#include "package/readme.h"
#include "package/sbom.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

const Places kImagePlaces{"/models", "/models/signer.public.pem"};

/// All ports: "9696 9000", or with an `address`, as in compose.yaml, "127.0.0.1:9696:9696".
std::string ports_of(const Shipment& shipment, const char* between, const std::string& address) {
  std::vector<unsigned> all{shipment.port};
  if (shipment.facts.grpc_port) all.push_back(*shipment.facts.grpc_port);
  std::string out;
  for (const unsigned port : all) {
    const std::string one = std::to_string(port);
    out += (out.empty() ? "" : between) +
           (address.empty() ? one : "\"" + address + ":" + one + ":" + one + "\"");
  }
  return out;
}

/// The `volumes:` of compose.yaml, indented; empty if there are none.
std::string compose_volumes(const Shipment& shipment) {
  std::string out;
  for (const std::string& folder : mounted_folders(shipment.facts.files)) {
    out += "      - " + Json(folder + ":" + folder + ":ro").dump() + "\n";
  }
  for (const std::string& folder : mounted_folders(shipment.facts.written)) {
    out += "      - " + Json(folder + ":" + folder).dump() + "\n";
  }
  return out.empty() ? "" : "    volumes:\n" + out;
}

/// The end of each Dockerfile: user, ports, health check and command.
std::string last_lines(const Shipment& shipment) {
  return filled(R"(USER 65532:65532
EXPOSE @PORTS@
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD @HEALTH@
ENTRYPOINT ["/usr/bin/vitrine-serve"]
CMD @WORDS@
)",
                {{"PORTS", ports_of(shipment, " ", "")},
                 {"HEALTH", Json(health_words(shipment)).dump()},
                 {"WORDS", Json(serve_words(shipment, kImagePlaces, "0.0.0.0")).dump()}});
}

FileTree model_folder(const Shipment& shipment) {
  FileTree out;
  out.add_tree("models", model_tree(shipment));
  return out;
}

}  // namespace

void package_docker(const Shipment& shipment, OutputFolder& out) {
  const Program program = find_program(shipment);
  RootTrees root = root_trees(program);
  std::vector<std::filesystem::path> files = program.plugins;
  for (const auto& [name, file] : program.libraries.files) files.push_back(file);
  std::set<std::string> packages{"ca-certificates"};
  for (const auto& file : files) {
    if (const auto owner = program.owners.find(file); owner != program.owners.end()) {
      packages.insert(owner->second.name);
    }
  }
  if (packages.size() == 1) {
    throw Error(ErrorKind::failed, "dpkg does not know the Debian packages of the libraries",
                "dpkg-query", "run this on Debian 13, or use --for oci");
  }
  std::string list;
  for (const std::string& name : packages) list += "      " + name + " \\\n";
  std::string programs = "/usr/bin/vitrine-serve";
  for (const auto& module : program.modules)
    programs += " /usr/lib/vitrine/" + module.filename().string();
  for (const auto& plugin : program.plugins) programs += " " + plugin.string();
  const std::string port = std::to_string(shipment.port);
  out.write(
      "Dockerfile",
      filled(
          R"(# The first stage installs the libraries from Debian 13, with the security updates of the day of the build. The
# image gets only the files that the server loads.
FROM debian:trixie-slim AS libraries
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
@PACKAGES@ && rm -rf /var/lib/apt/lists/*
COPY program/ /
RUN set -eu; \
    mkdir -p /image/etc/ssl/certs /image/tmp /image/usr/share/doc; \
    chmod 1777 /image/tmp; \
    for program in @PROGRAMS@; do \
      ldd "$program" | awk '$2 == "=>" { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }'; \
      echo "$program"; \
    done | sort -u | while read -r file; do cp --parents -L "$file" /image; done; \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs; \
    printf 'root:x:0:0:root:/:/usr/sbin/nologin\nvitrine:x:65532:65532:vitrine:/:/usr/sbin/nologin\n' >/image/etc/passwd; \
    printf 'root:x:0:\nvitrine:x:65532:\n' >/image/etc/group; \
    printf 'hosts: files dns\n' >/image/etc/nsswitch.conf; \
    cd /usr/share/doc; cp --parents */copyright /image/usr/share/doc

FROM scratch
COPY --from=libraries /image/ /
COPY models/ /models/
@LAST@)",
          {{"PACKAGES", list}, {"PROGRAMS", programs}, {"LAST", last_lines(shipment)}}));
  FileTree own;
  own.add_tree("program", root.program);
  out.write(own);
  out.write(model_folder(shipment));
  std::vector<std::string> test = health_words(shipment);
  test.insert(test.begin(), "CMD");
  out.write("compose.yaml", filled(R"(services:
  "@NAME@":
    build: .
    image: @TAG@
    # Reachable from this machine only; "@PORT@:@PORT@" opens it to the network.
    ports: [@PORTS@]
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped
    stop_grace_period: @GRACE@s
    mem_limit: 2g
    pids_limit: 512
    logging: {driver: local}
@VOLUMES@    healthcheck:
      test: @HEALTH@
      interval: 10s
      timeout: 3s
      retries: 3
      start_period: 10s
)",
                                   {{"NAME", shipment.name},
                                    {"TAG", shipment.tag},
                                    {"PORT", port},
                                    {"PORTS", ports_of(shipment, ", ", "127.0.0.1")},
                                    {"GRACE", std::to_string(shipment.facts.grace())},
                                    {"VOLUMES", compose_volumes(shipment)},
                                    {"HEALTH", Json(test).dump()}}));
  out.write("README.md", readme_of(shipment, R"(# @NAME@

```sh
docker build -t @TAG@ .      # or: podman build --format docker, buildah build --format docker
docker run --rm --read-only --cap-drop all --stop-timeout @GRACE@ -p 127.0.0.1:@PORT@:@PORT@@MOUNTS@ @TAG@
```

or `docker compose up --build`. Then send a request:

```sh
@ASK@```

@MODELS@
The build installs the libraries from Debian 13: build again to get security updates. `vitrine package --for oci` makes
an image with the same server and models without a build.
@FILES@@OWNED@)"));
}

void package_elastic_beanstalk(const Shipment& shipment, OutputFolder& out) {
  if (shipment.facts.tls || shipment.facts.grpc_port) {
    throw Error(ErrorKind::usage, "Elastic Beanstalk's proxy supports only HTTP to the container",
                "--options",
                "leave out --tls-cert and --grpc-port; configure HTTPS in the load balancer");
  }
  const Program program = find_program(shipment);
  const RootTrees root = root_trees(program);
  FileTree bundle;
  for (const FileTree* tree : {&root.system, &root.engines, &root.program}) {
    bundle.add_tree("root", *tree);
  }
  bundle.add_tree("root/models", model_tree(shipment));
  bundle.add("root/usr/share/doc/vitrine/sbom.spdx.json", sbom_of(shipment, program));
  bundle.add(
      "Dockerfile",
      "# All files are in this folder; nothing is downloaded.\nFROM scratch\nCOPY root/ /\n" +
          last_lines(shipment));
  bundle.add(".ebextensions/vitrine.config", R"(option_settings:
  aws:elasticbeanstalk:environment:
    EnvironmentType: LoadBalanced
    LoadBalancerType: application
  aws:elasticbeanstalk:environment:process:default:
    HealthCheckPath: /readyz
    HealthCheckInterval: 10
    HealthCheckTimeout: 5
    HealthyThresholdCount: 2
    UnhealthyThresholdCount: 3
    MatcherHTTPCode: 200
    DeregistrationDelay: 35
  aws:elasticbeanstalk:healthreporting:system:
    SystemType: enhanced
  aws:elasticbeanstalk:command:
    DeploymentPolicy: RollingWithAdditionalBatch
    BatchSizeType: Percentage
    BatchSize: 50
  aws:autoscaling:launchconfiguration:
    DisableIMDSv1: true
  aws:autoscaling:asg:
    MinSize: 2
    MaxSize: 4
  aws:elasticbeanstalk:cloudwatch:logs:
    StreamLogs: true
    DeleteOnTerminate: false
    RetentionInDays: 14
)");
  bundle.add("root/tmp/.keep", "");  // eb does not upload empty folders
  // The proxy's default limit is 1 MB, less than a photo.
  bundle.add(".platform/nginx/conf.d/vitrine.conf", "client_max_body_size 16m;\n");
  const std::string zip = shipment.name + "-eb.zip";
  out.write(zip, zip_of(bundle));
  FileTree folder;
  folder.add_tree("bundle", bundle);
  // `eb deploy` leaves out what .gitignore names, unless there is an .ebignore: an empty one.
  folder.add("bundle/.ebignore", "");
  out.write(folder);
  const std::string port = std::to_string(shipment.port);
  out.write("README.md", readme_of(shipment, R"(# @NAME@ for AWS Elastic Beanstalk

```sh
cd bundle
eb init -p docker @NAME@
eb create @NAME@-production
curl http://$(eb status | awk '/CNAME/ {print $2}')/ping
```

or upload `@ZIP@` in the console as a new version of an environment with the platform Docker.

To run it on this machine with Docker (`eb local run` fails, because it tries to pull the base image `scratch`):

```sh
docker build -t @TAG@ bundle && docker run --rm -p 127.0.0.1:@PORT@:@PORT@ @TAG@
@ASK@```

Anyone who knows the address can send requests. Package with `--options '--api-keys ...'` to require API keys. For HTTPS,
add a listener with a certificate (`aws:elbv2:listener:443`, `SSLCertificateArns`).

@MODELS@
The image is built from the files in `bundle/root`; nothing is downloaded. `bundle/.ebextensions/vitrine.config`
sets the health check (/readyz), an application load balancer, rolling deployments, two to four machines and logs in
CloudWatch; `bundle/.platform/nginx` raises the proxy's limit for bodies from 1 to 16 MB. nginx forwards port 80 to port
@PORT@ of the container.
@FILES@)",
                                   {{"ZIP", zip}}));
}

}  // namespace vitrine::package
