// Plan of the file: State owns the registry and all metric families; counters of the hot path are
// found once and kept as references or in an atomic array, because a look-up by label takes a lock.
// VersionMetrics adds the series of one model version and removes them in its destructor.
// ServerMetrics forwards to both. Metrics of the process are read at each scrape.
#include "telemetry/server_metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>

#include "base/version.h"

namespace vitrine::telemetry {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

const Histogram::BucketBoundaries kSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                              0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                              1,      2.5,     5,      10};
const Histogram::BucketBoundaries kBatches = {1, 2, 4, 8, 16, 32, 64};

std::size_t open_files() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count > 3 ? count - 3 : 0;  // ".", ".." and the folder itself
}

/// Start time of this process in seconds since 1970. Reads /proc.
double start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const std::size_t end_of_name = text.rfind(')');
  double uptime = 0;
  std::ifstream("/proc/uptime") >> uptime;
  if (end_of_name == std::string::npos) return 0;
  // Field 22, the 20th after the name: clock ticks from boot to the start of this process.
  const char* at = text.c_str() + end_of_name + 1;
  for (int field = 0; field < 19 && at != nullptr; ++field) at = std::strchr(at + 1, ' ');
  const double ticks = at != nullptr ? std::atof(at) : 0;
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - uptime + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

class ServerMetrics::State {
 public:
  prometheus::Registry registry;
  Family<Counter>& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<Gauge>& gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Family<Histogram>& histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  Family<Counter>& http = counters("http_requests_total", "HTTP requests of all paths, by code");
  Family<Gauge>& open_connections = gauges("http_connections", "Open connections");
  Family<Gauge>& waiting = gauges("vitrine_queue_length", "Requests that wait for a worker");
  Family<Counter>& requests =
      counters("vitrine_requests_total", "Inference requests, by model, version and code");
  Family<Histogram>& total =
      histograms("vitrine_request_duration_seconds", "From a request's last byte to its response");
  Family<Histogram>& queue =
      histograms("vitrine_queue_duration_seconds", "Waiting for a worker or a batch");
  Family<Histogram>& decode =
      histograms("vitrine_decode_duration_seconds", "Parsing rows or decoding photos");
  Family<Histogram>& infer =
      histograms("vitrine_inference_duration_seconds", "Running the model, per batch");
  Family<Histogram>& batches = histograms("vitrine_batch_size", "Photos per batch");
  Family<Counter>& rejects =
      counters("vitrine_rejected_total", "Requests refused or dropped, by reason");
  Family<Counter>& loads = counters("vitrine_model_loads_total", "Loads of a model, by result");
  Family<Gauge>& load_times =
      gauges("vitrine_model_load_seconds", "Duration of the last load, with warm-up");
  Family<Gauge>& faults =
      gauges("vitrine_model_load_failed", "1 while the newest file of a model can't be loaded");
  Family<Gauge>& ready = gauges("vitrine_model_ready", "1 for each version that can predict");
  Family<Counter>& shadow_rows =
      counters("vitrine_shadow_rows_total", "Rows that a shadow version predicted for comparison");
  Family<Counter>& shadow_labels = counters("vitrine_shadow_label_differences_total",
                                            "Rows for which the shadow predicted another label");
  Family<Gauge>& shadow_gap = gauges("vitrine_shadow_probability_difference_max",
                                     "Largest difference of a probability to the shadow's");
  Family<Gauge>& psi =
      gauges("vitrine_drift_psi", "Population stability index of a column against training");
  Family<Counter>& unusual = counters(
      "vitrine_unusual_values_total",
      "Values that training has not seen: unseen categories, numbers and dates outside its range");
  Family<Gauge>& shares =
      gauges("vitrine_class_share", "Share of each class among recent predictions");
  Family<Counter>& span_counts = counters("vitrine_spans_total", "Trace spans, sent or dropped");
  Family<Gauge>& process_memory = gauges("process_resident_memory_bytes", "Resident memory");
  Family<Gauge>& process_virtual = gauges("process_virtual_memory_bytes", "Virtual memory");
  Family<Counter>& process_cpu =
      counters("process_cpu_seconds_total", "Processor time, user and system");
  Family<Gauge>& process_files = gauges("process_open_fds", "Open files");
  Family<Gauge>& process_limit = gauges("process_max_fds", "Maximum number of open files");
  Family<Gauge>& process_start =
      gauges("process_start_time_seconds", "Start time of the process, in seconds since 1970");
  Family<Gauge>& build = gauges("vitrine_build_info", "Always 1");

  Gauge& connections = open_connections.Add({});
  Gauge& queue_length = waiting.Add({});
  Counter& predictions_lost = counters("vitrine_prediction_log_lost_total",
                                       "Rows that could not be written to the prediction log")
                                  .Add({});
  Counter& overloaded = rejects.Add({{"reason", "overloaded"}});
  Gauge& resident = process_memory.Add({});
  Gauge& virtual_bytes = process_virtual.Add({});
  Counter& cpu = process_cpu.Add({});
  Gauge& files = process_files.Add({});
  Gauge& file_limit = process_limit.Add({});
  std::mutex scrape;
  std::array<std::atomic<Counter*>, 600> http_codes{};  ///< found once, then counted without a lock
  std::mutex versions_mutex;
  std::map<std::pair<std::string, std::uint64_t>, std::weak_ptr<ModelMetrics>> versions;

  Counter& http_code(unsigned code) {
    std::atomic<Counter*>& slot = http_codes[code < http_codes.size() ? code : 0];
    if (Counter* found = slot.load(std::memory_order_acquire)) return *found;
    Counter& counter = http.Add({{"code", std::to_string(code)}});
    slot.store(&counter, std::memory_order_release);
    return counter;
  }

  void read_process() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    double resident_pages = 0;
    statm >> pages >> resident_pages;
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    virtual_bytes.Set(pages * page);
    resident.Set(resident_pages * page);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    cpu.Increment(seconds(usage.ru_utime) + seconds(usage.ru_stime) - cpu.Value());
    files.Set(static_cast<double>(open_files()));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
      file_limit.Set(static_cast<double>(limit.rlim_cur));
  }
};

class VersionMetrics : public ModelMetrics {
 public:
  VersionMetrics(ServerMetrics::State& all, const std::string& model, std::uint64_t version)
      : all_(all),
        labels_{{"model", model}, {"version", std::to_string(version)}},
        total_(all.total.Add(labels_, kSeconds)),
        queue_(all.queue.Add(labels_, kSeconds)),
        decode_(all.decode.Add(labels_, kSeconds)),
        infer_(all.infer.Add(labels_, kSeconds)),
        ready_(all.ready.Add(labels_)) {
    ready_.Set(1);
  }

  ~VersionMetrics() override {
    all_.total.Remove(&total_);
    all_.queue.Remove(&queue_);
    all_.decode.Remove(&decode_);
    all_.infer.Remove(&infer_);
    all_.ready.Remove(&ready_);
    if (batches_ != nullptr) all_.batches.Remove(batches_);
    for (const auto& [code, counter] : codes_) all_.requests.Remove(counter);
    if (shadow_rows_ != nullptr) {
      all_.shadow_rows.Remove(shadow_rows_);
      all_.shadow_labels.Remove(shadow_labels_);
      all_.shadow_gap.Remove(shadow_gap_);
    }
    for (const auto& [name, gauge] : psi_) all_.psi.Remove(gauge);
    for (const auto& [name, gauge] : shares_) all_.shares.Remove(gauge);
    for (const auto& [name, counter] : unusual_) all_.unusual.Remove(counter);
  }

  void answered(unsigned code, const StageTimes& times) override {
    Counter* counter = code == 200 ? fine_.load(std::memory_order_acquire) : nullptr;
    if (counter == nullptr) counter = counter_of(code);
    counter->Increment();
    if (code != 200) return;  // refusals are fast and would distort the distribution
    total_.Observe(seconds_of(times.total));
    queue_.Observe(seconds_of(times.queue));
    decode_.Observe(seconds_of(times.decode));
    infer_.Observe(seconds_of(times.infer));
  }

  void batch(std::size_t photos) override {
    const std::lock_guard lock(mutex_);
    if (batches_ == nullptr) batches_ = &all_.batches.Add(labels_, kBatches);
    batches_->Observe(static_cast<double>(photos));
  }

  void compared(std::size_t rows, std::size_t other_labels, double largest) override {
    const std::lock_guard lock(mutex_);
    if (shadow_rows_ == nullptr) {
      shadow_rows_ = &all_.shadow_rows.Add(labels_);
      shadow_labels_ = &all_.shadow_labels.Add(labels_);
      shadow_gap_ = &all_.shadow_gap.Add(labels_);
    }
    shadow_rows_->Increment(static_cast<double>(rows));
    shadow_labels_->Increment(static_cast<double>(other_labels));
    if (largest > shadow_gap_->Value()) shadow_gap_->Set(largest);
  }

  void drift(std::string_view column, double psi) override {
    set(psi_, all_.psi, "column", column, psi);
  }

  void unusual(std::string_view column, std::string_view kind, std::size_t values) override {
    const std::lock_guard lock(mutex_);
    Counter*& counter = unusual_[{std::string(column), std::string(kind)}];
    if (counter == nullptr) {
      Labels labels = labels_;
      labels["column"] = column;
      labels["kind"] = kind;
      counter = &all_.unusual.Add(labels);
    }
    counter->Increment(static_cast<double>(values));
  }

  void class_share(std::string_view name, double share) override {
    set(shares_, all_.shares, "class", name, share);
  }

 private:
  Counter* counter_of(unsigned code) {
    const std::lock_guard lock(mutex_);
    Counter*& counter = codes_[code];
    if (counter == nullptr) {
      Labels labels = labels_;
      labels["code"] = std::to_string(code);
      counter = &all_.requests.Add(labels);
      if (code == 200) fine_.store(counter, std::memory_order_release);
    }
    return counter;
  }

  void set(std::map<std::string, Gauge*, std::less<>>& gauges, Family<Gauge>& family,
           const char* label, std::string_view name, double value) {
    const std::lock_guard lock(mutex_);
    auto place = gauges.find(name);
    if (place == gauges.end()) {
      Labels labels = labels_;
      labels[label] = name;
      place = gauges.emplace(name, &family.Add(labels)).first;
    }
    place->second->Set(value);
  }

  ServerMetrics::State& all_;
  Labels labels_;
  Histogram& total_;
  Histogram& queue_;
  Histogram& decode_;
  Histogram& infer_;
  Gauge& ready_;
  std::mutex mutex_;
  std::atomic<Counter*> fine_{nullptr};
  std::map<unsigned, Counter*> codes_;
  Histogram* batches_ = nullptr;
  Counter* shadow_rows_ = nullptr;
  Counter* shadow_labels_ = nullptr;
  Gauge* shadow_gap_ = nullptr;
  std::map<std::string, Gauge*, std::less<>> psi_;
  std::map<std::string, Gauge*, std::less<>> shares_;
  std::map<std::pair<std::string, std::string>, Counter*> unusual_;  ///< by column and kind
};

ServerMetrics::ServerMetrics() : state_(std::make_unique<State>()) {
  state_->process_start.Add({}).Set(start_time());
  state_->build.Add({{"version", kVersion}}).Set(1);
}
ServerMetrics::~ServerMetrics() = default;

std::shared_ptr<ModelMetrics> ServerMetrics::of_model(const std::string& name,
                                                      std::uint64_t version) {
  // A version that is reloaded shares the counters of the old instance while that still serves.
  const std::lock_guard lock(state_->versions_mutex);
  std::erase_if(state_->versions, [](const auto& entry) { return entry.second.expired(); });
  auto& known = state_->versions[{name, version}];
  auto metrics = known.lock();
  if (!metrics) known = metrics = std::make_shared<VersionMetrics>(*state_, name, version);
  return metrics;
}

void ServerMetrics::answered(unsigned code) { state_->http_code(code).Increment(); }
void ServerMetrics::connected(int change) { state_->connections.Increment(change); }
void ServerMetrics::rejected(std::string_view reason) {
  if (reason == "overloaded")
    return state_->overloaded.Increment();  // no look-up of the label on the overload path
  state_->rejects.Add({{"reason", std::string(reason)}}).Increment();
}
void ServerMetrics::queued(int change) { state_->queue_length.Increment(change); }
void ServerMetrics::loaded(const std::string& model, bool good, Duration time) {
  state_->loads.Add({{"model", model}, {"result", good ? "ok" : "failed"}}).Increment();
  state_->load_times.Add({{"model", model}}).Set(seconds_of(time));
}
void ServerMetrics::fault(const std::string& model, bool is_there) {
  state_->faults.Add({{"model", model}}).Set(is_there ? 1 : 0);
}
void ServerMetrics::unloaded(const std::string& model) {
  state_->faults.Remove(&state_->faults.Add({{"model", model}}));
}
void ServerMetrics::predictions_lost(std::size_t rows) {
  state_->predictions_lost.Increment(static_cast<double>(rows));
}

void ServerMetrics::spans(std::size_t sent, std::size_t dropped) {
  if (sent > 0) {
    state_->span_counts.Add({{"result", "sent"}}).Increment(static_cast<double>(sent));
  }
  if (dropped > 0) {
    state_->span_counts.Add({{"result", "dropped"}}).Increment(static_cast<double>(dropped));
  }
}

std::string ServerMetrics::text() const {
  const std::lock_guard lock(state_->scrape);
  state_->read_process();
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace vitrine::telemetry
