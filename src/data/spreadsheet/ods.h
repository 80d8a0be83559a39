// Spreadsheets of LibreOffice: OpenDocument 1.3, part 3, chapter 9.
#pragma once

#include <string>

#include "data/table/format_modules.h"
#include "data/table/zip.h"

namespace vitrine::data {

/// The sheet called `sheet`; if that is empty, the first one that has cells, a visible one
/// if possible. Throws
/// Error(bad_input), and Error(usage) for an unknown sheet.
SheetText read_ods(const ZipFile& zip, const std::string& where, const std::string& sheet);

}  // namespace vitrine::data
