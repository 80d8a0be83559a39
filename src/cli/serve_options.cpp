// Plan of the file:
// 1. add_serve_options() declares the options in groups: limits, network and security, logs.
// 2. store_options() reads which models to load, and --label, --canary, --shadow and --batch, whose
//    small syntaxes (NAME=LABEL:VERSION, ...) are parsed by the functions above it.
// 3. server_options(), api_options(), grpc_options() and sandbox_options() convert the rest. They
//    open what the options name (certificate, API keys, logs), so that errors appear at the start.
#include "cli/serve_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"
#include "net/signature.h"

namespace vitrine::cli {
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
    throw usage("'" + shown(text) + "' does not name a model", option, "write " + form);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// `FILE`, `NAME=FILE` or `NAME@VERSION=FILE`.
serve::ModelFileName model_file(const std::string& argument) {
  const auto equals = std::filesystem::exists(argument) ? std::string::npos : argument.find('=');
  std::string name = argument.substr(0, equals == std::string::npos ? 0 : equals);
  std::uint64_t version = 0;
  if (const std::size_t at = name.find('@'); at != std::string::npos) {
    version = whole(std::string_view(name).substr(at + 1)).value_or(0);
    if (version == 0) {
      throw usage("'" + shown(name) + "' does not name a version", shown(argument),
                  "write NAME@VERSION=FILE with a whole number from 1 on");
    }
    name.resize(at);
  }
  const bool named = equals != std::string::npos && serve::is_model_name(name);
  const std::filesystem::path path = named ? argument.substr(equals + 1) : argument;
  if (!named) name = path.stem().string();
  if (!serve::is_model_name(name)) {
    throw usage("'" + shown(name) + "' is not a valid model name", shown(argument),
                "name it by NAME=FILE, with letters, digits, '.', '_' and '-'");
  }
  return {name, version, path};
}

void add_routing(const ServeArguments& arguments, std::map<std::string, serve::Routing>& routing) {
  for (const std::string& text : arguments.labels) {
    const std::string form = "--label NAME=LABEL:VERSION, such as churn=stable:3";
    const auto [name, rest] = name_and_rest(text, "--label", form);
    const std::size_t colon = rest.find(':');
    const auto version =
        colon == std::string::npos ? std::nullopt : whole(std::string_view(rest).substr(colon + 1));
    if (!version || colon == 0)
      throw usage("'" + shown(text) + "' is not a label", "--label", "write " + form);
    routing[name].labels[rest.substr(0, colon)] = *version;
  }
  for (const std::string& text : arguments.canaries) {
    const std::string form = "--canary NAME=VERSION:PERCENT, such as churn=4:10";
    const auto [name, rest] = name_and_rest(text, "--canary", form);
    const std::size_t colon = rest.find(':');
    const auto version = whole(std::string_view(rest).substr(0, colon));
    const auto percent =
        colon == std::string::npos ? std::nullopt : data::parse_number(rest.substr(colon + 1));
    if (!version || !percent || *percent < 0 || *percent > 100) {
      throw usage("'" + shown(text) + "' is not a canary", "--canary", "write " + form);
    }
    routing[name].canary = *version;
    routing[name].canary_percent = *percent;
  }
  for (const std::string& text : arguments.shadows) {
    const std::string form = "--shadow NAME=VERSION, such as churn=5";
    const auto [name, rest] = name_and_rest(text, "--shadow", form);
    const auto version = whole(rest);
    if (!version) throw usage("'" + shown(text) + "' is not a shadow", "--shadow", "write " + form);
    routing[name].shadow = *version;
  }
}

void add_batches(const ServeArguments& arguments, serve::StoreOptions& options) {
  const Duration wait = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(arguments.batch_wait_ms));
  options.batches.longest_wait = wait;
  for (const std::string& text : arguments.batches) {
    const std::size_t equals = text.find('=');
    const std::string size = equals == std::string::npos ? text : text.substr(equals + 1);
    const auto number = size == "auto" ? std::optional<std::uint64_t>(0) : whole(size);
    if (!number || *number > 256 || (*number == 0 && size != "auto")) {
      throw usage("'" + shown(text) + "' is not a batch size", "--batch",
                  "write --batch auto, --batch 8 or --batch NAME=8; at most 256");
    }
    const serve::BatchOptions batch{static_cast<std::size_t>(*number), wait};
    if (equals == std::string::npos) {
      options.batches = batch;
    } else {
      options.model_batches[text.substr(0, equals)] = batch;
    }
  }
}

}  // namespace

void add_serve_options(CLI::App& verb, ServeArguments& a) {
  // Users may repeat options that the start script of a package sets: the last one counts.
  verb.option_defaults()->take_last();
  verb.add_option("MODEL", a.models,
                  "FILE, NAME=FILE or NAME@VERSION=FILE; /predict uses the first model");
  verb.add_option("--models", a.folder,
                  "A folder of models: NAME.onnx, or NAME/VERSION/model.onnx");
  verb.add_option("--versions", a.versions,
                  "Number of newest versions per model to load from the folder; default: 3")
      ->check(CLI::Range(1, 1000));
  verb.add_flag("--allow-empty", a.allow_empty,
                "Be ready without a model; models are loaded later by the repository API");
  verb.add_flag(
      "--strict", a.strict,
      "Refuse CSV and arrays of rows with a text that is not a number in a number column; "
      "default: it counts as missing, with a warning");
  verb.add_option("--poll", a.poll_seconds,
                  "Seconds between checks for changed files, in addition to inotify; default: 5")
      ->check(CLI::Range(0.1, 3600.0));
  verb.add_option("--label", a.labels,
                  "NAME=LABEL:VERSION: a label by which requests can choose a version");
  verb.add_option("--canary", a.canaries,
                  "NAME=VERSION:PERCENT: send this percentage of the requests to a version");
  verb.add_option("--shadow", a.shadows,
                  "NAME=VERSION: also predict with this version, for comparison only");
  const std::string serving = "Limits";
  verb.add_option("--batch", a.batches,
                  "Photos per batch: auto, N or NAME=N (for one model); default: auto")
      ->group(serving);
  verb.add_option("--batch-wait", a.batch_wait_ms,
                  "Maximum time in ms that a photo waits for a batch to fill; default: 10")
      ->check(CLI::Range(0.0, 10000.0))
      ->group(serving);
  verb.add_option("--workers", a.workers,
                  "Threads that decode photos and predict; default: one per core")
      ->check(CLI::Range(0, 1024))
      ->group(serving);
  verb.add_option("--max-queue", a.max_queue,
                  "Maximum number of waiting requests per model; default: 1,000")
      ->check(CLI::Range(1, 1000000))
      ->group(serving);
  verb.add_option("--max-wait", a.max_wait_ms,
                  "Maximum queueing time in ms; a request is rejected on arrival if its estimated "
                  "wait exceeds this; default: 1,000")
      ->check(CLI::Range(1.0, 600000.0))
      ->group(serving);
  verb.add_option("--threads", a.server.threads,
                  "Number of event loops (threads that handle connections); default: one per core")
      ->check(CLI::Range(0, 256))
      ->group(serving);
  verb.add_option("--max-body", a.max_body_mb, "Maximum size of a request body in MiB; default: 16")
      ->check(CLI::Range(1, 2048))
      ->group(serving);
  verb.add_option("--body-memory", a.body_memory_mb,
                  "Memory in MiB for the bodies of all current requests, beyond which requests get "
                  "503; default: a quarter of the memory, at most 192")
      ->check(CLI::Range(0, 1 << 20))
      ->group(serving);
  verb.add_option("--max-connections", a.server.max_connections,
                  "Maximum number of open connections; default: 20,000")
      ->check(CLI::Range(1, 1000000))
      ->group(serving);
  verb.add_option("--stop-delay", a.stop_delay_seconds,
                  "Seconds to keep accepting requests after a stop signal while /readyz returns "
                  "503, so that load balancers notice; default: 0")
      ->check(CLI::Range(0, 3600))
      ->group(serving);
  verb.add_option("--drain", a.drain_seconds,
                  "Maximum seconds to finish accepted requests after a stop signal; default: 30")
      ->group(serving);
  const std::string network = "Network and security";
  verb.add_option("--host", a.server.host, "The address to listen on; default: 127.0.0.1")
      ->group(network);
  verb.add_option("--port", a.port,
                  "The HTTP port; 0 chooses a free one; default: " + std::to_string(kDefaultPort))
      ->check(CLI::Range(0, 65535))
      ->group(network);
  verb.add_option("--grpc-port", a.grpc_port,
                  "Also serve the Open Inference Protocol over gRPC on this port; 0 chooses a free "
                  "one; default: no gRPC")
      ->check(CLI::Range(0, 65535))
      ->group(network);
  verb.add_flag("--reuse-port", a.server.reuse_port,
                "Share the port with another server of this machine (SO_REUSEPORT), for rolling "
                "replacement")
      ->group(network);
  verb.add_option("--tls-cert", a.tls.certificate,
                  "Certificate and chain (PEM file); serves HTTPS, needs --tls-key")
      ->group(network);
  verb.add_option("--tls-key", a.tls.key, "Private key of the certificate (PEM file)")
      ->group(network);
  verb.add_option("--tls-client-ca", a.tls.client_ca,
                  "Require client certificates of this certificate authority (PEM file)")
      ->group(network);
  verb.add_option("--api-keys", a.keys_file,
                  "File of API keys, one per line: NAME SHA256 [admin] [rate=N]")
      ->group(network);
  verb.add_option("--admin-socket", a.server.admin_socket,
                  "Path of a Unix socket that only this user can open; admin calls on it need no "
                  "key")
      ->group(network);
  verb.add_option("--require-signature", a.signer,
                  "Public key file (PEM); only model files with a valid signature are loaded "
                  "(vitrine sign)")
      ->group(network);
  verb.add_flag("--sandbox", a.sandbox,
                "Restrict the process to the files and system calls that serving needs (Landlock, "
                "seccomp)")
      ->group(network);
  verb.add_option("--cors-origin", a.cors,
                  "Origin of web pages that may call the API (CORS); * allows all")
      ->group(network);
  verb.add_option("--allow-url-host", a.url_hosts,
                  "Host from which the server may fetch photos that are sent as {\"url\": ...}")
      ->group(network);
  const std::string records = "Logs and traces";
  verb.add_option("--log-predictions", a.prediction_log,
                  "Write inputs and predictions to this file (JSON lines)")
      ->group(records);
  verb.add_option("--log-predictions-max", a.prediction_log_mb,
                  "Size in MiB at which the log is rotated; 10 old logs are kept; default: 64")
      ->check(CLI::Range(1, 1 << 20))
      ->group(records);
  verb.add_option("--otlp", a.otlp,
                  "URL of an OpenTelemetry collector for traces, such as http://127.0.0.1:4318")
      ->group(records);
  verb.add_option("--log", a.log, "Format of the access log on standard error; default: text")
      ->check(CLI::IsMember({"text", "json", "off"}))
      ->group(records);
}

serve::StoreOptions store_options(const ServeArguments& arguments) {
  if (arguments.models.empty() && arguments.folder.empty()) {
    throw usage("there is no model to serve", "the command line",
                "name model files, or a folder of them by --models DIR");
  }
  serve::StoreOptions options;
  std::set<std::pair<std::string, std::uint64_t>> taken;
  for (const std::string& argument : arguments.models) {
    serve::ModelFileName file = model_file(argument);
    if (!taken.emplace(file.name, file.version).second) {
      throw usage("two models have the name '" + file.name + "'", argument,
                  "give each its own name by NAME=FILE, or a version by NAME@VERSION=FILE");
    }
    const bool mixed = std::ranges::any_of(options.files, [&](const serve::ModelFileName& other) {
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
      throw Error(ErrorKind::bad_input, "this is not a folder", arguments.folder,
                  "name a folder that contains NAME.onnx or NAME/VERSION/model.onnx");
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
    options.check = [check = std::make_shared<net::SignatureCheck>(arguments.signer)](
                        const std::filesystem::path& path, std::string_view bytes) {
      check->check(path, bytes);
    };
  }
  return options;
}

serve::ServeOptions server_options(const ServeArguments& arguments) {
  serve::ServeOptions options = arguments.server;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.max_body = arguments.max_body_mb << 20;
  const std::size_t body_memory = arguments.body_memory_mb << 20;
  if (body_memory > 0 && body_memory < options.max_body) {
    throw usage("--body-memory is smaller than --max-body", "--body-memory",
                "give at least " + std::to_string(arguments.max_body_mb) + " (MiB)");
  }
  options.bodies = std::make_shared<serve::BodyBudget>(
      body_memory > 0 ? body_memory : serve::default_body_memory(memory_limit(), options.max_body));
  options.drain = std::chrono::seconds(arguments.drain_seconds);
  options.stop_delay = std::chrono::seconds(arguments.stop_delay_seconds);
  options.log = arguments.log == "json"  ? serve::LogFormat::json
                : arguments.log == "off" ? serve::LogFormat::off
                                         : serve::LogFormat::text;
  if (arguments.tls.certificate.empty() != arguments.tls.key.empty()) {
    throw usage("--tls-cert and --tls-key must be given together", "--tls-cert, --tls-key",
                "give both");
  }
  if (arguments.tls.certificate.empty() && !arguments.tls.client_ca.empty()) {
    throw usage("--tls-client-ca needs TLS", "--tls-client-ca",
                "give --tls-cert and --tls-key too");
  }
  if (!arguments.tls.certificate.empty()) options.tls = std::make_shared<serve::Tls>(arguments.tls);
  return options;
}

serve::ApiOptions api_options(const ServeArguments& arguments, telemetry::ServerMetrics& metrics) {
  serve::ApiOptions options;
  for (const std::string& host : arguments.url_hosts) {
    options.urls.hosts.push_back(lower_ascii(host));
  }
  options.cors_origins = arguments.cors;
  if (!arguments.keys_file.empty())
    options.keys = std::make_shared<serve::ApiKeys>(arguments.keys_file);
  if (!arguments.prediction_log.empty()) {
    options.predictions = std::make_shared<serve::PredictionLog>(
        serve::PredictionLogOptions{.path = arguments.prediction_log,
                                    .metrics = &metrics,
                                    .max_bytes = std::uint64_t{arguments.prediction_log_mb} << 20});
  }
  if (!arguments.otlp.empty())
    options.spans = std::make_shared<telemetry::SpanSender>(arguments.otlp, metrics);
  return options;
}

serve::GrpcOptions grpc_options(const ServeArguments& arguments) {
  const serve::ServeOptions& server = arguments.server;
  return {.host = server.host,
          .port = static_cast<std::uint16_t>(*arguments.grpc_port),
          .reuse_port = server.reuse_port,
          .tls = arguments.tls,
          .max_message = arguments.max_body_mb << 20,
          .max_header = server.max_header,
          .idle_timeout = server.idle_timeout,
          .handshake_timeout = server.header_timeout};
}

sandbox::SandboxOptions sandbox_options(const ServeArguments& arguments,
                                        const serve::StoreOptions& store) {
  const auto folder_of = [](const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  };
  sandbox::SandboxOptions options;
  if (store.folder) options.readable.push_back(*store.folder);
  // The folders, not the files: a file that is replaced by renaming is another one.
  for (const serve::ModelFileName& file : store.files)
    options.readable.push_back(folder_of(file.path));
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

}  // namespace vitrine::cli
