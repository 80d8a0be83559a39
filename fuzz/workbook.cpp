// Workbooks: the first byte chooses a format, the others are the XML of its sheet. The text of a
// sheet can be read as CSV, or is refused.
#include <cstdint>
#include <string>

#include "check.h"
#include "data/spreadsheet/ods.h"
#include "data/spreadsheet/test_workbook.h"
#include "data/spreadsheet/xlsx.h"
#include "data/table/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  if (size == 0) return 0;
  const std::string xml(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  fuzz::check([&] {
    const bool excel = bytes[0] % 2 == 0;
    const std::string file = excel ? data::xlsx({{"S", xml}}, {"<t>shared</t>"}) : data::ods(xml);
    const data::ZipFile zip(file, "t");
    const data::SheetText sheet =
        excel ? data::read_xlsx(zip, "t", "") : data::read_ods(zip, "t", "");
    data::read_csv(sheet.csv, "t", {.plain_columns = sheet.plain_columns, .separator = ','});
  });
  return 0;
}
