#include "cli/judged.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/inputs.h"
#include "cli/photo_inputs.h"
#include "data/encode.h"
#include "data/photo_folder.h"
#include "data/resize.h"
#include "data/value.h"
#include "host/drift_watch.h"
#include "infer/predictor.h"

namespace vitrine {
namespace {

Judged judge_photos(const ModelFile& file, const std::string& data) {
  const ImagePredictor predictor(file);
  const PhotoFolder folder = relabelled(list_photos(data), file.card->schema.target);
  std::vector<std::filesystem::path> paths;
  for (const PhotoFile& photo : folder.photos) paths.push_back(photo.path);
  Judged out{.noun = "photos"};
  auto judged = std::make_shared<std::vector<std::filesystem::path>>();
  std::vector<std::string> faults;
  std::size_t place = 0;
  answer_photos(predictor, paths, /*explain=*/false, [&](const PhotoPrediction& one) {
    const int label = folder.photos[place++].label;
    if (!one.fault.empty()) {
      faults.push_back(shown(one.path.string(), 100) + " (" + one.fault + ")");
      return;
    }
    out.probabilities.insert(out.probabilities.end(), one.probabilities.begin(),
                             one.probabilities.end());
    out.answers.push_back(one.answer);
    out.labels.push_back(label);
    judged->push_back(one.path);
  });
  if (out.labels.empty()) {
    throw Error(ErrorKind::bad_input, "no photo can be used", data,
                "name a folder of one folder of photos a class");
  }
  if (!faults.empty()) {
    out.warnings.push_back({"unusable_files",
                            counted(faults.size(), "file") + " can't be used: " + listed(faults, 5),
                            "remove or mend them; they were passed over"});
  }
  out.name = [judged, root = std::filesystem::path(data)](std::size_t i) {
    return (*judged)[i].lexically_relative(root).string();
  };
  out.picture = [judged](std::size_t i) { return small_picture((*judged)[i]); };
  return out;
}

/// Places in the schema of the columns that matter most, at most `most`.
std::vector<std::size_t> leading_columns(const Card& card, std::size_t most) {
  std::vector<std::size_t> out;
  const auto take = [&](std::size_t column) {
    if (out.size() < most && !std::ranges::contains(out, column)) out.push_back(column);
  };
  for (const Json& one : card.importance.value("columns", Json::array())) {
    const auto found =
        std::ranges::find(card.schema.columns, one.value("column", std::string()), &Column::key);
    if (found != card.schema.columns.end()) {
      take(static_cast<std::size_t>(found - card.schema.columns.begin()));
    }
  }
  for (std::size_t i = 0; i < card.schema.columns.size(); ++i) take(i);
  return out;
}

std::string value_text(const Column& column, const ColumnData& data, std::size_t row) {
  if (column.kind == ColumnKind::number) {
    const float number = data.numbers[row];
    if (std::isnan(number)) return "missing";
    return column.origin ? number_text(column.value_of(number)) : fmt::format("{:g}", number);
  }
  const std::uint32_t code = data.codes[row];
  if (code == kMissingCode) return "missing";
  return code < column.categories.size() ? column.categories[code].value : "never met before";
}

/// Words for a row of `table`.
std::function<std::string(std::size_t)> details_of(const Card& card, Table table) {
  return [columns = leading_columns(card, 5), schema = card.schema,
          rows = std::make_shared<const Table>(std::move(table))](std::size_t row) {
    std::string out;
    for (const std::size_t column : columns) {
      out += (out.empty() ? "" : " · ") + schema.columns[column].key + "=" +
             value_text(schema.columns[column], rows->columns[column], row);
    }
    return out;
  };
}

}  // namespace

std::string small_picture(const std::filesystem::path& path) {
  constexpr int kSide = 160;
  constexpr int kQuality = 75;
  try {
    return encode_jpeg(resized(read_image(path).image, {kSide, kSide, Fit::crop}), kQuality);
  } catch (const Error&) {
    return "";  // it is gone since, or was never one
  }
}

Judged judge_data(const ModelFile& file, const std::string& data) {
  if (file.of_photos()) return judge_photos(file, data);
  const auto predictor = open_predictor(file);
  const Target& target = file.card->schema.target;
  InputRows rows = read_input(file.card->schema, data, true);
  if (std::ranges::all_of(rows.table.labels, [](int label) { return label < 0; })) {
    throw Error(ErrorKind::bad_input,
                "no row has a known class in the target '" + target.name + "'", data,
                "its classes are " + listed(target.class_names()));
  }
  Predictions answers = predictor->predict(rows.table);
  DriftWatch watch(*file.card);
  watch.see(rows.table);
  return {.probabilities = std::move(answers.probabilities),
          .answers = std::move(answers.answers),
          .labels = rows.table.labels,
          .warnings = std::move(rows.warnings),
          .drift = watch.indices(),
          .noun = "rows",
          .name = [](std::size_t i) { return "row " + with_commas(i + 1); },
          .picture = nullptr,
          .details = details_of(*file.card, std::move(rows.table))};
}

}  // namespace vitrine
