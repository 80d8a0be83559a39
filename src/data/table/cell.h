// Converts one value of a row into the data of its column: a number, a category code or a date.
// JSON rows, tensors and columns share this code. All functions are thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/table/table.h"

namespace vitrine::data {

/// A value as a client sent it; nullptr if it is null or absent.
using CellValue = std::variant<std::nullptr_t, bool, double, std::string_view>;

/// What to do with a text that is no number in a number column, or no date in a date column: an
/// error, or a missing value with a warning. Other values of the wrong kind are always errors.
enum class BadCells { refused, missing };

/// Writes a value into row `row` of `data`. Text is matched by Column::code_of_text(); text that is
/// a number in the column's format or plain counts as a number; true and false are 1 and 0, or the
/// words for yes and no among the categories; a missing token is a missing value. Adds a warning
/// for an unseen category, for a value outside of the range of training (Column::is_outside()), and
/// for a bad cell that is to be `missing`. Throws Error(bad_input) with
/// `field` for a missing value if the column had none in training, and for a bad cell that is to be
/// refused. `where` names the row in errors.
void read_cell(const Column& column, const CellValue& value, ColumnData& data, std::size_t row,
               const std::string& where, std::vector<std::string>& warnings,
               BadCells bad = BadCells::refused);

/// True if the column takes true and false: one of the numbers 0 and 1, or of words for yes and no.
bool takes_booleans(const Column& column);

/// The category that means true or false: itself, or yes or no; nullopt if there is none.
std::optional<std::uint32_t> code_of_boolean(const Column& column, bool value);

/// Resizes `table` to `rows` rows in which every value is missing; its memory is reused.
void make_missing(const TableSchema& schema, std::size_t rows, Table& table);
Table missing_rows(const TableSchema& schema, std::size_t rows);

/// The values that a column accepts: "it takes a number, in training 0 to 72".
std::string what_it_takes(const Column& column);

/// Throws Error(bad_input) with the message "field 'x' is `what`" and what_it_takes() as hint.
[[noreturn]] void refuse_cell(const Column& column, const std::string& what,
                              const std::string& where);

}  // namespace vitrine::data
