// Workbooks of Excel and its kin: Office Open XML (ECMA-376, part 1, chapter 18).
#pragma once

#include <string>

#include "data/table/format_modules.h"
#include "data/table/zip.h"

namespace vitrine::data {

/// True if a workbook (is_workbook()) is one of Excel.
bool is_xlsx(const ZipFile& zip);

/// The sheet called `sheet`; if that is empty, the first one that has cells, a visible one if
/// possible. Dates are ISO text, by the number formats of their cells. A formula is the value that
/// was saved with it. Throws Error(bad_input), and Error(usage) for an unknown sheet.
SheetText read_xlsx(const ZipFile& zip, const std::string& where, const std::string& sheet);

enum class NumberKind { number, date, time };

/// What numbers of this format are (18.8.30, 18.8.31): dates if it has a day, a month or a year,
/// else times of day if it has hours or seconds. `[h]:mm` is a duration, which is a number.
NumberKind kind_of_format(std::string_view code);

}  // namespace vitrine::data
