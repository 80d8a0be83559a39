#include "data/spreadsheet/xml.h"

#include <expat.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "base/error.h"

namespace vitrine::data {
namespace {

/// The state of a reading. No exception may pass through expat, which is C: the first one is kept,
/// and the reading ends.
struct Reading {
  const XmlEvents& events;
  const std::string& where;
  XML_Parser parser;
  std::exception_ptr failure = {};

  template <typename Call>
  void run(const Call& call) {
    if (failure) return;
    try {
      call();
    } catch (...) {
      failure = std::current_exception();
      XML_StopParser(parser, XML_FALSE);
    }
  }
};

void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
  auto& reading = *static_cast<Reading*>(data);
  reading.run([&] { reading.events.start(local_name(name), XmlAttributes(attributes)); });
}

void on_end(void* data, const XML_Char* name) {
  auto& reading = *static_cast<Reading*>(data);
  reading.run([&] { reading.events.end(local_name(name)); });
}

void on_text(void* data, const XML_Char* text, int size) {
  auto& reading = *static_cast<Reading*>(data);
  reading.run([&] { reading.events.text({text, static_cast<std::size_t>(size)}); });
}

/// A document with a type may declare entities, which grow: no spreadsheet has one.
void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  auto& reading = *static_cast<Reading*>(data);
  reading.run([&reading] {
    throw Error(ErrorKind::bad_input, "the XML declares a document type", reading.where,
                "save the sheet as CSV (UTF-8)");
  });
}

}  // namespace

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view XmlAttributes::get(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == pair[0]) return pair[1];
  }
  return {};
}

std::string_view XmlAttributes::get_local(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == local_name(pair[0])) return pair[1];
  }
  return {};
}

void read_xml(std::string_view document, const XmlEvents& events, const std::string& where) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  if (parser == nullptr) {
    throw Error(ErrorKind::failed, "expat can't be started", "memory", "free some memory");
  }
  Reading reading{events, where, parser.get()};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  constexpr std::size_t kBlock = std::size_t{16} << 20;  // expat counts bytes as int
  for (std::size_t at = 0; at == 0 || at < document.size(); at += kBlock) {
    const std::string_view block = document.substr(at, kBlock);
    const bool last = at + kBlock >= document.size();
    const XML_Status status =
        XML_Parse(parser.get(), block.data(), static_cast<int>(block.size()), last ? 1 : 0);
    if (reading.failure) std::rethrow_exception(reading.failure);
    if (status != XML_STATUS_OK) {
      throw Error(ErrorKind::bad_input,
                  std::string("the spreadsheet is damaged: ") +
                      XML_ErrorString(XML_GetErrorCode(parser.get())),
                  where + ", line " + std::to_string(XML_GetCurrentLineNumber64(parser.get())),
                  "open and save it again, or save the sheet as CSV (UTF-8)");
    }
  }
}

}  // namespace vitrine::data
