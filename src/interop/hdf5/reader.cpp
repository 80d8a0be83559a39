#include "interop/hdf5/reader.h"

#include <hdf5.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "sandbox/sandbox.h"

namespace vitrine::interop {
namespace {

constexpr std::size_t kMostNumbers = std::size_t{256} << 20;
constexpr std::size_t kMostObjects = 200'000;
constexpr std::size_t kMostText = std::size_t{64} << 20;
constexpr unsigned kMostSeconds = 120;

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(ErrorKind::bad_input, "the HDF5 file " + what, where,
              "save the model again: model.save(\"model.keras\")");
}

// --- In the child -------------------------------------------------------------------------------

/// An identifier of HDF5, closed by `close`.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {
    if (id < 0) throw std::runtime_error("damaged");
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): as HDF5's are used

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void check(herr_t result) {
  if (result < 0) throw std::runtime_error("damaged");
}

void write_all(int file, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(file, at, size);
    if (written <= 0) throw std::length_error("memory");
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

class Visitor {
 public:
  /// The JSON header; the arrays' numbers are read again, one array after another, by write().
  void visit(hid_t file) {
    file_ = file;
    texts_ = Json::object();
    arrays_ = Json::array();
    check(H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_NATIVE, call, this, H5O_INFO_BASIC));
    if (problem_) std::rethrow_exception(problem_);
  }

  void write(int to) const {
    const std::string header = to_text(Json{{"texts", texts_}, {"arrays", arrays_}});
    const std::uint64_t size = header.size();
    write_all(to, &size, sizeof size);
    write_all(to, header.data(), header.size());
    std::vector<float> values;
    for (const auto& [path, count] : sizes_) {
      const Handle dataset(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
      values.resize(count);
      if (count > 0)
        check(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
      write_all(to, values.data(), count * sizeof(float));
    }
  }

 private:
  /// C code calls this: no exception may leave it.
  static herr_t call(hid_t, const char* name, const H5O_info2_t* info, void* self) {
    auto& visitor = *static_cast<Visitor*>(self);
    try {
      visitor.object(name, info->type);
      return 0;
    } catch (const std::exception&) {
      visitor.problem_ = std::current_exception();
      return 1;  // stops
    }
  }

  void object(std::string path, H5O_type_t type) {
    if (++objects_ > kMostObjects) throw std::length_error("objects");
    if (path == ".") path.clear();
    if (path.starts_with("optimizer")) return;
    if (type == H5O_TYPE_GROUP) attributes(path);
    if (type == H5O_TYPE_DATASET) dataset(path);
  }

  void dataset(const std::string& path) {
    const Handle dataset(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
    const Handle type(H5Dget_type(dataset), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) return;
    const Handle space(H5Dget_space(dataset), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0 || rank > 8) throw std::length_error("dimensions");
    std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
    if (rank > 0) check(H5Sget_simple_extent_dims(space, shape.data(), nullptr));
    const std::vector<std::int64_t> sides(shape.begin(), shape.end());
    const auto count = number_count(sides, kMostNumbers - numbers_);
    if (!count) throw std::length_error("numbers");
    numbers_ += *count;
    arrays_.push_back({{"path", path}, {"shape", shape}});
    sizes_.emplace_back(path, *count);
  }

  void attributes(const std::string& path) {
    const Handle group(
        path.empty() ? H5Oopen(file_, "/", H5P_DEFAULT) : H5Oopen(file_, path.c_str(), H5P_DEFAULT),
        H5Oclose);
    std::vector<std::string> names;
    check(H5Aiterate2(
        group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr,
        [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
          auto& all = *static_cast<std::vector<std::string>*>(out);
          all.emplace_back(name);
          return all.size() > 10'000 ? -1 : 0;
        },
        &names));
    for (const std::string& name : names) {
      const Handle attribute(H5Aopen(group, name.c_str(), H5P_DEFAULT), H5Aclose);
      if (auto texts = texts_of(attribute)) texts_[path][name] = std::move(*texts);
    }
  }

  /// The texts of an attribute; nullopt if it has another type.
  std::optional<std::vector<std::string>> texts_of(hid_t attribute) {
    const Handle type(H5Aget_type(attribute), H5Tclose);
    if (H5Tget_class(type) != H5T_STRING) return std::nullopt;
    const Handle space(H5Aget_space(attribute), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count < 0 || count > 1'000'000) throw std::length_error("attributes");
    const auto items = static_cast<std::size_t>(count);
    std::vector<std::string> out;
    if (H5Tis_variable_str(type) > 0) {
      std::vector<char*> pointers(items, nullptr);
      if (items > 0) check(H5Aread(attribute, type, pointers.data()));
      for (const char* text : pointers) out.emplace_back(text == nullptr ? "" : text);
      if (items > 0) check(H5Treclaim(type, space, H5P_DEFAULT, pointers.data()));
    } else {
      const std::size_t width = H5Tget_size(type);
      if (width == 0 || items > kMostText / width) throw std::length_error("attributes");
      std::string bytes(items * width, '\0');
      if (items > 0) check(H5Aread(attribute, type, bytes.data()));
      for (std::size_t i = 0; i < items; ++i) {
        const std::string_view one = std::string_view(bytes).substr(i * width, width);
        out.emplace_back(one.substr(0, one.find('\0')));
      }
    }
    for (const std::string& one : out) text_ += one.size();
    if (text_ > kMostText) throw std::length_error("text");
    return out;
  }

  hid_t file_ = -1;
  Json texts_, arrays_;
  std::vector<std::pair<std::string, std::size_t>> sizes_;
  std::size_t objects_ = 0, numbers_ = 0, text_ = 0;
  std::exception_ptr problem_;
};

void read_and_write(std::string_view bytes, int to) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(access, std::size_t{1} << 20, false));
  // The library copies the image: it takes a pointer to bytes that it may change.
  check(H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()));
  const Handle file(H5Fopen("image", H5F_ACC_RDONLY, access), H5Fclose);
  Visitor visitor;
  visitor.visit(file);
  visitor.write(to);
}

constexpr std::size_t memory_limit(std::size_t file) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0 * file;  // they reserve terabytes of addresses
#else
  return (std::size_t{4} << 30) + 4 * file;
#endif
}

/// Exit codes of the child.
enum : int { kDone, kDamaged, kTooLarge, kNoSandbox };

[[noreturn]] void child(std::string_view bytes, int to) {
  if (!sandbox::enter_reader_sandbox(memory_limit(bytes.size()), kMostSeconds)) _exit(kNoSandbox);
  try {
    read_and_write(bytes, to);
    _exit(kDone);
  } catch (const std::length_error&) {
    _exit(kTooLarge);
  } catch (const std::bad_alloc&) {
    _exit(kTooLarge);
  } catch (const std::exception&) {
    _exit(kDamaged);
  }
}

// --- In the parent ------------------------------------------------------------------------------

/// Waits for the child. Throws unless it did its work.
void wait_for(pid_t pid, const std::string& where) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) {
    refuse("can't be read: its reader was ended by signal " + std::to_string(WTERMSIG(status)),
           where);
  }
  switch (WEXITSTATUS(status)) {
    case kDone:
      return;
    case kTooLarge:
      refuse("is larger than models of Keras are (at most 256 M numbers)", where);
    case kNoSandbox:
      throw Error(ErrorKind::failed, "this kernel has no seccomp", where,
                  "HDF5 files are only read in a sandbox: import the model on another machine");
    default:
      refuse("is damaged", where);
  }
}

/// An open file without a name.
struct MemoryFile {
  int number = ::memfd_create("hdf5", MFD_CLOEXEC);
  MemoryFile() = default;
  ~MemoryFile() { ::close(number); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
};

}  // namespace

Hdf5File decode_reply(std::string_view reply, const std::string& where) {
  const auto broken = [&] { refuse("is damaged", where); };
  std::uint64_t header_size = 0;
  if (reply.size() < sizeof header_size) broken();
  std::memcpy(&header_size, reply.data(), sizeof header_size);
  reply.remove_prefix(sizeof header_size);
  if (header_size > reply.size()) broken();
  Hdf5File out;
  try {
    const Json header = Json::parse(reply.substr(0, header_size));
    reply.remove_prefix(header_size);
    for (const auto& [path, attributes] : header.at("texts").items()) {
      for (const auto& [name, texts] : attributes.items()) {
        out.texts[path][name] = texts.get<std::vector<std::string>>();
      }
    }
    for (const Json& one : header.at("arrays")) {
      Hdf5Array array;
      for (const Json& size : one.at("shape"))
        array.shape.push_back(whole_number<std::int64_t>(size));
      const auto known = number_count(array.shape, kMostNumbers);
      if (!known || *known > reply.size() / sizeof(float)) broken();
      const std::size_t count = known.value_or(0);
      array.values.resize(count);
      if (count > 0) std::memcpy(array.values.data(), reply.data(), count * sizeof(float));
      reply.remove_prefix(count * sizeof(float));
      out.arrays[one.at("path").get<std::string>()] = std::move(array);
    }
  } catch (const Json::exception&) {
    broken();
  }
  return out;
}

Hdf5File read_in_child(std::string_view bytes, const std::string& where) {
  H5open();  // in the parent, which may read files
  const MemoryFile reply;
  const pid_t pid = reply.number < 0 ? -1 : ::fork();
  if (pid < 0) {
    throw Error(ErrorKind::failed, "no process could be started", where, "try again");
  }
  if (pid == 0) child(bytes, reply.number);
  wait_for(pid, where);
  struct stat facts{};
  ::fstat(reply.number, &facts);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) refuse("is damaged", where);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, reply.number, 0);
  if (mapped == MAP_FAILED) refuse("does not fit into memory", where);
  const auto unmap = [&](const void*) { ::munmap(mapped, size); };
  const std::unique_ptr<void, decltype(unmap)> held(mapped, unmap);
  return decode_reply({static_cast<const char*>(mapped), size}, where);
}

}  // namespace vitrine::interop
