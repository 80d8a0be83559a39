#include "engine/drift_monitor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "data/table/cell.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::engine {
namespace {

/// The current values of a monitor.
struct Values {
  explicit Values(const DriftMonitor& monitor) {
    for (const auto& [column, index] : monitor.indices()) psi[column] = index;
    for (const auto& [label, share] : monitor.class_shares()) shares[label] = share;
  }
  std::map<std::string, double> psi;
  std::map<std::string, double> shares;
};

class DriftMonitorTest : public testing::Test {
 protected:
  DriftMonitorTest() {
    std::string text = "size,many_zeros,kind,y\n";
    for (int i = 0; i < 1000; ++i) {
      text += (i % 10 == 0 ? "" : std::to_string(i)) + "," + std::to_string(i % 5 == 0 ? i : 0) +
              (i % 4 ? ",red," : ",blue,") + (i % 3 ? "no\n" : "yes\n");
    }
    std::vector<data::Warning> warnings;
    card_.schema =
        data::infer_schema(data::read_csv(text, "t"), {.target = "y", .keep = {"size"}}, warnings);
  }
  /// The training rows, shifted by `shift`.
  data::Table rows(double shift, bool all_blue, bool all_missing) {
    data::Table table = data::missing_rows(card_.schema, 1000);
    std::vector<std::string> ignored;
    for (std::size_t i = 0; i < 1000; ++i) {
      const bool missing = all_missing || i % 10 == 0;
      if (!missing)
        table.columns[0].numbers()[i] = static_cast<float>(static_cast<double>(i) + shift);
      table.columns[1].numbers()[i] = i % 5 == 0 ? static_cast<float>(i) : 0;
      const std::string_view kind = all_blue || i % 4 == 0 ? "blue" : "red";
      data::read_cell(card_.schema.columns[2], kind, table.columns[2], i, "", ignored);
    }
    return table;
  }
  model::Card card_;
};

TEST_F(DriftMonitorTest, the_training_rows_do_not_drift) {
  DriftMonitor watch(card_);
  EXPECT_TRUE(watch.indices().empty()) << "no rows yet";
  watch.observe(rows(0, false, false));
  const Values notes(watch);
  EXPECT_EQ(notes.psi.size(), 3U);
  for (const auto& [column, psi] : notes.psi) EXPECT_LT(psi, 0.02) << column;
}

TEST_F(DriftMonitorTest, only_columns_that_changed_have_a_high_psi) {
  DriftMonitor moved(card_);
  moved.observe(rows(400, false, false));
  Values of_moved(moved);
  EXPECT_GT(of_moved.psi["size"], 0.25);
  EXPECT_LT(of_moved.psi["kind"], 0.02);
  DriftMonitor blue(card_);
  blue.observe(rows(0, true, false));
  Values of_blue(blue);
  EXPECT_GT(of_blue.psi["kind"], 0.25);
  EXPECT_LT(of_blue.psi["size"], 0.02);
  DriftMonitor missing(card_);
  missing.observe(rows(0, false, true));
  Values of_missing(missing);
  EXPECT_GT(of_missing.psi["size"], 0.25);
}

TEST_F(DriftMonitorTest, old_rows_are_forgotten) {
  DriftMonitor watch(card_);
  for (int i = 0; i < 20; ++i) watch.observe(rows(400, false, false));
  for (int i = 0; i < 100; ++i) watch.observe(rows(0, false, false));
  EXPECT_LT(Values(watch).psi["size"], 0.1);
}

TEST_F(DriftMonitorTest, reports_the_shares_of_predicted_classes) {
  DriftMonitor watch(card_);
  watch.observe(std::vector<int>(75, 0));
  watch.observe(std::vector<int>(25, 1));
  EXPECT_DOUBLE_EQ(Values(watch).shares["no"], 0.75);
}

TEST_F(DriftMonitorTest, shares_of_the_training_rows_are_those_of_the_card) {
  DriftMonitor monitor(card_);
  monitor.observe(rows(0, false, false));
  const auto all = monitor.shares();
  ASSERT_FALSE(all.empty());
  for (const metrics::ColumnShares& one : all) {
    for (std::size_t i = 0; i < one.bins.size(); ++i) {
      // many_zeros has equal quantiles; 80 % of it is 0.
      EXPECT_NEAR(one.expected[i], one.actual[i], 0.01) << one.column << ", " << one.bins[i];
    }
  }
  for (const auto& [column, index] : monitor.indices()) EXPECT_LT(index, 0.01) << column;
}

}  // namespace
}  // namespace vitrine::engine
