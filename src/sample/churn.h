// A made-up table of telephone customers, of the shape of IBM's telco table.
#pragma once

#include <cstdint>
#include <filesystem>

namespace vitrine {

/// Writes `rows` customers as CSV, by a simulation of our own: a customer has a
/// household, an age, a wish for comfort; from these come services, the contract,
/// the bill; from bill, contract, tenure and habits the risk to leave; from a
/// coin with that risk, Churn. About 0.2 % of TotalCharges are blank (customers
/// of tenure 0). The same seed and rows give the same bytes; rows differ.
/// Memory: the size of the file. Throws Error(failed) if the file can't be written.
void write_churn_sample(const std::filesystem::path& path, std::size_t rows, std::uint64_t seed);

}  // namespace vitrine
