// A systemd service with minimal rights, and the socket that systemd passes to it.
#include "base/error.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

constexpr const char* kService = R"([Unit]
Description=Vitrine serves @NAMES@
Documentation=man:vitrine-serve(1)
Requires=@UNIT@.socket
After=network.target @UNIT@.socket
StartLimitIntervalSec=60
StartLimitBurst=20

[Service]
Type=notify
ExecStart=@COMMAND@
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2 3 4
TimeoutStopSec=@GRACE@
NonBlocking=yes
LimitNOFILE=65536

# A user that exists only while the service runs, and can write no files.
DynamicUser=yes
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateIPC=yes
PrivateMounts=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
@NETWORK@
CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
KeyringMode=private
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @sandbox
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
@MEMORY@
@FILES@
[Install]
WantedBy=multi-user.target
)";

constexpr const char* kNetworkClosed =
    "# The server gets connections from the socket unit and opens none.\n"
    "PrivateNetwork=yes\n"
    "RestrictAddressFamilies=AF_UNIX\n"
    "IPAddressDeny=any";
constexpr const char* kNetworkOpen =
    "# --otlp and --allow-url-host connect to other machines; gRPC listens on its own port.\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6";

constexpr const char* kInstall = R"sh(#!/bin/sh
# Installs models, service and socket, and starts them. Run it as root; vitrine-serve must be installed.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ ! -x /usr/bin/vitrine-serve ]; then
  echo "error: vitrine-serve is not installed" >&2
  echo "  where: /usr/bin/vitrine-serve" >&2
  echo "  hint: apt install ./vitrine-serve_*.deb" >&2
  exit 1
fi
# Files are copied beside their place, then renamed: a running server never sees an incomplete file.
mkdir -p @FOLDER@
new=@FOLDER@/.new.$$
rm -rf @FOLDER@/.new.*
cp -R "$here/models" "$new"
chmod -R a+rX "$new"
(cd "$new" && find . -type f | while read -r file; do
  mkdir -p "@FOLDER@/$(dirname "$file")"
  mv -f "$file" "@FOLDER@/$file"
done)
rm -rf "$new"
install -m 0644 "$here/@UNIT@.service" "$here/@UNIT@.socket" /etc/systemd/system/
systemctl daemon-reload
systemctl enable @UNIT@.socket @UNIT@.service
systemctl start @UNIT@.socket
systemctl restart @UNIT@.service
)sh";

/// A word of ExecStart, escaped: systemd expands '%', '$' and '\\' even inside quotes
/// (systemd.service(5), "Command lines"). The path of a file that is passed as a credential is
/// replaced by that of the credential.
std::string unit_word(const Shipment& shipment, const std::string& word) {
  for (const std::string& file : shipment.facts.files) {
    const std::size_t at = word.rfind(file);
    if (at != std::string::npos && at + file.size() == word.size()) {
      return word.substr(0, at) + "%d/" + std::filesystem::path(file).filename().string();
    }
  }
  std::string out;
  for (const char c : shell_line({word})) {
    out += c == '%' || c == '$' || c == '\\' ? std::string(2, c) : std::string(1, c);
  }
  return out;
}

}  // namespace

void package_systemd(const Shipment& shipment, OutputFolder& out) {
  const std::string unit = "vitrine-" + shipment.name;
  const std::string folder = "/opt/vitrine/" + shipment.name;
  const ServeFacts& facts = shipment.facts;
  const bool open = facts.asks_others || facts.grpc_port;
  // systemd reads keys and certificates and passes them as credentials, because the service's user
  // can't read them. The service can write only to its own log folder.
  std::string files;
  for (const std::string& file : facts.files) {
    files +=
        "LoadCredential=" + std::filesystem::path(file).filename().string() + ":" + file + "\n";
  }
  for (const std::string& place : folders_of(facts.written)) {
    if (place != "/var/log/" + unit) {
      throw Error(ErrorKind::usage, "the service can write only to /var/log/" + unit, place,
                  "name a file in that folder in --options");
    }
    files += "LogsDirectory=" + unit + "\n";
  }
  std::string names, command = "/usr/bin/vitrine-serve";
  for (const ShippedModel& model : shipment.models) {
    names += (names.empty() ? "" : ", ") + model.name;
  }
  for (const std::string& word :
       serve_words(shipment, {folder, folder + "/signer.public.pem"}, "")) {
    command += " " + unit_word(shipment, word);
  }
  out.write(unit + ".service",
            filled(kService, {{"NAMES", names},
                              {"GRACE", std::to_string(shipment.facts.grace())},
                              {"FILES", files},
                              {"UNIT", unit},
                              {"COMMAND", command},
                              {"NETWORK", open ? kNetworkOpen : kNetworkClosed},
                              {"MEMORY", shipment.compiles_code
                                             ? "# No MemoryDenyWriteExecute: oneDNN generates code."
                                             : "MemoryDenyWriteExecute=yes"}}));
  const std::string port = std::to_string(shipment.port);
  out.write(unit + ".socket", filled(R"([Unit]
Description=Socket of Vitrine's @NAME@

[Socket]
# Reachable from this machine only. ListenStream=@PORT@ opens it to the network; use --api-keys then.
ListenStream=127.0.0.1:@PORT@
Backlog=4096
NoDelay=yes

[Install]
WantedBy=sockets.target
)",
                                     {{"NAME", shipment.name}, {"PORT", port}}));
  FileTree models;
  models.add_tree("models", model_tree(shipment));
  out.write(models);
  out.write("install.sh", filled(kInstall, {{"FOLDER", folder}, {"UNIT", unit}}), 0755);
  out.write("README.md", readme_of(shipment, R"(# @NAME@ as a service

```sh
sudo apt install ./vitrine-serve_*.deb     # once; `./scripts/deb` in Vitrine's repository builds it
sudo ./install.sh
```

Then send a request:

```sh
@ASK@```

@MODELS@
| To | Do |
|---|---|
| replace a model | copy the new file to @FOLDER@ under another name, then rename it; the server loads it automatically |
| restart without refusing connections | `systemctl restart @UNIT@`: systemd keeps the socket open and clients wait |
| read the log | `journalctl -u @UNIT@` |
| remove it | `systemctl disable --now @UNIT@.socket @UNIT@.service && rm -r /etc/systemd/system/@UNIT@.* @FOLDER@` |
| see the rights of the service | `systemd-analyze security @UNIT@` |
@FILES@)",
                                   {{"UNIT", unit}, {"FOLDER", folder}}));
}

}  // namespace vitrine::package
