// A unit that may do next to nothing, and the socket that is handed to it.
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine {
namespace {

constexpr const char* kService = R"([Unit]
Description=Vitrine serves @NAMES@
Documentation=man:vitrine-serve(1)
Requires=@UNIT@.socket
After=network.target @UNIT@.socket

[Service]
Type=notify
ExecStart=@COMMAND@
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
TimeoutStopSec=35
NonBlocking=yes
LimitNOFILE=65536

# A user that lives as long as the service, and sees no file that it could change.
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

[Install]
WantedBy=multi-user.target
)";

constexpr const char* kNetworkClosed =
    "# It gets its connections from the socket, and makes none.\n"
    "PrivateNetwork=yes\n"
    "RestrictAddressFamilies=AF_UNIX\n"
    "IPAddressDeny=any";
constexpr const char* kNetworkOpen =
    "# --otlp and --allow-url-host ask other machines, gRPC has a port of its own.\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6";

constexpr const char* kInstall = R"sh(#!/bin/sh
# Installs models, unit and socket, and starts them. As root; vitrine-serve must be installed.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ ! -x /usr/bin/vitrine-serve ]; then
  echo "error: vitrine-serve is not installed" >&2
  echo "  where: /usr/bin/vitrine-serve" >&2
  echo "  mend: apt install ./vitrine-serve_*.deb" >&2
  exit 1
fi
mkdir -p @FOLDER@
cp -R "$here/models/." @FOLDER@/
chmod -R a+rX @FOLDER@
cp "$here/@UNIT@.service" "$here/@UNIT@.socket" /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now @UNIT@.socket @UNIT@.service
)sh";

}  // namespace

void package_systemd(const Shipment& shipment, OutputFolder& out) {
  const std::string unit = "vitrine-" + shipment.name;
  const std::string folder = "/opt/vitrine/" + shipment.name;
  const auto given = [&](const char* option) {
    for (const std::string& word : shipment.options) {
      if (word == option || word.starts_with(std::string(option) + "=")) return true;
    }
    return false;
  };
  const bool open = given("--otlp") || given("--allow-url-host") || given("--grpc-port");
  std::string names, command = "/usr/bin/vitrine-serve";
  for (const ShippedModel& model : shipment.models) {
    names += (names.empty() ? "" : ", ") + model.name;
  }
  for (const std::string& word :
       serve_words(shipment, {folder, folder + "/signer.public.pem"}, "")) {
    // systemd reads '%' and '$' even inside quotes (systemd.service(5), "Command lines").
    std::string quoted;
    for (const char c : shell_line({word})) {
      quoted += c == '%' || c == '$' ? std::string(2, c) : std::string(1, c);
    }
    command += " " + quoted;
  }
  out.write(unit + ".service",
            filled(kService,
                   {{"NAMES", names},
                    {"UNIT", unit},
                    {"COMMAND", command},
                    {"NETWORK", open ? kNetworkOpen : kNetworkClosed},
                    {"MEMORY", shipment.compiles_code
                                   ? "# No MemoryDenyWriteExecute: oneDNN writes code as it runs."
                                   : "MemoryDenyWriteExecute=yes"}}));
  const std::string port = std::to_string(shipment.port);
  out.write(unit + ".socket", filled(R"([Unit]
Description=The port of Vitrine's @NAME@

[Socket]
# 127.0.0.1:@PORT@ keeps it to this machine.
ListenStream=@PORT@
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
  out.write("README.md", filled(R"(# @NAME@ as a service

```sh
sudo apt install ./vitrine-serve_*.deb     # once
sudo ./install.sh
```

Then ask it:

```sh
@ASK@```

@MODELS@
| To | Type |
|---|---|
| put a new model in place | copy it to @FOLDER@ under another name, then rename it: it is loaded by itself |
| restart without a refused connection | `systemctl restart @UNIT@`: systemd keeps the socket, clients wait |
| read the log | `journalctl -u @UNIT@` |
| see what the unit may do | `systemd-analyze security @UNIT@` |
)",
                                {{"NAME", shipment.name},
                                 {"UNIT", unit},
                                 {"FOLDER", folder},
                                 {"ASK", questions(shipment, "http://localhost:" + port)},
                                 {"MODELS", model_table(shipment)}}));
}

}  // namespace vitrine
