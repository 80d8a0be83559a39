#include "serve/api/photo_request.h"

#include <algorithm>
#include <atomic>

#include "base/base64.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/image/image.h"
#include "data/table/json_element.h"
#include "serve/api/http_error.h"

namespace vitrine::serve {
namespace {

Error malformed_form(const std::string& what) {
  return {ErrorKind::malformed, "the form can't be read: " + what, "the request",
          "send multipart/form-data with a file per photo, as curl -F image=@photo.jpg does"};
}

/// The boundary of a form: `abc` in `multipart/form-data; boundary="abc"`.
std::string boundary_of(std::string_view content_type) {
  const std::size_t at = lower_ascii(content_type).find("boundary=");
  if (at == std::string_view::npos) throw malformed_form("its boundary is missing");
  std::string_view value = content_type.substr(at + 9);
  value = value.starts_with('"') ? value.substr(1, value.find('"', 1) - 1)
                                 : trimmed(value.substr(0, value.find(';')));
  if (value.empty() || value.size() > 70) throw malformed_form("its boundary is empty or too long");
  return std::string(value);
}

struct PartHead {
  bool is_file = false;
  std::string file_name;
};

/// Reads the parameters of Content-Disposition (RFC 7578, 4.2): `; filename="a.jpg"`, or
/// `filename*=`.
void read_disposition(std::string_view line, PartHead& head) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '\\' && quoted)
      ++i;
    else if (i < line.size() && line[i] == '"')
      quoted = !quoted;
    if (i < line.size() && (line[i] != ';' || quoted)) continue;
    const std::string_view parameter = trimmed(line.substr(begin, i - begin));
    const std::string name = lower_ascii(trimmed(parameter.substr(0, parameter.find('='))));
    if (name == "filename" || name == "filename*") {
      head.is_file = true;
      std::string_view value =
          parameter.substr(std::min(parameter.size(), parameter.find('=') + 1));
      if (value.starts_with('"')) value = value.substr(1, value.rfind('"') - 1);
      head.file_name = value;
    }
    begin = i + 1;
  }
}

PartHead head_of_part(std::string_view header) {
  PartHead head;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(header.size(), end + 2));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = lower_ascii(trimmed(line.substr(0, colon)));
    const std::string_view value = line.substr(std::min(line.size(), colon + 1));
    if (name == "content-disposition") read_disposition(value, head);
    if (name == "content-type" && lower_ascii(trimmed(value)).starts_with("image/")) {
      head.is_file = true;
    }
  }
  return head;
}

/// The parts that are files (RFC 7578), in order.
std::vector<std::string_view> photos_of_form(std::string_view content_type, std::string_view body) {
  std::vector<std::string_view> photos;
  bool unfilled = false;
  const std::string border = "--" + boundary_of(content_type);
  std::size_t at = body.find(border);
  while (at != std::string_view::npos) {
    at += border.size();
    if (body.substr(at).starts_with("--")) break;
    const std::size_t end_of_line = body.find("\r\n", at);
    const std::size_t end_of_header =
        end_of_line == std::string_view::npos ? end_of_line : body.find("\r\n\r\n", end_of_line);
    const std::size_t next = end_of_header == std::string_view::npos
                                 ? end_of_header
                                 : body.find("\r\n" + border, end_of_header + 2);
    if (next == std::string_view::npos) throw malformed_form("a part has no end");
    const std::size_t start = end_of_header + 4;
    const std::string_view content =
        start <= next ? body.substr(start, next - start) : std::string_view();
    const PartHead head = head_of_part(body.substr(end_of_line, end_of_header - end_of_line));
    at = next + 2;
    if (!head.is_file) continue;
    if (content.empty() && head.file_name.empty()) {  // a file field without a chosen file
      unfilled = true;
      continue;
    }
    photos.push_back(content);
  }
  if (photos.empty()) {
    throw malformed_form(unfilled ? "no file was chosen" : "there is no file in it");
  }
  return photos;
}

/// Fetches a photo. A fetch blocks a worker, so at most all cores but one fetch at a time.
std::string fetch_in_turn(const std::string& url, const net::FetchPolicy& urls) {
  static std::atomic<std::size_t> running{0};
  struct Turn {
    std::size_t before = running++;
    ~Turn() { --running; }
  } const turn;
  if (turn.before >= std::max<std::size_t>(1, core_count() - 1)) {
    throw HttpError(503, "too many photos are being fetched", "url",
                    "retry in a moment, or send the photo itself");
  }
  return net::fetch(url, urls);
}

std::string photo_of_json(std::string_view body, const net::FetchPolicy& urls) {
  data::JsonParser parser;
  simdjson::dom::object json;
  const bool is_object = parser.parse(body).get(json) == simdjson::SUCCESS;
  std::string_view text;
  if (is_object && json["image"].error() && !json["url"].error()) {
    if (json["url"].get(text)) {
      throw Error(ErrorKind::bad_input, "'url' is not a text", "the request",
                  R"(send {"url": "https://..."}, or the photo itself)", "url");
    }
    return fetch_in_turn(std::string(text), urls);
  }
  if (!is_object || json["image"].get(text)) {
    throw Error(ErrorKind::bad_input, "there is no text 'image' in the JSON", "the request",
                R"(send {"image": "<base64>"}, or the photo itself with its content type)",
                "image");
  }
  auto bytes = decode_base64(text);
  if (!bytes) {
    throw Error(ErrorKind::bad_input, "'image' is not base64", "the request",
                "encode the photo's bytes as base64, without a data: prefix", "image");
  }
  return std::move(*bytes);
}

}  // namespace

void check_photo_type(std::string_view type) {
  if (type.empty() || type.starts_with("image/") || type == "application/octet-stream" ||
      type == "multipart/form-data" || type == "application/json") {
    return;
  }
  throw HttpError(415, "this model does not accept the content type '" + shown(type) + "'",
                  "Content-Type",
                  "send the photo (" + data::format_names() +
                      ") with 'Content-Type: image/jpeg' or the like, a form with a file, or "
                      "{\"image\": \"<base64>\"}");
}

std::vector<std::string_view> photos_of_request(std::string_view type,
                                                std::string_view content_type,
                                                std::string_view body, const net::FetchPolicy& urls,
                                                std::string& decoded) {
  check_photo_type(type);
  if (type == "multipart/form-data") return photos_of_form(content_type, body);
  if (type == "application/json") return {decoded = photo_of_json(body, urls)};
  return {body};
}

}  // namespace vitrine::serve
