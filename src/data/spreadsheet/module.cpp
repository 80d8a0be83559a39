// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "data/spreadsheet/ods.h"
#include "data/spreadsheet/xlsx.h"
#include "data/table/format_modules.h"

namespace {

vitrine::data::SheetText read_sheet(const vitrine::data::ZipFile& zip, const std::string& where,
                                    const std::string& sheet) {
  return vitrine::data::is_xlsx(zip) ? read_xlsx(zip, where, sheet) : read_ods(zip, where, sheet);
}

}  // namespace

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const vitrine::data::SpreadsheetEntryPoints entry_points{.read_sheet = read_sheet};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
