// Workbooks of Excel and its kin: Office Open XML (ECMA-376, part 1, chapter 18).
#pragma once

#include <string>

#include "data/table/format_modules.h"
#include "data/table/zip.h"

namespace vitrine::data {

/// True if the zip file is a workbook.
bool is_xlsx(const ZipFile& zip);

/// The sheet called `sheet`; if that is empty, the first visible one that has cells. Dates are ISO
/// text, by the number formats of their cells. A formula is the value that was saved with it.
/// Throws Error(bad_input), and Error(usage) for an unknown sheet.
SheetText read_xlsx(const ZipFile& zip, const std::string& where, const std::string& sheet);

/// True if numbers of this format are dates: it has a day, month or year (18.8.30, 18.8.31).
bool is_date_format(std::string_view code);

}  // namespace vitrine::data
