// vitrine serve: put models in the window.
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "serve/server.h"

namespace vitrine {
namespace {

struct ServeArguments {
  std::vector<std::string> models;
  ServeOptions options;
  unsigned port = 9696;
  std::size_t max_body_mb = 16;
  std::size_t drain_seconds = 30;
  std::string log = "text";
  std::vector<std::string> url_hosts;
};

bool fit_for_a_path(const std::string& name) {
  return !name.empty() && name.size() <= 100 && name != "." && name != ".." &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

/// `FILE` or `NAME=FILE`.
std::pair<std::string, std::filesystem::path> name_and_file(const std::string& argument) {
  const auto equals = std::filesystem::exists(argument) ? std::string::npos : argument.find('=');
  const bool named = equals != std::string::npos && fit_for_a_path(argument.substr(0, equals));
  const std::filesystem::path path = named ? argument.substr(equals + 1) : argument;
  const std::string name = named ? argument.substr(0, equals) : path.stem().string();
  if (!fit_for_a_path(name)) {
    throw Error(ErrorKind::usage, "'" + shown(name) + "' is no name for a model", shown(argument),
                "name it by NAME=FILE, with letters, digits, '.', '_' and '-'");
  }
  return {name, path};
}

std::vector<std::unique_ptr<ServedModel>> open_models(const std::vector<std::string>& arguments) {
  std::vector<std::unique_ptr<ServedModel>> models;
  std::map<std::string, std::string> taken;
  for (const std::string& argument : arguments) {
    const auto [name, path] = name_and_file(argument);
    if (!taken.emplace(name, argument).second) {
      throw Error(ErrorKind::usage, "two models are called '" + name + "'", argument,
                  "give each a name of its own by NAME=FILE");
    }
    models.push_back(std::make_unique<ServedModel>(name, path));
  }
  return models;
}

/// A last line must not keep the process alive where nobody reads its log.
void say_if_read(std::string_view line) {
  pollfd ready{2, POLLOUT, 0};
  if (::poll(&ready, 1, 200) != 1 || (ready.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
}

void serve(const ServeArguments& arguments) {
  ServeOptions options = arguments.options;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.max_body = arguments.max_body_mb << 20;
  options.drain = std::chrono::seconds(arguments.drain_seconds);
  options.log = arguments.log == "json"  ? LogFormat::json
                : arguments.log == "off" ? LogFormat::off
                                         : LogFormat::text;
  auto models = open_models(arguments.models);
  std::vector<std::string> names;
  for (const auto& model : models) names.push_back(model->name);
  FetchPolicy urls;
  for (const std::string& host : arguments.url_hosts) urls.hosts.push_back(lower_ascii(host));
  Api api(std::move(models), std::move(urls));
  Server server(options, api);
  const bool v6 = options.host.find(':') != std::string::npos;
  const std::string url = "http://" + (v6 ? "[" + options.host + "]" : options.host) + ":" +
                          std::to_string(server.port());
  std::cerr << "serving " << listed(names) << " on " << url << "\n";
  if (options.host != "127.0.0.1" && options.host != "::1") {
    std::cerr << "warning: " << options.host << " can be reached from other machines\n";
  }
  if (!server.run()) {
    throw Error(ErrorKind::failed, "some requests were cut off", url,
                "give them more time by --drain SECONDS");
  }
  say_if_read("stopped; every accepted request was answered\n");
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("serve", "Serve models over HTTP");
  auto arguments = std::make_shared<ServeArguments>();
  verb->add_option("MODEL", arguments->models, "FILE or NAME=FILE; the first answers /predict")
      ->required();
  verb->add_option("--host", arguments->options.host, "The address to listen on");
  verb->add_option("--port", arguments->port, "The port; 0 finds a free one")
      ->check(CLI::Range(0, 65535));
  verb->add_option("--threads", arguments->options.threads, "Event loops; 0: one a core")
      ->check(CLI::Range(0, 256));
  verb->add_option("--max-body", arguments->max_body_mb, "Largest body in MiB")
      ->check(CLI::Range(1, 2048));
  verb->add_option("--drain", arguments->drain_seconds,
                   "Seconds that accepted work gets after a stop");
  verb->add_option("--allow-url-host", arguments->url_hosts,
                   "Photos may be sent as {\"url\": ...} of this host (and only of such ones)");
  verb->add_option("--log", arguments->log, "Access log: text, json or off")
      ->check(CLI::IsMember({"text", "json", "off"}));
  verb->callback([arguments] { serve(*arguments); });
}

}  // namespace vitrine
