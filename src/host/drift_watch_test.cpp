#include "host/drift_watch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "data/cell.h"
#include "data/schema_inference.h"

namespace vitrine {
namespace {

/// Notes what it is told.
struct Notes : ModelMetrics {
  void answered(unsigned, const StageTimes&) override {}
  void batch(std::size_t) override {}
  void compared(std::size_t, std::size_t, double) override {}
  void drift(std::string_view column, double value) override { psi[std::string(column)] = value; }
  void class_share(std::string_view name, double share) override {
    shares[std::string(name)] = share;
  }
  std::map<std::string, double> psi;
  std::map<std::string, double> shares;
};

class DriftWatchTest : public testing::Test {
 protected:
  DriftWatchTest() {
    std::string text = "size,many_zeros,kind,y\n";
    for (int i = 0; i < 1000; ++i) {
      text += (i % 10 == 0 ? "" : std::to_string(i)) + "," + std::to_string(i % 5 == 0 ? i : 0) +
              (i % 4 ? ",red," : ",blue,") + (i % 3 ? "no\n" : "yes\n");
    }
    std::vector<Warning> warnings;
    card_.schema = infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
  }
  /// The training rows once more, moved by `shift`.
  Table rows(double shift, bool all_blue, bool all_missing) {
    Table table = missing_rows(card_.schema, 1000);
    std::vector<std::string> ignored;
    for (std::size_t i = 0; i < 1000; ++i) {
      const bool missing = all_missing || i % 10 == 0;
      if (!missing)
        table.columns[0].numbers[i] = static_cast<float>(static_cast<double>(i) + shift);
      table.columns[1].numbers[i] = i % 5 == 0 ? static_cast<float>(i) : 0;
      const std::string_view kind = all_blue || i % 4 == 0 ? "blue" : "red";
      read_cell(card_.schema.columns[2], kind, table.columns[2], i, "", ignored);
    }
    return table;
  }
  Card card_;
};

TEST_F(DriftWatchTest, the_training_rows_do_not_drift) {
  DriftWatch watch(card_);
  Notes notes;
  watch.tell(notes);
  EXPECT_TRUE(notes.psi.empty()) << "nothing was seen yet";
  watch.see(rows(0, false, false));
  watch.tell(notes);
  EXPECT_EQ(notes.psi.size(), 3U);
  for (const auto& [column, psi] : notes.psi) EXPECT_LT(psi, 0.02) << column;
}

TEST_F(DriftWatchTest, what_moves_is_seen_and_the_rest_is_not) {
  Notes notes;
  DriftWatch moved(card_);
  moved.see(rows(400, false, false));
  moved.tell(notes);
  EXPECT_GT(notes.psi["size"], 0.25);
  EXPECT_LT(notes.psi["kind"], 0.02);
  DriftWatch blue(card_);
  blue.see(rows(0, true, false));
  blue.tell(notes);
  EXPECT_GT(notes.psi["kind"], 0.25);
  EXPECT_LT(notes.psi["size"], 0.02);
  DriftWatch missing(card_);
  missing.see(rows(0, false, true));
  missing.tell(notes);
  EXPECT_GT(notes.psi["size"], 0.25);
}

TEST_F(DriftWatchTest, old_rows_are_forgotten) {
  DriftWatch watch(card_);
  Notes notes;
  for (int i = 0; i < 20; ++i) watch.see(rows(400, false, false));
  for (int i = 0; i < 100; ++i) watch.see(rows(0, false, false));
  watch.tell(notes);
  EXPECT_LT(notes.psi["size"], 0.1);
}

TEST_F(DriftWatchTest, shares_of_the_answers) {
  DriftWatch watch(card_);
  Notes notes;
  watch.see(std::vector<int>(75, 0));
  watch.see(std::vector<int>(25, 1));
  watch.tell(notes);
  EXPECT_DOUBLE_EQ(notes.shares["no"], 0.75);
}

}  // namespace
}  // namespace vitrine
