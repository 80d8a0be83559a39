// A synthetic table of telephone customers with the columns of IBM's Telco customer churn data set.
#pragma once

#include <cstdint>
#include <filesystem>

namespace vitrine::sample {

/// Writes `rows` customers as CSV. The simulation draws a household, an age and a wish for comfort;
/// from these the services, the contract and the bill; from bill, contract, tenure and payment the
/// probability that the customer leaves; and Churn from that probability. About 0.2 % of the
/// TotalCharges are blank (customers of tenure 0). The same `rows` and `seed` give the same bytes.
/// Needs as much memory as the file is large. A file that exists is never overwritten: it stays if
/// it has these bytes, else Error(bad_input) is thrown. Throws Error(failed) if the file can't be
/// written.
void write_churn_sample(const std::filesystem::path& path, std::size_t rows, std::uint64_t seed);

}  // namespace vitrine::sample
