// Workbooks for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/table/test_zip.h"

namespace vitrine::data {

struct TestSheet {
  std::string name;
  std::string cells;  ///< the content of <sheetData>
  std::string state = "visible";
};

/// A workbook with one shared string for each of `strings`, which are the contents of <si>, and
/// cell formats by number: 0 plain, 1 built-in date, 2 own date, 3 own duration, 4 built-in time.
inline std::string xlsx(const std::vector<TestSheet>& sheets,
                        const std::vector<std::string>& strings = {},
                        const std::string& properties = "") {
  const std::string kRelations =
      "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  std::vector<std::pair<std::string, std::string>> files{
      {"[Content_Types].xml", "<Types/>"},
      {"_rels/.rels", "<Relationships><Relationship Id=\"rId1\" Type=\"" + kRelations +
                          "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"}};
  std::string workbook = "<workbook xmlns:r=\"" + kRelations + "\">" + properties + "<sheets>";
  std::string relations = "<Relationships>";
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    workbook += "<sheet name=\"" + sheets[i].name + "\" state=\"" + sheets[i].state +
                "\" sheetId=\"" + number + "\" r:id=\"rId" + number + "\"/>";
    relations += "<Relationship Id=\"rId" + number + "\" Type=\"" + kRelations +
                 "/worksheet\" Target=\"worksheets/sheet" + number + ".xml\"/>";
    files.emplace_back("xl/worksheets/sheet" + number + ".xml",
                       "<worksheet><sheetData>" + sheets[i].cells + "</sheetData></worksheet>");
  }
  relations += "<Relationship Id=\"s\" Type=\"" + kRelations +
               "/sharedStrings\" Target=\"/xl/sharedStrings.xml\"/><Relationship Id=\"t\" Type=\"" +
               kRelations + "/styles\" Target=\"styles.xml\"/></Relationships>";
  files.emplace_back("xl/workbook.xml", workbook + "</sheets></workbook>");
  files.emplace_back("xl/_rels/workbook.xml.rels", relations);
  std::string shared = "<sst>";
  for (const std::string& text : strings) shared += "<si>" + text + "</si>";
  files.emplace_back("xl/sharedStrings.xml", shared + "</sst>");
  files.emplace_back("xl/styles.xml",
                     "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd\\/mm\\/yy;@\"/>"
                     "<numFmt numFmtId=\"165\" formatCode=\"[h]:mm:ss\"/></numFmts>"
                     "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
                     "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/>"
                     "<xf numFmtId=\"165\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>");
  return zip(files);
}

/// A spreadsheet of LibreOffice; `tables` is the content of <office:spreadsheet>.
inline std::string ods(const std::string& tables) {
  return zip({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
              {"content.xml",
               "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\">"
               "<office:body><office:spreadsheet>" +
                   tables + "</office:spreadsheet></office:body></office:document-content>"}});
}

}  // namespace vitrine::data
