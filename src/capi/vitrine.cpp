// The C interface: checks its arguments, calls app::OpenModel, and turns exceptions into a status.
#include <vitrine/vitrine.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "app/exit_code.h"
#include "app/open_model.h"
#include "base/error.h"
#include "base/version.h"

// The types are the interface's, so they are not in the folder's namespace.
struct vitrine_model {
  vitrine::app::OpenModel model;
  std::string engine;
};

struct vitrine_predictions {
  std::vector<float> probabilities;
  std::vector<std::int32_t> labels;
  std::vector<std::vector<std::string>> warnings;
};

namespace vitrine::capi {
namespace {

/// Of the last call in this thread that failed.
struct LastError {
  std::string message;
  std::string where;
  std::string hint;
};
thread_local LastError last_error;

vitrine_status fail(vitrine_status status, const char* message, const char* where,
                    const char* hint) noexcept {
  try {
    last_error = {message, where, hint};
  } catch (...) {
    last_error = {};  // no memory for the reason: the status says enough
  }
  return status;
}

/// Calls `work`; no exception leaves it.
template <typename Work>
vitrine_status guarded(Work work) noexcept {
  try {
    work();
    return VITRINE_OK;
  } catch (const Error& error) {
    return fail(static_cast<vitrine_status>(app::exit_code(error.kind)), error.message.c_str(),
                error.where.c_str(), error.hint.c_str());
  } catch (const std::bad_alloc&) {
    return fail(VITRINE_FAILED, "there is not enough memory", "the call", "give it less at a time");
  } catch (const std::exception& problem) {
    return fail(VITRINE_FAILED, problem.what(), "the call", "please report it with the model");
  } catch (...) {
    return fail(VITRINE_FAILED, "an unknown exception", "the call",
                "please report it with the model");
  }
}

void require(bool holds, const char* what, const char* where) {
  if (holds) return;
  throw Error(ErrorKind::usage, what, where, "see vitrine/vitrine.h");
}

/// Gives `*out` what `make` returns, or nullptr where it throws. `given`: whether the other
/// pointers of the call are there.
template <typename Result, typename Make>
vitrine_status returns(Result** out, bool given, const char* function, Make make) noexcept {
  if (out != nullptr) *out = nullptr;
  return guarded([&] {
    require(given && out != nullptr, "a pointer is NULL", function);
    *out = make();
  });
}

vitrine_model* opened(app::OpenModel model) {
  std::string engine = model.engine();
  return new vitrine_model{std::move(model), std::move(engine)};
}

vitrine_predictions* returned(app::WarnedPredictions found) {
  auto* out = new vitrine_predictions;
  out->probabilities = std::move(found.predictions.probabilities);
  out->labels.assign(found.predictions.predicted.begin(), found.predictions.predicted.end());
  out->warnings = std::move(found.warnings);
  return out;
}

char* text_returned(const std::string& text) {
  auto* out = static_cast<char*>(std::malloc(text.size() + 1));
  if (out == nullptr) throw std::bad_alloc();
  std::memcpy(out, text.c_str(), text.size() + 1);
  return out;
}

std::vector<app::InputColumn> columns_of(const vitrine_column* columns, std::size_t count,
                                         std::size_t rows) {
  std::vector<app::InputColumn> out;
  for (std::size_t i = 0; i < count; ++i) {
    const vitrine_column& one = columns[i];
    require(one.name != nullptr, "a column has no name", "columns");
    require((one.numbers == nullptr) != (one.strings == nullptr),
            "a column has not exactly one of numbers and strings", one.name);
    out.push_back({.name = one.name, .numbers = {}, .strings = {}});
    if (one.numbers != nullptr) {
      out.back().numbers = {one.numbers, rows};
    } else {
      out.back().strings = {one.strings, rows};
    }
  }
  return out;
}

const data::TableSchema& schema_of(const vitrine_model* model) {
  return model->model.card().schema;
}

}  // namespace
}  // namespace vitrine::capi

using namespace vitrine::capi;

extern "C" {

int vitrine_api_version(void) { return VITRINE_API_VERSION; }
const char* vitrine_version(void) { return vitrine::kVersion; }

const char* vitrine_error_message(void) { return last_error.message.c_str(); }
const char* vitrine_error_where(void) { return last_error.where.c_str(); }
const char* vitrine_error_hint(void) { return last_error.hint.c_str(); }

vitrine_status vitrine_open_file(const char* path, vitrine_model** out) {
  return returns(out, path != nullptr, "vitrine_open_file",
                 [&] { return opened(vitrine::app::OpenModel(std::filesystem::path(path))); });
}

vitrine_status vitrine_open_bytes(const void* bytes, size_t size, const char* name,
                                  vitrine_model** out) {
  return returns(out, bytes != nullptr, "vitrine_open_bytes", [&] {
    return opened(vitrine::app::OpenModel(std::string(static_cast<const char*>(bytes), size),
                                          name == nullptr ? "model" : name));
  });
}

void vitrine_close(vitrine_model* model) { delete model; }

int vitrine_takes_images(const vitrine_model* model) {
  return model != nullptr && model->model.of_images() ? 1 : 0;
}
const char* vitrine_card(const vitrine_model* model) {
  return model == nullptr ? nullptr : model->model.card_text().c_str();
}
const char* vitrine_engine(const vitrine_model* model) {
  return model == nullptr ? nullptr : model->engine.c_str();
}
size_t vitrine_class_count(const vitrine_model* model) {
  return model == nullptr ? 0 : schema_of(model).target.classes.size();
}
const char* vitrine_class_name(const vitrine_model* model, size_t index) {
  if (index >= vitrine_class_count(model)) return nullptr;
  return schema_of(model).target.classes[index].value.c_str();
}
size_t vitrine_column_count(const vitrine_model* model) {
  return model == nullptr ? 0 : schema_of(model).columns.size();
}
const char* vitrine_column_name(const vitrine_model* model, size_t index) {
  if (index >= vitrine_column_count(model)) return nullptr;
  return schema_of(model).columns[index].key.c_str();
}
int vitrine_column_is_number(const vitrine_model* model, size_t index) {
  if (index >= vitrine_column_count(model)) return 0;
  return schema_of(model).columns[index].kind == vitrine::data::ColumnKind::number ? 1 : 0;
}

vitrine_status vitrine_predict_json(const vitrine_model* model, const char* json, size_t size,
                                    vitrine_predictions** out) {
  return returns(out, model != nullptr && json != nullptr, "vitrine_predict_json",
                 [&] { return returned(model->model.predict_json({json, size})); });
}

vitrine_status vitrine_predict_columns(const vitrine_model* model, const vitrine_column* columns,
                                       size_t column_count, size_t rows,
                                       vitrine_predictions** out) {
  return returns(out, model != nullptr && (columns != nullptr || column_count == 0),
                 "vitrine_predict_columns", [&] {
                   return returned(
                       model->model.predict_columns(columns_of(columns, column_count, rows), rows));
                 });
}

vitrine_status vitrine_predict_image(const vitrine_model* model, const void* bytes, size_t size,
                                     vitrine_predictions** out) {
  return returns(out, model != nullptr && bytes != nullptr, "vitrine_predict_image", [&] {
    return returned(model->model.predict_image({static_cast<const char*>(bytes), size}));
  });
}

vitrine_status vitrine_predict_rgb(const vitrine_model* model, const uint8_t* pixels, int width,
                                   int height, vitrine_predictions** out) {
  return returns(out, model != nullptr && pixels != nullptr, "vitrine_predict_rgb", [&] {
    require(width > 0 && height > 0 && width <= std::numeric_limits<int>::max() / 3 / height,
            "the size is not that of an image", "vitrine_predict_rgb");
    const auto bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
    return returned(model->model.predict_image({width, height, {pixels, pixels + bytes}}));
  });
}

void vitrine_predictions_free(vitrine_predictions* predictions) { delete predictions; }

size_t vitrine_row_count(const vitrine_predictions* predictions) {
  return predictions == nullptr ? 0 : predictions->labels.size();
}
const float* vitrine_probabilities(const vitrine_predictions* predictions) {
  return predictions == nullptr ? nullptr : predictions->probabilities.data();
}
const int32_t* vitrine_labels(const vitrine_predictions* predictions) {
  return predictions == nullptr ? nullptr : predictions->labels.data();
}
const char* vitrine_warning(const vitrine_predictions* predictions, size_t row, size_t index) {
  if (predictions == nullptr || row >= predictions->warnings.size()) return nullptr;
  const auto& of_row = predictions->warnings[row];
  return index < of_row.size() ? of_row[index].c_str() : nullptr;
}

vitrine_status vitrine_explain_json(const vitrine_model* model, const char* json, size_t size,
                                    char** out) {
  return returns(out, model != nullptr && json != nullptr, "vitrine_explain_json",
                 [&] { return text_returned(model->model.explain_json({json, size})); });
}

vitrine_status vitrine_explain_image(const vitrine_model* model, const void* bytes, size_t size,
                                     char** out) {
  return returns(out, model != nullptr && bytes != nullptr, "vitrine_explain_image", [&] {
    return text_returned(model->model.explain_image({static_cast<const char*>(bytes), size}));
  });
}

void vitrine_text_free(char* text) { std::free(text); }
}
