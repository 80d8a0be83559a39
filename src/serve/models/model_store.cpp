// Plan of the file:
// 1. Helpers: Stamp (detects a changed file without reading it), which files of a folder are
//    models, and hints for those that are not.
// 2. VersionSlot and ServedEntry: the mutable state of a file and of a model. Once watch() was
//    called, only the store's thread uses them.
// 3. ModelStore::State: find_in_folder() compares the folder with the entries, load_version() loads
//    one file beside the serving version, publish() makes a new Catalogue, which requests read
//    through an atomic pointer. run() is the thread: it waits for inotify, posted work or the poll.
// 4. ModelStore forwards its calls to the thread (post()); only catalogue(), ready() and route()
//    act on the caller's thread.
#include "serve/models/model_store.h"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/part_file.h"
#include "base/text.h"

namespace vitrine::serve {
namespace {

namespace fs = std::filesystem;

/// A file that has not changed for this time is assumed to be completely written.
constexpr auto kQuiet = std::chrono::milliseconds(40);

/// Identifies a state of a file without reading it.
struct Stamp {
  dev_t device = 0;
  ino_t file = 0;
  off_t size = -1;
  std::int64_t changed = 0;    ///< nanoseconds since 1970
  std::int64_t signature = 0;  ///< the same of the file's signature; 0: none
  bool operator==(const Stamp&) const = default;
};

std::int64_t changed_at(const struct stat& info) {
  return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
}

std::optional<Stamp> stamp_of(const fs::path& path) {
  struct stat info{};
  struct stat signature{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const bool is_signed = ::stat((path.string() + ".sig").c_str(), &signature) == 0;
  return Stamp{info.st_dev, info.st_ino, info.st_size, changed_at(info),
               is_signed ? changed_at(signature) : 0};
}

bool just_changed(const Stamp& stamp) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto age = now - stamp.changed;
  return age >= 0 && age < std::chrono::nanoseconds(kQuiet).count();
}

std::optional<std::uint64_t> version_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

/// The entries of a folder. Never throws: `code` is the error of reading the folder.
std::vector<fs::directory_entry> items_of(const fs::path& folder, std::error_code& code) {
  std::vector<fs::directory_entry> items;
  for (fs::directory_iterator item(folder, code), end; !code && item != end; item.increment(code)) {
    items.push_back(*item);
  }
  return items;
}

std::vector<fs::directory_entry> items_of(const fs::path& folder) {
  std::error_code ignored;
  return items_of(folder, ignored);
}

bool is_folder(const fs::directory_entry& item) {
  std::error_code ignored;  // a dangling link is not a folder
  return item.is_directory(ignored);
}

std::vector<fs::path> onnx_files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& file : items_of(folder)) {
    const std::string name = file.path().filename();
    if (file.path().extension() == ".onnx" && !name.starts_with('.')) found.push_back(file.path());
  }
  return found;
}

/// `model.onnx` of a folder, else its only .onnx file.
std::optional<fs::path> model_in(const fs::path& folder) {
  std::error_code code;
  if (fs::is_regular_file(folder / "model.onnx", code)) return folder / "model.onnx";
  const auto found = onnx_files_in(folder);
  return found.size() == 1 ? std::optional(found[0]) : std::nullopt;
}

/// Files that usually lie beside models; they are skipped without a warning.
bool is_companion(const fs::path& path) {
  static const std::set<std::string> kKinds = {".sig",   ".md",   ".txt",  ".rst", ".html",
                                               ".pbtxt", ".json", ".yaml", ".yml"};
  const std::string name = path.filename().string();
  return name.starts_with('.') || kKinds.contains(lower_ascii(path.extension().string())) ||
         name == "LICENSE" || name == "README" || name == "lost+found";
}

/// Why a file in the folder of models can't be served, and what to do; empty if it can.
std::string why_no_model(const fs::path& path) {
  const std::string kind = path.extension().string();
  const std::string lower = lower_ascii(kind);
  if (lower == ".pkl" || lower == ".pickle" || lower == ".bin" || lower == ".joblib") {
    return "it is not an ONNX file: vitrine import FILE -o NAME.onnx converts a pickle";
  }
  if (lower != ".onnx") return "it is not an .onnx file";
  if (kind != ".onnx") return "its name must end in .onnx, in lower-case letters: rename it";
  if (!is_model_name(path.stem().string())) {
    return "a model name may contain only letters, digits, '.', '_' and '-': rename it";
  }
  return {};
}

/// Why no model was found in a subfolder of the folder of models, and what to do.
std::string why_no_models(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!is_model_name(name)) {
    return "a model name may contain only letters, digits, '.', '_' and '-': rename the folder";
  }
  const auto describe = [](const fs::path& where) -> std::string {
    const std::size_t files = onnx_files_in(where).size();
    return files == 0 ? "there is no .onnx file in it"
                      : "there are " + std::to_string(files) +
                            " .onnx files in it: keep one, or name one model.onnx";
  };
  for (const auto& item : items_of(folder)) {
    if (!is_folder(item) || item.path().filename().string().starts_with('.')) continue;
    const std::string version = item.path().filename().string();
    if (!version_of(version)) {
      return "the name of a version folder must be a whole number from 1 on, not '" +
             shown(version) + "': rename it, such as to 1";
    }
    return "version " + version + ": " + describe(item.path());
  }
  return describe(folder);
}

/// One model file, its last load and the version that serves.
struct VersionSlot {
  fs::path path;
  std::uint64_t version = 0;           ///< 0: numbered by loads
  std::optional<Stamp> tried;          ///< the state of the file at the last attempt to load it
  std::string fault;                   ///< why that attempt failed; empty: it did not
  std::shared_ptr<ServedModel> model;  ///< the last version that loaded; may be null
};

/// A model name with its files.
struct ServedEntry {
  std::string name;
  bool named = false;  ///< on the command line: stays loaded even if its file disappears
  bool unloaded = false;
  std::uint64_t loads = 0;
  std::vector<VersionSlot> versions;
  std::shared_ptr<std::atomic<std::uint64_t>> turns =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name[0] != '.' && name[0] != '-' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

void check_routing(const CatalogueEntry& entry, const Routing& routing) {
  std::vector<std::string> versions;
  for (const auto& [number, model] : entry.versions) versions.push_back(std::to_string(number));
  const auto check = [&](std::uint64_t version, const std::string& what) {
    if (version == 0 || entry.versions.contains(version)) return;
    throw Error(ErrorKind::bad_input,
                what + " refers to version " + std::to_string(version) + ", which is not loaded",
                "the model '" + entry.name + "'", "its versions are " + listed(versions));
  };
  check(routing.canary, "the canary");
  check(routing.shadow, "the shadow");
  for (const auto& [label, version] : routing.labels) check(version, "the label '" + label + "'");
  if (!(routing.canary_percent >= 0 && routing.canary_percent <= 100)) {
    throw Error(ErrorKind::bad_input, "the canary's share must be from 0 to 100 percent",
                "the model '" + entry.name + "'", "give a percentage such as 5");
  }
}

class ModelStore::State {
 public:
  State(StoreOptions options, const HostParts& parts, Say say)
      : options_(std::move(options)), parts_(parts), say_(std::move(say)) {
    for (const ModelFileName& file : options_.files) {
      ServedEntry& entry = entry_of(file.name);
      entry.named = true;
      entry.versions.push_back({file.path, file.version, {}, {}, {}});
    }
    for (ServedEntry& entry : entries_) {
      for (VersionSlot& slot : entry.versions) load_version(entry, slot, /*must=*/true);
    }
    if (options_.folder) find_in_folder();
    for (ServedEntry& entry : entries_) {
      for (VersionSlot& slot : entry.versions) {
        if (!slot.tried) load_version(entry, slot, /*must=*/false);
      }
      awaited_.insert(entry.name);
    }
    publish();
    for (const auto& [name, routing] : options_.routing) {
      const CatalogueEntry* entry = catalogue()->find(name);
      if (entry == nullptr) {
        throw Error(ErrorKind::usage, "there is no model '" + shown(name) + "'",
                    "--label, --canary or --shadow",
                    "the models are " + listed(catalogue()->names()));
      }
      check_routing(*entry, routing);
    }
  }

  ~State() { stop(); }

  void stop() {
    // Destroyed after the lock is released, because destructors may call back into the store.
    std::deque<std::function<void()>> undone;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    if (!thread_.joinable()) return;
    thread_.request_stop();
    wake();
    thread_.join();
    const std::lock_guard lock(mutex_);
    undone.swap(posted_);
    ::close(std::exchange(events_, -1));
    ::close(std::exchange(wake_, -1));
  }

  std::shared_ptr<const Catalogue> catalogue() const {
    return catalogue_.load(std::memory_order_acquire);
  }

  bool ready() const { return ready_; }

  void watch() {
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    events_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch_folders();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    posted_.push_back(std::move(work));
    wake();
  }

  void refresh(const std::function<void()>& done) {
    scan(/*forced=*/true);
    if (done) done();
  }

  void load(const std::string& name, const Done& done) {
    if (options_.folder) find_in_folder();
    const auto entry = std::ranges::find(entries_, name, &ServedEntry::name);
    if (entry == entries_.end()) {
      return done(Error(ErrorKind::bad_input, "there is no model '" + shown(name) + "'", "the path",
                        "the models are " + listed(catalogue()->names())));
    }
    entry->unloaded = false;
    watch_folders();
    std::string fault;
    for (VersionSlot& slot : entry->versions) {
      load_version(*entry, slot, false);
      if (!slot.fault.empty()) fault = slot.fault;
    }
    publish();
    if (fault.empty()) return done(std::nullopt);
    done(Error(ErrorKind::bad_input, "the model can't be loaded: " + fault,
               "the model '" + name + "'", "fix the file; the loaded versions keep serving"));
  }

  void unload(const std::string& name, const Done& done) {
    const auto entry = std::ranges::find(entries_, name, &ServedEntry::name);
    if (entry == entries_.end()) {
      return done(Error(ErrorKind::bad_input, "there is no model '" + shown(name) + "'", "the path",
                        "the models are " + listed(catalogue()->names())));
    }
    entry->unloaded = true;
    for (VersionSlot& slot : entry->versions) retire(std::exchange(slot.model, nullptr));
    say_("unloaded " + name);
    publish();
    done(std::nullopt);
  }

  void route(const std::string& name, const Routing& routing) {
    const auto now = catalogue();
    const CatalogueEntry* entry = now->find(name);
    if (entry == nullptr) {
      throw Error(ErrorKind::bad_input, "there is no model '" + shown(name) + "'", "the path",
                  "the models are " + listed(now->names()));
    }
    check_routing(*entry, routing);
    const std::lock_guard lock(publish_mutex_);
    options_.routing[name] = routing;
    Catalogue next = *catalogue();
    ++next.generation;
    for (CatalogueEntry& one : next.entries) {
      if (one.name == name) one.routing = routing;
    }
    catalogue_.store(std::make_shared<const Catalogue>(std::move(next)));
  }

 private:
  ServedEntry& entry_of(const std::string& name) {
    const auto place = std::ranges::find(entries_, name, &ServedEntry::name);
    if (place != entries_.end()) return *place;
    entries_.emplace_back();
    entries_.back().name = name;
    return entries_.back();
  }

  /// Updates the entries to the current content of the folder. Loads nothing.
  void find_in_folder() {
    std::map<std::string, std::vector<VersionSlot>> found;
    std::error_code code;
    auto items = items_of(*options_.folder, code);
    // Folders first: if a model has a folder and a bare file, the folder counts.
    std::ranges::stable_partition(items, is_folder);
    for (const auto& item : items) {
      const fs::path& path = item.path();
      const std::string file = path.filename();
      if (file.starts_with('.')) continue;
      if (is_folder(item)) {
        auto versions = is_model_name(file) ? versions_in(path) : std::vector<VersionSlot>();
        if (versions.empty()) {
          skip(path, why_no_models(path));
          continue;
        }
        found[file] = std::move(versions);
        name_odd_versions(path);
      } else if (const std::string why = why_no_model(path); !why.empty()) {
        if (!is_companion(path)) skip(path, why);
      } else if (found.contains(path.stem())) {
        skip(path, "there is a folder with the same name: put the file there as a version");
      } else {
        found[path.stem()].push_back({path, 0, {}, {}, {}});
      }
    }
    if (code) {
      if (std::exchange(folder_fault_, code.message()) != code.message()) {
        say_("warning: the folder " + options_.folder->string() +
             " can't be read: " + code.message());
      }
      return;  // an unreachable disk must not unload models
    }
    folder_fault_.clear();
    for (auto& [name, versions] : found) {
      ServedEntry& entry = entry_of(name);
      if (!entry.named) merge(entry, std::move(versions));
    }
    for (ServedEntry& entry : entries_) {
      if (!entry.named && !found.contains(entry.name)) merge(entry, {});
    }
    std::erase_if(entries_, [this](const ServedEntry& entry) {
      if (entry.named || !entry.versions.empty()) return false;
      say_("unloaded " + entry.name + ": its files were deleted");
      parts_.metrics.unloaded(entry.name);
      awaited_.erase(entry.name);
      return true;
    });
  }

  /// Logs once that a file or folder is not served.
  void skip(const fs::path& path, const std::string& why) {
    if (!skipped_.insert(path.string() + why).second) return;
    say_("warning: " + shown(path.string(), 300) + " is skipped: " + why);
  }

  /// Logs subfolders of a served model that are not versions.
  void name_odd_versions(const fs::path& folder) {
    for (const auto& item : items_of(folder)) {
      const std::string name = item.path().filename().string();
      if (!is_folder(item) || name.starts_with('.')) continue;
      if (!version_of(name)) {
        skip(item.path(),
             "the name of a version folder must be a whole number from 1 on: rename it");
      } else if (!model_in(item.path())) {
        const std::size_t files = onnx_files_in(item.path()).size();
        skip(item.path(), files == 0 ? "there is no .onnx file in it"
                                     : "there are several .onnx files in it: keep one, or "
                                       "name one model.onnx");
      }
    }
  }

  std::vector<VersionSlot> versions_in(const fs::path& folder) const {
    std::vector<VersionSlot> versions;
    for (const auto& item : items_of(folder)) {
      const auto version = version_of(item.path().filename());
      if (!version || !is_folder(item)) continue;
      if (const auto file = model_in(item.path()))
        versions.push_back({*file, *version, {}, {}, {}});
    }
    std::ranges::sort(versions, std::greater(), &VersionSlot::version);
    // Keep the newest ones, and those that labels, canary and shadow refer to.
    std::set<std::uint64_t> named;
    const std::lock_guard lock(publish_mutex_);
    if (const auto routing = options_.routing.find(folder.filename());
        routing != options_.routing.end()) {
      named = {routing->second.canary, routing->second.shadow};
      for (const auto& [label, version] : routing->second.labels) named.insert(version);
    }
    std::size_t place = 0;
    std::erase_if(versions, [&](const VersionSlot& slot) {
      return place++ >= options_.versions && !named.contains(slot.version);
    });
    if (versions.empty()) {
      if (const auto file = model_in(folder)) versions.push_back({*file, 0, {}, {}, {}});
    }
    return versions;
  }

  /// Replaces the slots of an entry. The state of files that were there before is kept.
  void merge(ServedEntry& entry, std::vector<VersionSlot> versions) {
    for (VersionSlot& slot : versions) {
      const auto same = std::ranges::find_if(entry.versions, [&](const VersionSlot& old) {
        return old.version == slot.version && old.path == slot.path;
      });
      if (same != entry.versions.end()) slot = std::move(*same);
    }
    std::swap(entry.versions, versions);
    for (VersionSlot& gone : versions) retire(std::move(gone.model));
  }

  /// Loads the file of a slot while its current model serves, and replaces the model on success.
  /// `must`: failures are thrown, else logged and stored in the slot.
  void load_version(ServedEntry& entry, VersionSlot& slot, bool must) {
    const Time began = parts_.scheduler.time().now();
    slot.tried = stamp_of(slot.path).value_or(Stamp{});
    const std::uint64_t version = slot.version > 0 ? slot.version : entry.loads + 1;
    const std::string what = entry.name + " version " + std::to_string(version);
    try {
      std::string bytes = read_file(slot.path, model::kMaxModelBytes, "the model file");
      if (options_.check) options_.check(slot.path, bytes);
      if (slot.model &&
          slot.model->digest == sha256_hex(bytes)) {  // touched, or replaced by an equal file
        slot.fault.clear();
        return;
      }
      const auto batches = options_.model_batches.find(entry.name);
      auto model = std::make_shared<ServedModel>(
          entry.name, version, model::parse_model(std::move(bytes), slot.path.string()),
          batches != options_.model_batches.end() ? batches->second : options_.batches, parts_);
      if (started_) model->prepare_for_load();
      if (model->tensors) {
        for (const std::string& one : model->tensors->warnings()) {
          say_("warning: " + what + ": " + one);
        }
      }
      const bool first = slot.model == nullptr;
      if (!first) say_columns(*slot.model, *model);
      retire(std::exchange(slot.model, model));
      slot.fault.clear();
      ++entry.loads;
      const Duration took = parts_.scheduler.time().now() - began;
      parts_.metrics.loaded(entry.name, true, took);
      if (started_) {
        say_((first ? "loaded " : "reloaded ") + what + " (sha256 " + model->digest.substr(0, 16) +
             ") in " +
             std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) +
             " ms");
      }
    } catch (const Error& error) {
      if (must) throw;
      fail(entry, slot, what, error.message, began);
    } catch (const std::exception& problem) {
      fail(entry, slot, what, shown(problem.what(), 200), began);
    }
  }

  void fail(const ServedEntry& entry, VersionSlot& slot, const std::string& what,
            const std::string& why, Time began) {
    slot.fault = why;
    parts_.metrics.loaded(entry.name, false, parts_.scheduler.time().now() - began);
    say_("error: " + what + " can't be loaded: " + why + "\n  where: " + slot.path.string() +
         "\n  hint: " +
         (slot.model ? "version " + std::to_string(slot.model->version) +
                           " keeps serving; replace the file by a valid one"
                     : "replace the file by a valid one, or delete it"));
  }

  /// Warns about a reload that changes columns or classes: it is allowed, but may break clients.
  void say_columns(const ServedModel& before, const ServedModel& after) const {
    if (!before.card || !after.card) return;
    if (before.card->schema.names() != after.card->schema.names() ||
        before.card->schema.target.class_names() != after.card->schema.target.class_names()) {
      say_("warning: the new version of " + after.name + " has other columns or other classes");
    }
  }

  /// Loads new and changed files. `forced`: also files that failed before, and files that may still
  /// be being written. Only on the store's thread.
  void scan(bool forced) {
    if (options_.folder) find_in_folder();
    watch_folders();
    again_soon_ = false;
    bool changed = false;
    for (ServedEntry& entry : entries_) {
      for (VersionSlot& slot : entry.versions) {
        if (entry.unloaded) continue;
        const auto stamp = stamp_of(slot.path);
        if (!stamp || (slot.tried == stamp && !(forced && !slot.fault.empty()))) continue;
        if (just_changed(*stamp) && !forced) {  // it may still be being written
          again_soon_ = true;
          continue;
        }
        load_version(entry, slot, false);
        changed = true;
      }
    }
    publish();
    if (changed) let_go();
  }

  /// Publishes a new catalogue of all loaded versions and updates readiness.
  void publish() {
    const std::lock_guard lock(publish_mutex_);
    const auto before = catalogue();
    Catalogue next;
    next.generation = before ? before->generation + 1 : 1;
    bool all_ready = true;
    bool any_ready = options_.allow_empty;
    for (const ServedEntry& served : entries_) {
      CatalogueEntry entry;
      entry.name = served.name;
      entry.turns = served.turns;
      const auto routing = options_.routing.find(served.name);
      if (routing != options_.routing.end()) entry.routing = routing->second;
      for (const VersionSlot& slot : served.versions) {
        if (slot.model) entry.versions.emplace(slot.model->version, slot.model);
        if (!slot.fault.empty()) entry.fault = slot.fault;
      }
      if (entry.versions.empty() && awaited_.contains(served.name) && !served.unloaded)
        all_ready = false;
      any_ready = any_ready || (!entry.versions.empty() && !served.unloaded);
      parts_.metrics.fault(served.name, !entry.fault.empty());
      if (!served.unloaded) next.entries.push_back(std::move(entry));
    }
    catalogue_.store(std::make_shared<const Catalogue>(std::move(next)));
    started_ = true;
    // Once ready, a broken model that is added later does not make the server unready.
    if (all_ready) awaited_.clear();
    ready_ = any_ready && awaited_.empty();
  }

  /// Prepares the models of the start for load. It is done after the start, so that the server is
  /// ready earlier.
  void prepare_for_load() const {
    for (const ServedEntry& entry : entries_) {
      for (const VersionSlot& slot : entry.versions) {
        try {
          if (slot.model) slot.model->prepare_for_load();
        } catch (const std::exception& problem) {  // requests that need it will get the error too
          say_("warning: " + entry.name +
               " could not be prepared for load: " + shown(problem.what(), 200));
        }
      }
    }
  }

  /// Keeps an old version until no request uses it; let_go() then destroys it on this thread, so
  /// that no request pays for the destruction.
  void retire(std::shared_ptr<ServedModel> model) {
    if (model) retired_.push_back(std::move(model));
  }
  void let_go() {
    const auto gone = std::erase_if(
        retired_, [](const std::shared_ptr<ServedModel>& model) { return model.use_count() == 1; });
    if (gone > 0) ::malloc_trim(0);
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  /// Adds inotify watches for all folders of models. Adding an existing watch has no effect.
  void watch_folders() const {
    if (events_ < 0) return;
    std::set<fs::path> folders;
    if (options_.folder) {
      folders.insert(*options_.folder);
      for (const auto& item : items_of(*options_.folder)) {
        if (!is_folder(item)) continue;
        folders.insert(item.path());
        for (const auto& version : items_of(item.path())) {
          if (is_folder(version)) folders.insert(version.path());
        }
      }
    }
    for (const ServedEntry& entry : entries_) {
      for (const VersionSlot& slot : entry.versions) folders.insert(folder_of(slot.path));
    }
    for (const fs::path& path : options_.also_watched) folders.insert(folder_of(path));
    for (const fs::path& folder : folders) {
      ::inotify_add_watch(
          events_, folder.c_str(),
          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR);
    }
  }

  void run(const std::stop_token& stop) {
    bool prepared = false;  // prepare_for_load() was called
    while (!stop.stop_requested()) {
      pollfd files[] = {{wake_, POLLIN, 0}, {events_, POLLIN, 0}};
      const Duration pause =
          again_soon_ || !prepared ? Duration(kQuiet)
          : retired_.empty()       ? options_.poll
                             : std::min<Duration>(options_.poll, std::chrono::milliseconds(100));
      ::poll(
          files, 2,
          static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()));
      const bool told = drain(events_);
      drain(wake_);
      for (auto work = take_posted(); work; work = take_posted()) work();
      if (stop.stop_requested()) break;
      if (!std::exchange(prepared, true)) prepare_for_load();
      const bool due = parts_.scheduler.time().now() >= next_poll_;
      if (due) next_poll_ = parts_.scheduler.time().now() + options_.poll;
      if ((due || told) && options_.on_poll) options_.on_poll();
      try {
        if (told || again_soon_ || due) scan(false);
      } catch (const std::exception& problem) {  // probably out of memory; the models keep serving
        say_("error: the model files could not be checked: " + shown(problem.what(), 200));
      }
      let_go();
    }
  }

  static bool drain(int file) {
    char buffer[4096];
    bool any = false;
    while (::read(file, buffer, sizeof buffer) > 0) any = true;
    return any;
  }

  std::function<void()> take_posted() {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return {};
    auto work = std::move(posted_.front());
    posted_.pop_front();
    return work;
  }

  StoreOptions options_;
  HostParts parts_;
  Say say_;
  std::deque<ServedEntry> entries_;  ///< used only by the store's thread, once it runs
  std::set<std::string> awaited_;    ///< models of the start that have had no version yet
  std::string folder_fault_;         ///< why the folder could not be read the last time
  std::set<std::string> skipped_;    ///< logged warnings of skip()
  std::vector<std::shared_ptr<ServedModel>> retired_;
  bool started_ = false;     ///< the first catalogue was published
  bool again_soon_ = false;  ///< a file changed so recently that it may be incomplete
  Time next_poll_{};
  std::atomic<bool> ready_{false};
  std::atomic<std::shared_ptr<const Catalogue>> catalogue_;
  mutable std::mutex publish_mutex_;  ///< also guards options_.routing
  std::mutex mutex_;                  ///< guards posted_ and stopped_
  std::deque<std::function<void()>> posted_;
  bool stopped_ = false;
  int wake_ = -1;
  int events_ = -1;
  std::jthread thread_;
};

ModelStore::ModelStore(StoreOptions options, const HostParts& parts, Say say)
    : state_(std::make_unique<State>(std::move(options), parts, std::move(say))) {}
ModelStore::~ModelStore() = default;

std::shared_ptr<const Catalogue> ModelStore::catalogue() const { return state_->catalogue(); }
bool ModelStore::ready() const { return state_->ready(); }
void ModelStore::watch() { state_->watch(); }
void ModelStore::stop() { state_->stop(); }
void ModelStore::refresh(std::function<void()> done) {
  state_->post([this, done = std::move(done)] { state_->refresh(done); });
}
void ModelStore::load(const std::string& name, Done done) {
  state_->post([this, name, done = std::move(done)] { state_->load(name, done); });
}
void ModelStore::unload(const std::string& name, Done done) {
  state_->post([this, name, done = std::move(done)] { state_->unload(name, done); });
}
void ModelStore::route(const std::string& name, const Routing& routing) {
  state_->route(name, routing);
}

}  // namespace vitrine::serve
