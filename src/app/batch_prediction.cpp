#include "app/batch_prediction.h"

#include <algorithm>
#include <iterator>
#include <mutex>

#include "app/photo_input.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/csv.h"
#include "data/table/csv_fields.h"
#include "data/table/unique_names.h"

namespace vitrine::app {
namespace {

constexpr std::size_t kPiece = 16384;  // rows per text

/// How predictions are written.
struct Form {
  bool csv = false;
  engine::PredictionExtras extras;
  const engine::Contributions* contributions = nullptr;  ///< null: no explanations
  std::size_t first_explained = 0;                       ///< the row of the first contributions
  /// Writes what stands before a prediction; empty: the ids.
  std::function<void(std::string& out, std::size_t row)> before = {};
};

void write_rows(const engine::PredictionWriter& writer, const engine::Predictions& answers,
                const InputRows& rows, const Form& form, std::size_t first, std::size_t last,
                std::string& out) {
  for (std::size_t row = first; row < last; ++row) {
    const std::span<const float> probabilities(&answers.probabilities[row * answers.classes],
                                               answers.classes);
    if (form.csv) {
      form.before ? form.before(out, row) : writer.csv_ids(out, rows.table, row);
      writer.csv(out, probabilities, answers.predicted[row], form.extras);
      if (form.contributions != nullptr) {
        writer.add_explanation_csv(out, *form.contributions, row - form.first_explained,
                                   answers.predicted[row]);
      }
      continue;
    }
    const std::span<const std::string> warnings =
        rows.row_warnings.empty() ? std::span<const std::string>() : rows.row_warnings[row];
    writer.json(out, probabilities, answers.predicted[row], warnings, form.extras,
                {&rows.table, row});
    if (form.contributions != nullptr) {
      writer.add_explanation(out, *form.contributions, row - form.first_explained,
                             answers.predicted[row]);
    }
    out += '\n';
  }
}

/// Explains 4,096 rows at a time: the contributions of all rows together could fill the memory.
void write_explained(const engine::PredictionWriter& writer, const engine::Predictor& predictor,
                     const engine::Predictions& answers, const InputRows& rows, Form form,
                     std::string& out) {
  constexpr std::size_t kTogether = 4096;
  for (std::size_t first = 0; first < answers.predicted.size(); first += kTogether) {
    const std::size_t last = std::min(answers.predicted.size(), first + kTogether);
    std::vector<std::uint32_t> places;
    for (std::size_t row = first; row < last; ++row) {
      places.push_back(static_cast<std::uint32_t>(row));
    }
    const engine::Contributions contributions = predictor.explain(rows.table.subset(places));
    form.contributions = &contributions;
    form.first_explained = first;
    write_rows(writer, answers, rows, form, first, last, out);
  }
}

/// The warnings about single rows, at most 20 of them, as warnings about the input.
std::vector<data::Warning> warnings_by_row(const std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t kMost = 20;
  std::vector<data::Warning> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const std::string& text : rows[row]) {
      if (out.size() == kMost) return out;
      out.push_back({"row", "row " + with_commas(row + 1) + ": " + text,
                     "check the row; --format json has the warnings of every row"});
    }
  }
  return out;
}

}  // namespace

BatchPredictor::BatchPredictor(const BatchPredictionOptions& options, Observer observer)
    : options_(options), observer_(std::move(observer)), file_(model::read_model(options.model)) {
  if (options_.explain && options_.csv && file_.of_photos()) {
    throw Error(ErrorKind::usage, "explanations of photos can't be written as CSV", "--explain",
                "leave out --format csv");
  }
  if (options_.append && (file_.of_photos() || !options_.csv)) {
    throw Error(ErrorKind::usage, "--append writes the columns of a table, as CSV", "--append",
                file_.of_photos() ? "leave it out: the model reads photos" : "add --format csv");
  }
  if (options_.set && file_.card) {
    extras_.set_threshold = file_.card->prediction_set_threshold(*options_.set);
  }
  if (options_.interval && file_.card) {
    file_.card->check_interval_level(*options_.interval);
    extras_.interval_level = options_.interval;
  }
  if (file_.of_photos()) {
    photos_ = std::make_unique<engine::ImagePredictor>(file_);
  } else {
    rows_ = engine::open_predictor(file_);
  }
  writer_.emplace(*file_.card, std::filesystem::path(options_.model).stem().string(),
                  engine::Spelling::of_table);
}

std::string BatchPredictor::header() const {
  if (!options_.csv || options_.append) return "";
  return photos_ ? "file," + writer_->csv_header(extras_.set_threshold.has_value())
                 : writer_->csv_header(extras_.set_threshold.has_value(), options_.explain);
}

data::RowsToWrite BatchPredictor::columns_of(const std::string& header) const {
  using Column = data::RowsToWrite::Column;
  const data::CsvText line{header, "the header"};
  data::FieldReader fields(line, {}, 0, header.size());
  data::RowsToWrite rows;
  for (bool last = false; !last;) rows.columns.push_back({std::string(fields.next(last).text)});
  const std::vector<data::IdColumn>& ids = file_.card->schema.ids;
  const std::vector<std::string> answers =
      writer_->csv_names(extras_.set_threshold.has_value(), options_.explain);
  const std::size_t first = rows.columns.size() - answers.size();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool text =
        !file_.card->schema.target.number && (answers[i] == "label" || answers[i] == "set");
    if (!text) rows.columns[first + i].type = Column::Type::number;
  }
  if (options_.append) return rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].numbers) rows.columns[i].type = Column::Type::whole_number;
  }
  rows.keys = leading_columns();
  return rows;
}

/// The names of the input's columns and of the prediction's. One of these that is taken already
/// gets a number behind it.
std::string BatchPredictor::appended_header(const std::vector<std::string>& names) const {
  std::vector<std::string> all = names;
  std::ranges::move(writer_->csv_names(extras_.set_threshold.has_value(), options_.explain),
                    std::back_inserter(all));
  data::UniqueNames unique(all);
  std::string header;
  for (const std::string& name : all) {
    header += (header.empty() ? "" : ",") + data::csv_field(unique.add(name));
  }
  return header + "\n";
}

std::vector<std::string> BatchPredictor::texts_of(const InputRows& rows,
                                                  const BeforeRow& before) const {
  const engine::Predictions answers = rows_->predict(rows.table);
  Form form{options_.csv, extras_};
  form.before = before;
  std::vector<std::string> out(options_.explain ? 1 : (rows.table.rows + kPiece - 1) / kPiece);
  if (options_.explain) {
    write_explained(*writer_, *rows_, answers, rows, form, out.front());
    return out;
  }
  parallel_for(out.size(), [&](std::size_t i) {
    const std::size_t last = std::min(rows.table.rows, (i + 1) * kPiece);
    write_rows(*writer_, answers, rows, form, i * kPiece, last, out[i]);
  });
  return out;
}

std::size_t BatchPredictor::leading_columns() const {
  return photos_ ? 1 : file_.card->schema.ids.size();
}

void BatchPredictor::predict_rows(const InputRows& rows, std::vector<std::string>& out) const {
  observer_.warn(rows.warnings);
  if (options_.csv) observer_.warn(warnings_by_row(rows.row_warnings));  // JSON has them inside
  std::ranges::move(texts_of(rows), std::back_inserter(out));
}

void BatchPredictor::predict_table(const data::TableName& name,
                                   std::vector<std::string>& out) const {
  const data::TableSchema& schema = file_.card->schema;
  const auto input = open_input(name, options_.file);
  observer_.warn(input->warnings());
  if (input->json() && options_.append) {
    throw Error(ErrorKind::usage, "--append needs a table with columns, and this is JSON",
                input->where(), "leave out --append");
  }
  if (input->json()) {
    return predict_rows(read_rows(schema, *input, options_.file), out);
  }
  constexpr std::size_t kPartBytes = std::size_t{1} << 20;  // its columns fit a core's cache
  const auto parts = input->parts(read_options(schema, false), kPartBytes);
  observer_.warn(parts->warnings());
  if (options_.append) {
    std::string header = appended_header(parts->names());
    if (out.size() > 1 && out.front() != header) {
      throw Error(ErrorKind::bad_input, "the table has other columns than the first one",
                  input->where(), "predict it by itself");
    }
    out.front() = std::move(header);
  }
  std::mutex mutex;
  std::vector<PartPrediction> done;
  data::for_each_part(*parts, [&](const data::TablePart& part) {
    PartPrediction one = predict_part(part);
    const std::lock_guard lock(mutex);
    if (done.size() <= part.number()) done.resize(part.number() + 1);
    done[part.number()] = std::move(one);
  });
  data::CsvRowNotes notes;
  std::vector<data::TableFindings> findings;
  for (PartPrediction& one : done) {
    notes += one.notes;
    findings.push_back(std::move(one.findings));
    std::ranges::move(one.texts, std::back_inserter(out));
  }
  observer_.warn(data::warnings_of(notes, input->text(), input->where()));
  observer_.warn(data::warnings_of(schema, data::sum_of(findings)));
}

BatchPredictor::PartPrediction BatchPredictor::predict_part(const data::TablePart& part) const {
  PartPrediction out;
  const data::RawTable raw = part.read();
  out.notes = raw.row_notes;
  InputRows rows;
  rows.table = data::apply_schema(file_.card->schema, raw,
                                  {.target = data::ApplyOptions::TargetColumn::ignored,
                                   .refuse_bad_cells = options_.file.strict,
                                   .ids = !options_.append},
                                  out.findings);
  BeforeRow before;
  if (options_.append) {
    before = [&](std::string& text, std::size_t row) {
      part.append_row(text, raw, row);
      text += ',';
    };
  }
  out.texts = texts_of(rows, before);
  return out;
}

void BatchPredictor::predict_tables(const std::vector<std::string>& names,
                                    std::vector<std::string>& out) const {
  std::vector<data::Warning> warnings;
  const std::vector<data::TableName> tables = data::tables_named(names, warnings);
  observer_.warn(warnings);
  std::size_t empty = 0;
  for (const data::TableName& table : tables) {
    try {
      predict_table(table, out);
    } catch (const data::NoRowsError&) {
      if (++empty == tables.size()) throw;
    }
  }
}

std::vector<PhotoFault> BatchPredictor::predict_photos(
    const std::vector<std::filesystem::path>& paths, std::string& out) const {
  std::vector<PhotoFault> faults;
  std::size_t done = 0;
  app::predict_photos(*photos_, paths, options_.explain, [&](const PhotoPrediction& one) {
    if (observer_.progress) observer_.progress(++done, paths.size());
    if (!one.fault.empty()) {
      faults.push_back({one.path, one.fault, one.hint});
      if (observer_.skipped) {
        observer_.skipped(
            Error(ErrorKind::bad_input, one.fault, shown(one.path.string(), 200), one.hint));
      }
      return;
    }
    std::string line;
    if (options_.csv) {
      writer_->csv(line, one.probabilities, one.answer, extras_);
      out += data::csv_field(one.path.string()) + "," + line;
    } else {
      writer_->json(line, one.probabilities, one.answer, one.warnings, extras_);
      if (options_.explain) writer_->add_explanation(line, one.occlusion_scores, one.answer);
      out += "{\"file\":" + json_text(one.path.string()) + "," + line.substr(1) + "\n";
    }
  });
  return faults;
}

}  // namespace vitrine::app
