#include "api/native.h"

#include <algorithm>

#include "api/http_error.h"
#include "api/photo_request.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/row.h"
#include "data/value.h"
#include "infer/occlusion.h"

namespace vitrine {
namespace {

/// What `?set=0.9` asks for, as the threshold of the model's card.
std::optional<double> wanted_set(const Card& card, const Call& call) {
  const auto text = call.parameter("set");
  if (!text) return std::nullopt;
  const auto level = parse_number(*text);
  if (!level || !(*level >= 0.5 && *level <= 0.99)) {
    throw HttpError(400, "'set=" + shown(*text) + "' is no share", "the query",
                    "write set=0.9, from 0.5 to 0.99");
  }
  return card.set_threshold(*level);
}

/// Whether `explain=true` stands in the query.
bool wants_explanation(const Call& call) {
  const auto text = call.parameter("explain");
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  throw HttpError(400, "'explain=" + shown(*text) + "' is neither true nor false", "the query",
                  "write explain=true");
}

/// What the query asks for besides the answer.
struct Wishes {
  std::optional<double> set;  ///< the threshold of the prediction set
  bool explain = false;
};

/// Contributions of a whole question, as long as they are not too many to be held at once.
Contributions contributions_of(const ServedModel& model, const Table& table) {
  constexpr std::size_t kMost = 2'000'000;
  const Card& card = *model.card;
  const std::size_t targets = card.schema.target.binary() ? 1 : card.schema.target.classes.size();
  const std::size_t each = std::max<std::size_t>(1, targets * card.schema.columns.size());
  if (table.rows > kMost / each) {
    throw Error(ErrorKind::bad_input, "so many rows can't be explained in one request",
                counted(table.rows, "row"),
                "send at most " + with_commas(std::max<std::size_t>(1, kMost / each)) +
                    " at a time, or leave explain out");
  }
  return model.predictor->explain(table);
}

HttpError no_card(const ServedModel& model) {
  return {422, "the model '" + model.name + "' has no card: it takes bare tensors", "the path",
          "ask it by the Open Inference Protocol: POST /v2/models/" + model.name + "/infer"};
}

class NativeExchange : public Exchange {
 public:
  NativeExchange(const Wishes& wishes, const FetchPolicy& urls) : wishes_(wishes), urls_(urls) {}

  using Exchange::write;
  HttpResponse write(const ServedModel& model, std::vector<Tensor>) override {
    throw no_card(model);
  }
  HttpResponse fault(const Error& error) const override { return problem(error); }
  bool takes_long() const override { return wishes_.explain; }

 protected:
  std::span<const float> row_of(const Predictions& answers, std::size_t row) const {
    return {&answers.probabilities[row * answers.classes], answers.classes};
  }
  Wishes wishes_;
  const FetchPolicy& urls_;
};

class JsonExchange : public NativeExchange {
 public:
  using NativeExchange::NativeExchange;
  Question read(const ServedModel& model, const HttpRequest& request) override {
    JsonRows rows = model.rows->read(request.body, kMaxRowsPerRequest, std::move(spare_table()));
    array_ = rows.array;
    return {.table = std::move(rows.table), .warnings = std::move(rows.warnings)};
  }
  HttpResponse write(const ServedModel& model, const Question& question,
                     const Predictions& answers) override {
    HttpResponse response;
    Contributions contributions;
    if (wishes_.explain) contributions = contributions_of(model, question.table);
    if (array_) response.body += '[';
    for (std::size_t row = 0; row < answers.answers.size(); ++row) {
      if (row > 0) response.body += ',';
      model.writer->json(response.body, row_of(answers, row), answers.answers[row],
                         question.warnings[row], wishes_.set);
      if (!wishes_.explain) continue;
      model.writer->add_explanation(response.body, contributions, row, answers.answers[row]);
    }
    response.body += array_ ? "]\n" : "\n";
    return response;
  }
  std::unique_ptr<Exchange> again() const override {
    return std::make_unique<JsonExchange>(Wishes{wishes_.set}, urls_);
  }

 private:
  bool array_ = false;
};

class CsvExchange : public NativeExchange {
 public:
  using NativeExchange::NativeExchange;
  Question read(const ServedModel& model, const HttpRequest& request) override {
    const RawTable raw = read_csv(
        request.body, "the request",
        {.keep_all_text = true, .keys = model.card->schema.keys(), .max_rows = kMaxRowsPerRequest});
    return {.table = apply_schema(model.card->schema, raw, request.body, {.refuse_missing = true},
                                  warnings_)};
  }
  HttpResponse write(const ServedModel& model, const Question& question,
                     const Predictions& answers) override {
    HttpResponse response;
    response.content_type = "text/csv; charset=utf-8";
    Contributions contributions;
    if (wishes_.explain) contributions = contributions_of(model, question.table);
    response.body = model.writer->csv_header(wishes_.set.has_value(), wishes_.explain);
    for (std::size_t row = 0; row < answers.answers.size(); ++row) {
      const int answer = answers.answers[row];
      model.writer->csv(response.body, row_of(answers, row), answer, wishes_.set);
      if (wishes_.explain) {
        model.writer->add_explanation_csv(response.body, contributions, row, answer);
      }
    }
    std::string texts;
    for (const Warning& warning : warnings_) {
      texts += (texts.empty() ? "" : "; ") + shown(warning.message, 500);
    }
    if (!texts.empty()) response.with("Vitrine-Warning", texts);
    return response;
  }
  std::unique_ptr<Exchange> again() const override {
    return std::make_unique<CsvExchange>(wishes_, urls_);
  }

 private:
  std::vector<Warning> warnings_;
};

class PhotoExchange : public NativeExchange {
 public:
  using NativeExchange::NativeExchange;
  Question read(const ServedModel& model, const HttpRequest& request) override {
    const std::string_view sent = request.header("Content-Type");
    std::string decoded;
    Question question;
    PhotoCollector collector(model, question);
    const auto photos = photos_of_request(media_type(sent), sent, request.body, urls_, decoded);
    for (const std::string_view photo : photos) collector.add_encoded(photo);
    if (wishes_.explain && photos.size() > 1) {
      throw Error(ErrorKind::bad_input, "only one photo at a time can be explained",
                  counted(photos.size(), "photo") + " in the form",
                  "send them in several requests");
    }
    if (wishes_.explain) {
      const Resize& resize = model.photos->resize();
      constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of all copies
      if (question.pixels.size() * (kOcclusions + 1) > kMostBytes) {
        throw Error(ErrorKind::bad_input,
                    "photos of this network's size are too large to be explained here",
                    std::to_string(resize.width) + " x " + std::to_string(resize.height),
                    "use vitrine predict --explain");
      }
      question.pixels = with_occlusions(question.pixels, resize.width, resize.height);
    }
    return question;
  }
  std::size_t explaining() const override { return wishes_.explain ? kOcclusions : 0; }
  HttpResponse write(const ServedModel& model, const Question& question,
                     const Predictions& answers) override {
    HttpResponse response;
    const std::size_t photos = question.warnings.size();
    if (photos > 1) response.body += '[';
    for (std::size_t i = 0; i < photos; ++i) {
      if (i > 0) response.body += ',';
      model.writer->json(response.body, row_of(answers, i), answers.answers[i],
                         question.warnings[i], wishes_.set);
    }
    if (wishes_.explain) {
      model.writer->add_explanation(response.body, occlusion_drops(answers), answers.answers[0]);
    }
    response.body += photos > 1 ? "]\n" : "\n";
    return response;
  }
  std::unique_ptr<Exchange> again() const override {
    return std::make_unique<PhotoExchange>(Wishes{wishes_.set}, urls_);
  }
};

}  // namespace

std::unique_ptr<Exchange> native_exchange(const Call& call, const FetchPolicy& urls) {
  const std::string type = media_type(call.request.header("Content-Type"));
  const ServedModel& model = *call.model;
  if (!model.card) throw no_card(model);
  const Wishes wishes{wanted_set(*model.card, call), wants_explanation(call)};
  if (model.photos) {
    check_photo_type(type);
    return std::make_unique<PhotoExchange>(wishes, urls);
  }
  if (type.empty() || type == "application/json" || type.ends_with("+json")) {
    return std::make_unique<JsonExchange>(wishes, urls);
  }
  if (type == "text/csv") return std::make_unique<CsvExchange>(wishes, urls);
  throw HttpError(415, "the content type '" + shown(type) + "' is none that this model takes",
                  "Content-Type",
                  "send JSON with the header 'Content-Type: application/json', or a "
                  "table with 'Content-Type: text/csv'");
}

}  // namespace vitrine
