#include "curl/transfers.h"
#include "curl/trust.h"

#include <curl/curl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace vitrine {
namespace {

constexpr int kTries = 3;

/// One request, written to the end of an open file.
struct Transfer {
  const Download* what = nullptr;
  CURL* curl = nullptr;
  std::FILE* file = nullptr;
  std::uint64_t there = 0;  ///< bytes in the file
  bool begun = false;
  std::string fault;  ///< why our side stopped it
};

/// The first bytes: does the answer continue the file, or is it a whole one?
bool begin(Transfer& transfer) {
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.begun = true;
  if (status == 206 || transfer.there == 0) return true;
  transfer.there = 0;                                   // the server sends everything again
  return ::ftruncate(::fileno(transfer.file), 0) == 0;  // it is open for appending
}

std::size_t take(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (!transfer.begun && !begin(transfer)) return 0;
  if (transfer.there + bytes > transfer.what->bytes) {
    transfer.fault =
        "the server sends more than the file's " + std::to_string(transfer.what->bytes) + " bytes";
    return 0;
  }
  if (std::fwrite(data, 1, bytes, transfer.file) != bytes) {
    transfer.fault = "the disk is full, or can't be written";
    return 0;
  }
  transfer.there += bytes;
  if (transfer.what->progress) transfer.what->progress(transfer.there);
  return bytes;
}

std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return missing ? 0 : size;
}

/// Empty, or why it did not work; `final` where another try can't help.
std::string try_once(const Download& what, const std::filesystem::path& part, bool& final) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  const std::uint64_t there = size_of(part);
  if (there == what.bytes) return "";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(part.c_str(), there > what.bytes ? "wb" : "ab"), std::fclose);
  if (curl == nullptr || file == nullptr) {
    final = true;
    return "can't write " + part.string();
  }
  Transfer transfer{&what, curl.get(), file.get(), there > what.bytes ? 0 : there};
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR,
                   what.url.starts_with("https") ? "https" : "http,https");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  trust_named_certificates(c);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "vitrine");
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 20L);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1024L);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 30L);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  // Not RESUME_FROM, which refuses a server that sends everything again.
  const std::string range = std::to_string(transfer.there) + "-";
  if (transfer.there > 0) curl_easy_setopt(c, CURLOPT_RANGE, range.c_str());
  const CURLcode code = curl_easy_perform(c);
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && transfer.there == what.bytes) return "";
  if (!transfer.fault.empty()) {
    final = true;
    return transfer.fault;
  }
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    if (status == 416) {  // what is there is no beginning of that file
      std::error_code problem;
      std::filesystem::resize_file(part, 0, problem);
    }
    final = status != 416 && status != 429 && status < 500;
    return "the server answers " + std::to_string(status);
  }
  if (code == CURLE_OK) {
    return "the connection ended after " + std::to_string(transfer.there) + " of " +
           std::to_string(what.bytes) + " bytes";
  }
  return curl_easy_strerror(code);
}

/// The part becomes the file, if it is the right one.
void accept(const Download& what, const std::filesystem::path& part) {
  std::string found;
  {
    const MappedFile file(part);
    found = sha256_hex(file.text());
  }
  std::error_code problem;
  if (found != what.sha256) {
    std::filesystem::remove(part, problem);
    throw Error(ErrorKind::failed,
                "the file that came is not the one that was asked for: its SHA-256 is " + found +
                    ", not " + what.sha256,
                what.url, "try again later, or from another server; it was removed");
  }
  std::filesystem::rename(part, what.path, problem);
  if (problem) {
    throw Error(ErrorKind::failed, "the file can't be put in place: " + problem.message(),
                what.path.string(), "choose another folder by VITRINE_CACHE");
  }
}

}  // namespace

void curl_download(const Download& what) {
  std::error_code problem;
  std::filesystem::create_directories(what.path.parent_path(), problem);
  const std::filesystem::path part = what.path.string() + ".part";
  std::string fault;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::seconds(attempt));
    bool final = false;
    fault = try_once(what, part, final);
    if (fault.empty()) return accept(what, part);
    if (final) break;
  }
  throw Error(ErrorKind::failed, "the file can't be fetched: " + fault, what.url,
              "check the network and the proxy (https_proxy); what has come is kept, and the next "
              "try goes on from there");
}

}  // namespace vitrine
