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

namespace vitrine::curl {
namespace {

constexpr int kTries = 3;

/// One request, written to the end of an open file.
struct Transfer {
  const net::Download* what = nullptr;
  CURL* curl = nullptr;
  std::FILE* file = nullptr;
  std::uint64_t there = 0;  ///< bytes in the file
  bool begun = false;
  std::string fault;  ///< why the callback stopped the transfer; empty if it did not
};

/// Called for the first bytes of a response. The server may ignore the Range header and send the
/// whole file (200 instead of 206): empties the partial file then. False if that fails.
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
        "the server sent more than the expected " + std::to_string(transfer.what->bytes) + " bytes";
    return 0;
  }
  if (std::fwrite(data, 1, bytes, transfer.file) != bytes) {
    transfer.fault = "the disk is full or can't be written to";
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

/// Makes one attempt. Returns an empty string, or why it failed; sets `final` if another attempt
/// would fail too.
std::string try_once(const net::Download& what, const std::filesystem::path& part, bool& final) {
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
  // Not CURLOPT_RESUME_FROM: it fails if the server ignores the range and sends the whole file.
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
    if (status == 416) {  // the range is invalid: the partial file belongs to another file
      std::error_code problem;
      std::filesystem::resize_file(part, 0, problem);
    }
    final = status != 416 && status != 429 && status < 500;
    return "the server returned " + std::to_string(status);
  }
  if (code == CURLE_OK) {
    return "the connection ended after " + std::to_string(transfer.there) + " of " +
           std::to_string(what.bytes) + " bytes";
  }
  return curl_easy_strerror(code);
}

/// Renames the partial file if its SHA-256 is right; removes it otherwise.
void accept(const net::Download& what, const std::filesystem::path& part) {
  std::string found;
  {
    const MappedFile file(part);
    found = sha256_hex(file.text());
  }
  std::error_code problem;
  if (found != what.sha256) {
    std::filesystem::remove(part, problem);
    throw Error(ErrorKind::failed,
                "the downloaded file has the SHA-256 " + found + ", not " + what.sha256, what.url,
                "try again later or from another server; the file was removed");
  }
  std::filesystem::rename(part, what.path, problem);
  if (problem) {
    throw Error(ErrorKind::failed, "the file can't be renamed: " + problem.message(),
                what.path.string(), "choose another folder with VITRINE_CACHE");
  }
}

}  // namespace

void curl_download(const net::Download& what) {
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
  throw Error(ErrorKind::failed, "the file can't be downloaded: " + fault, what.url,
              "check the network and the proxy (https_proxy); the next attempt resumes the "
              "download");
}

}  // namespace vitrine::curl
