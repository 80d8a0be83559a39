// Reads XML by events (expat).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace vitrine::data {

/// The attributes of an element, with the prefixes of namespaces. Views are valid in the call.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  /// The value of an attribute; empty if there is none.
  std::string_view get(std::string_view name) const;
  /// The same without regard to the prefix of the name: `id` finds `r:id`.
  std::string_view get_local(std::string_view name) const;

 private:
  const char** pairs_;
};

/// What to do with the parts of a document. Names of elements are without prefixes.
struct XmlEvents {
  std::function<void(std::string_view name, const XmlAttributes& attributes)> start;
  std::function<void(std::string_view name)> end;
  std::function<void(std::string_view text)> text;  ///< a piece of text; there may be several
};

/// Reads a document in UTF-8 or UTF-16. Throws Error(bad_input) for text that is not XML and for a
/// document type, which may declare entities, and what the events throw.
void read_xml(std::string_view document, const XmlEvents& events, const std::string& where);

/// The same with an object whose start(), end() and text() are called.
template <typename Reader>
void read_xml_into(Reader& reader, std::string_view document, const std::string& where) {
  read_xml(document,
           {[&](std::string_view name, const XmlAttributes& attributes) {
              reader.start(name, attributes);
            },
            [&](std::string_view name) { reader.end(name); },
            [&](std::string_view text) { reader.text(text); }},
           where);
}

/// Removes the prefix of a name: `x:row` is `row`.
std::string_view local_name(std::string_view name);

}  // namespace vitrine::data
