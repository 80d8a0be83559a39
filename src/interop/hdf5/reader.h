// Reads HDF5 files with HDF5's library in a child process that has no rights: its parser has a
// history of memory errors.
#pragma once

#include "interop/keras/hdf5_file.h"

namespace vitrine::interop {

/// See read_hdf5().
Hdf5File read_in_child(std::string_view bytes, const std::string& where);

/// What the child sends, or Error(bad_input): everything in it is checked, because a broken file
/// may have taken over the child. Format: the size of a JSON header (8 bytes), the header, and the
/// numbers of all arrays as floats.
Hdf5File decode_reply(std::string_view reply, const std::string& where);

}  // namespace vitrine::interop
