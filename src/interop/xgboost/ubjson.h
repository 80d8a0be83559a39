// A check of UBJSON (ubjson.org) before a parser that recurses and trusts its counts reads it.
#pragma once

#include <string_view>

namespace vitrine::interop {

/// Whether `bytes` begin with one well-formed value, nested at most 100 levels deep, whose counted
/// containers have at least a byte for each element.
bool is_sound_ubjson(std::string_view bytes);

}  // namespace vitrine::interop
