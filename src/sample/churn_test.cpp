#include "sample/churn.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::sample {
namespace {

TEST(ChurnSample, has_the_columns_of_the_telco_table_and_depends_on_the_seed) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("vitrine-sample-" + std::to_string(::getpid()) + ".csv");
  write_churn_sample(path, 3000, 1);
  const std::string first = read_file(path, 1 << 20, "it");
  write_churn_sample(path, 3000, 1);
  EXPECT_EQ(read_file(path, 1 << 20, "it"), first);
  EXPECT_THROW(write_churn_sample(path, 3000, 2), Error);  // never overwrites another file
  EXPECT_EQ(read_file(path, 1 << 20, "it"), first);
  std::filesystem::remove(path);
  write_churn_sample(path, 3000, 2);
  EXPECT_NE(read_file(path, 1 << 20, "it"), first);
  std::filesystem::remove(path);

  std::vector<data::Warning> warnings;
  const data::TableSchema schema =
      data::infer_schema(data::read_csv(first, "sample"), {.target = "Churn"}, warnings);
  EXPECT_EQ(schema.columns.size(), 19);
  EXPECT_EQ(schema.dropped.size(), 1);
  const data::Column& total = *schema.find("totalcharges");
  EXPECT_EQ(total.kind, data::ColumnKind::number);
  EXPECT_TRUE(total.had_missing());
  const double churners = static_cast<double>(schema.target.classes[1].count) / 3000;
  EXPECT_EQ(schema.target.classes[1].value, "yes");
  EXPECT_GT(churners, 0.2);
  EXPECT_LT(churners, 0.33);
}

}  // namespace
}  // namespace vitrine::sample
