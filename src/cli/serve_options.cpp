#include "cli/serve_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/value.h"
#include "net/signature.h"

namespace vitrine {
namespace {

Error usage(const std::string& what, const std::string& where, const std::string& hint) {
  return {ErrorKind::usage, what, where, hint};
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// `NAME=REST`.
std::pair<std::string, std::string> name_and_rest(const std::string& text,
                                                  const std::string& option,
                                                  const std::string& form) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw usage("'" + shown(text) + "' names no model", option, "write " + form);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// `FILE`, `NAME=FILE` or `NAME@VERSION=FILE`.
ModelFileName model_file(const std::string& argument) {
  const auto equals = std::filesystem::exists(argument) ? std::string::npos : argument.find('=');
  std::string name = argument.substr(0, equals == std::string::npos ? 0 : equals);
  std::uint64_t version = 0;
  if (const std::size_t at = name.find('@'); at != std::string::npos) {
    version = whole(std::string_view(name).substr(at + 1)).value_or(0);
    if (version == 0) {
      throw usage("'" + shown(name) + "' names no version", shown(argument),
                  "write NAME@VERSION=FILE with a number from 1 on");
    }
    name.resize(at);
  }
  const bool named = equals != std::string::npos && is_model_name(name);
  const std::filesystem::path path = named ? argument.substr(equals + 1) : argument;
  if (!named) name = path.stem().string();
  if (!is_model_name(name)) {
    throw usage("'" + shown(name) + "' is no name for a model", shown(argument),
                "name it by NAME=FILE, with letters, digits, '.', '_' and '-'");
  }
  return {name, version, path};
}

void add_routing(const ServeArguments& arguments, std::map<std::string, Routing>& routing) {
  for (const std::string& text : arguments.labels) {
    const std::string form = "--label NAME=LABEL:VERSION, such as churn=stable:3";
    const auto [name, rest] = name_and_rest(text, "--label", form);
    const std::size_t colon = rest.find(':');
    const auto version =
        colon == std::string::npos ? std::nullopt : whole(std::string_view(rest).substr(colon + 1));
    if (!version || colon == 0)
      throw usage("'" + shown(text) + "' is no label", "--label", "write " + form);
    routing[name].labels[rest.substr(0, colon)] = *version;
  }
  for (const std::string& text : arguments.canaries) {
    const std::string form = "--canary NAME=VERSION:PERCENT, such as churn=4:10";
    const auto [name, rest] = name_and_rest(text, "--canary", form);
    const std::size_t colon = rest.find(':');
    const auto version = whole(std::string_view(rest).substr(0, colon));
    const auto percent =
        colon == std::string::npos ? std::nullopt : parse_number(rest.substr(colon + 1));
    if (!version || !percent || *percent < 0 || *percent > 100) {
      throw usage("'" + shown(text) + "' is no canary", "--canary", "write " + form);
    }
    routing[name].canary = *version;
    routing[name].canary_percent = *percent;
  }
  for (const std::string& text : arguments.shadows) {
    const std::string form = "--shadow NAME=VERSION, such as churn=5";
    const auto [name, rest] = name_and_rest(text, "--shadow", form);
    const auto version = whole(rest);
    if (!version) throw usage("'" + shown(text) + "' is no shadow", "--shadow", "write " + form);
    routing[name].shadow = *version;
  }
}

void add_batches(const ServeArguments& arguments, StoreOptions& options) {
  const Duration wait = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(arguments.batch_wait_ms));
  options.batches.longest_wait = wait;
  for (const std::string& text : arguments.batches) {
    const std::size_t equals = text.find('=');
    const std::string size = equals == std::string::npos ? text : text.substr(equals + 1);
    const auto number = size == "auto" ? std::optional<std::uint64_t>(0) : whole(size);
    if (!number || *number > 256 || (*number == 0 && size != "auto")) {
      throw usage("'" + shown(text) + "' is no batch size", "--batch",
                  "write --batch auto, --batch 8 or --batch NAME=8; at most 256");
    }
    const BatchOptions batch{static_cast<std::size_t>(*number), wait};
    if (equals == std::string::npos) {
      options.batches = batch;
    } else {
      options.model_batches[text.substr(0, equals)] = batch;
    }
  }
}

}  // namespace

void add_serve_options(CLI::App& verb, ServeArguments& a) {
  // Scripts of packages give options that a user gives again.
  verb.option_defaults()->take_last();
  verb.add_option("MODEL", a.models,
                  "FILE, NAME=FILE or NAME@VERSION=FILE; the first answers /predict");
  verb.add_option("--models", a.folder,
                  "A folder of models: NAME.onnx, or NAME/VERSION/model.onnx");
  verb.add_option("--versions", a.versions, "Versions of a model in the folder that are loaded")
      ->check(CLI::Range(1, 1000));
  verb.add_flag("--allow-empty", a.allow_empty,
                "Be ready without a model: they are loaded by the repository API");
  verb.add_option("--poll", a.poll_seconds, "Seconds between looks at the files, besides inotify")
      ->check(CLI::Range(0.1, 3600.0));
  verb.add_option("--label", a.labels, "NAME=LABEL:VERSION: a name for a version");
  verb.add_option("--canary", a.canaries, "NAME=VERSION:PERCENT of the requests for a version");
  verb.add_option("--shadow", a.shadows, "NAME=VERSION that answers for comparison only");
  const std::string serving = "Work and its limits";
  verb.add_option("--batch", a.batches, "Photos a batch: auto, N or NAME=N")->group(serving);
  verb.add_option("--batch-wait", a.batch_wait_ms, "Longest wait for a batch, in ms")
      ->check(CLI::Range(0.0, 10000.0))
      ->group(serving);
  verb.add_option("--workers", a.workers, "Threads that decode and infer; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->group(serving);
  verb.add_option("--max-queue", a.max_queue, "Requests of a model that may wait")
      ->check(CLI::Range(1, 1000000))
      ->group(serving);
  verb.add_option("--max-wait", a.max_wait_ms, "Work that would wait longer (ms) is refused")
      ->check(CLI::Range(1.0, 600000.0))
      ->group(serving);
  verb.add_option("--threads", a.server.threads, "Event loops; 0: one a core")
      ->check(CLI::Range(0, 256))
      ->group(serving);
  verb.add_option("--max-body", a.max_body_mb, "Largest body in MiB")
      ->check(CLI::Range(1, 2048))
      ->group(serving);
  verb.add_option("--body-memory", a.body_memory_mb,
                  "MiB for bodies in flight, 503 over it; 0: a quarter of the memory, at most 192")
      ->check(CLI::Range(0, 1 << 20))
      ->group(serving);
  verb.add_option("--max-connections", a.server.max_connections, "Connections at a time")
      ->check(CLI::Range(1, 1000000))
      ->group(serving);
  verb.add_option("--stop-delay", a.stop_delay_seconds,
                  "Seconds to go on after a stop while /readyz says 503, for balancers to see it")
      ->check(CLI::Range(0, 3600))
      ->group(serving);
  verb.add_option("--drain", a.drain_seconds, "Seconds that accepted work gets after a stop")
      ->group(serving);
  const std::string network = "Network and security";
  verb.add_option("--host", a.server.host, "The address to listen on")->group(network);
  verb.add_option("--port", a.port, "The port; 0 finds a free one")
      ->check(CLI::Range(0, 65535))
      ->group(network);
  verb.add_option("--grpc-port", a.grpc_port,
                  "Speak the Open Inference Protocol over gRPC too, on this port; 0 finds one")
      ->check(CLI::Range(0, 65535))
      ->group(network);
  verb.add_flag("--reuse-port", a.server.reuse_port,
                "Share the port with the server that this one replaces, or is replaced by")
      ->group(network);
  verb.add_option("--tls-cert", a.tls.certificate, "Certificate and chain (PEM): serve HTTPS")
      ->group(network);
  verb.add_option("--tls-key", a.tls.key, "Its key (PEM)")->group(network);
  verb.add_option("--tls-client-ca", a.tls.client_ca,
                  "Clients must show a certificate of this authority (PEM)")
      ->group(network);
  verb.add_option("--api-keys", a.keys_file, "File of API keys: NAME SHA256 [admin] [rate=N]")
      ->group(network);
  verb.add_option("--admin-socket", a.server.admin_socket,
                  "A Unix socket for you alone, where admin calls need no key")
      ->group(network);
  verb.add_option("--require-signature", a.signer,
                  "Model files must be signed for this public key (vitrine sign)")
      ->group(network);
  verb.add_flag("--sandbox", a.sandbox,
                "Give up every right that serving does not need (Landlock, seccomp)")
      ->group(network);
  verb.add_option("--cors-origin", a.cors, "Web pages of this origin may ask (or *)")
      ->group(network);
  verb.add_option("--allow-url-host", a.url_hosts,
                  "Photos may be sent as {\"url\": ...} of this host (and only of such ones)")
      ->group(network);
  const std::string records = "Records";
  verb.add_option("--log-predictions", a.prediction_log,
                  "Keep what was asked and answered in this file (JSON lines)")
      ->group(records);
  verb.add_option("--log-predictions-max", a.prediction_log_mb,
                  "MiB before it is rotated; 10 are kept")
      ->check(CLI::Range(1, 1 << 20))
      ->group(records);
  verb.add_option("--otlp", a.otlp, "Send traces to this collector, such as http://127.0.0.1:4318")
      ->group(records);
  verb.add_option("--log", a.log, "Access log: text, json or off")
      ->check(CLI::IsMember({"text", "json", "off"}))
      ->group(records);
}

StoreOptions store_options(const ServeArguments& arguments) {
  if (arguments.models.empty() && arguments.folder.empty()) {
    throw usage("there is no model to serve", "the command line",
                "name model files, or a folder of them by --models DIR");
  }
  StoreOptions options;
  std::set<std::pair<std::string, std::uint64_t>> taken;
  for (const std::string& argument : arguments.models) {
    ModelFileName file = model_file(argument);
    if (!taken.emplace(file.name, file.version).second) {
      throw usage("two models are called '" + file.name + "'", argument,
                  "give each a name of its own by NAME=FILE, or a version by NAME@VERSION=FILE");
    }
    const bool mixed = std::ranges::any_of(options.files, [&](const ModelFileName& other) {
      return other.name == file.name && (other.version == 0) != (file.version == 0);
    });
    if (mixed) {
      throw usage("'" + file.name + "' is given with and without a version", argument,
                  "give each of its files a version by NAME@VERSION=FILE");
    }
    options.files.push_back(std::move(file));
  }
  if (!arguments.folder.empty()) {
    if (!std::filesystem::is_directory(arguments.folder)) {
      throw Error(ErrorKind::bad_input, "this is no folder", arguments.folder,
                  "name a folder that holds NAME.onnx or NAME/VERSION/model.onnx");
    }
    options.folder = arguments.folder;
  }
  options.versions = arguments.versions;
  options.allow_empty = arguments.allow_empty;
  options.poll =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(arguments.poll_seconds));
  add_routing(arguments, options.routing);
  add_batches(arguments, options);
  if (!arguments.signer.empty()) {
    options.check = [check = std::make_shared<SignatureCheck>(arguments.signer)](
                        const std::filesystem::path& path, std::string_view bytes) {
      check->check(path, bytes);
    };
  }
  return options;
}

ServeOptions server_options(const ServeArguments& arguments) {
  ServeOptions options = arguments.server;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.max_body = arguments.max_body_mb << 20;
  const std::size_t body_memory = arguments.body_memory_mb << 20;
  if (body_memory > 0 && body_memory < options.max_body) {
    throw usage("--body-memory is less than one body of --max-body may have", "--body-memory",
                "give it at least " + std::to_string(arguments.max_body_mb) + " (MiB)");
  }
  options.bodies = std::make_shared<BodyBudget>(
      body_memory > 0 ? body_memory : default_body_memory(memory_limit(), options.max_body));
  options.drain = std::chrono::seconds(arguments.drain_seconds);
  options.stop_delay = std::chrono::seconds(arguments.stop_delay_seconds);
  options.log = arguments.log == "json"  ? LogFormat::json
                : arguments.log == "off" ? LogFormat::off
                                         : LogFormat::text;
  if (arguments.tls.certificate.empty() != arguments.tls.key.empty()) {
    throw usage("a certificate and its key belong together", "--tls-cert, --tls-key", "give both");
  }
  if (arguments.tls.certificate.empty() && !arguments.tls.client_ca.empty()) {
    throw usage("clients can't be verified without TLS", "--tls-client-ca",
                "give --tls-cert and --tls-key too");
  }
  if (!arguments.tls.certificate.empty()) options.tls = std::make_shared<Tls>(arguments.tls);
  return options;
}

ApiOptions api_options(const ServeArguments& arguments, ServerMetrics& metrics) {
  ApiOptions options;
  for (const std::string& host : arguments.url_hosts) {
    options.urls.hosts.push_back(lower_ascii(host));
  }
  options.cors_origins = arguments.cors;
  if (!arguments.keys_file.empty()) options.keys = std::make_shared<ApiKeys>(arguments.keys_file);
  if (!arguments.prediction_log.empty()) {
    options.predictions = std::make_shared<PredictionLog>(
        PredictionLogOptions{.path = arguments.prediction_log,
                             .metrics = &metrics,
                             .max_bytes = std::uint64_t{arguments.prediction_log_mb} << 20});
  }
  if (!arguments.otlp.empty())
    options.spans = std::make_shared<SpanSender>(arguments.otlp, metrics);
  return options;
}

GrpcOptions grpc_options(const ServeArguments& arguments) {
  const ServeOptions& server = arguments.server;
  return {.host = server.host,
          .port = static_cast<std::uint16_t>(*arguments.grpc_port),
          .reuse_port = server.reuse_port,
          .tls = arguments.tls,
          .max_message = arguments.max_body_mb << 20,
          .max_header = server.max_header,
          .idle_timeout = server.idle_timeout,
          .handshake_timeout = server.header_timeout};
}

SandboxOptions sandbox_options(const ServeArguments& arguments, const StoreOptions& store) {
  const auto folder_of = [](const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  };
  SandboxOptions options;
  if (store.folder) options.readable.push_back(*store.folder);
  // Folders, since files are replaced by renaming.
  for (const ModelFileName& file : store.files) options.readable.push_back(folder_of(file.path));
  for (const auto& path : {std::filesystem::path(arguments.keys_file), arguments.tls.certificate,
                           arguments.tls.key, arguments.tls.client_ca}) {
    if (!path.empty()) options.readable.push_back(folder_of(path));
  }
  for (const std::string& path : {arguments.prediction_log, arguments.server.admin_socket}) {
    if (!path.empty()) options.writable.push_back(folder_of(path));
  }
  options.network = !arguments.url_hosts.empty() || !arguments.otlp.empty();
  return options;
}

}  // namespace vitrine
