// One value of a row, in the terms of its column. JSON rows, tensors and columns come here.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/table.h"

namespace vitrine {

/// A value as a client sent it; nullptr: none.
using CellValue = std::variant<std::nullptr_t, bool, double, std::string_view>;

/// Puts a value into row `row` of `column`'s data. Text is compared in its normalised form;
/// digits in a text are a number; a missing token is a missing value. Adds to `warnings` for a
/// category that training never met. Throws Error(bad_input) with `field` for a missing value where
/// training had none, for a value of the wrong kind and for one out of range. `where` names
/// the row in errors.
void read_cell(const Column& column, const CellValue& value, ColumnData& data, std::size_t row,
               const std::string& where, std::vector<std::string>& warnings);

/// Makes `table` one of `rows` rows in which every value is missing; its memory is used again.
void make_missing(const TableSchema& schema, std::size_t rows, Table& table);
Table missing_rows(const TableSchema& schema, std::size_t rows);

/// "it takes a number, in training 0 to 72".
std::string what_it_takes(const Column& column);

/// Throws Error(bad_input): the field is `what`, and what it takes.
[[noreturn]] void refuse_cell(const Column& column, const std::string& what,
                              const std::string& where);

}  // namespace vitrine
