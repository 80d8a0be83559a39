# cmake -DOUT=FILE.h -DSOURCE=DIR -P build_id.cmake: kBuildId, the hash of all headers of the sources. A program and a module of one
# build id agree on every type that passes between them.
file(GLOB_RECURSE headers RELATIVE ${SOURCE} ${SOURCE}/*.h)
list(SORT headers)
set(hashes "")
foreach(header IN LISTS headers)
  file(SHA256 ${SOURCE}/${header} hash)
  string(APPEND hashes "${header} ${hash}\n")
endforeach()
string(SHA256 id "${hashes}")
string(SUBSTRING ${id} 0 16 id)
file(CONFIGURE OUTPUT ${OUT} CONTENT "// The hash of all headers; written by cmake/build_id.cmake.
#pragma once

namespace vitrine {
inline constexpr const char* kBuildId = \"@id@\";
}
" @ONLY)
