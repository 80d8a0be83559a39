// Parquet and Arrow files as tables.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/table/table_reader.h"

namespace vitrine::data {

/// Opens a file (see open_source()). Its cells are those of the same table as CSV: the texts of
/// numbers are their shortest ones, dates are ISO text, a null or NaN is an empty cell, true and
/// false are such words. A timestamp with a zone is the wall time there. Columns of lists and the
/// like are left out of training with a warning. `bytes` must outlive the reader. Throws
/// Error(bad_input).
std::unique_ptr<TableReader> open_columnar_reader(std::string_view bytes, const std::string& where);

}  // namespace vitrine::data
