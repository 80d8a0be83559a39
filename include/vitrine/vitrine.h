/* Vitrine's C library: opens a model file and predicts in this process.
 *
 *     vitrine_model* model = NULL;
 *     if (vitrine_open_file("churn.onnx", &model) != VITRINE_OK) puts(vitrine_error_message());
 *
 * Every function is thread-safe; many threads may predict with one model at once. No function throws, ends the process,
 * installs a signal handler or changes the environment. Text is UTF-8. What a function returns by `out` belongs to the
 * caller, who gives it back to the function that its type names; `out` is NULL where a function fails.
 *
 * A function that fails leaves its reason in the calling thread: vitrine_error_message(), _where(), _hint().
 */
#ifndef VITRINE_VITRINE_H
#define VITRINE_VITRINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows by new functions; the number changes when an old one does. */
#define VITRINE_API_VERSION 1

/* Of the library that is loaded; the same as VITRINE_API_VERSION where header and library fit. */
int vitrine_api_version(void);
/* Of the program that it is built with: "0.2.0". */
const char* vitrine_version(void);

typedef enum vitrine_status {
  VITRINE_OK = 0,
  VITRINE_FAILED = 1,    /* the job failed: no memory, a missing module */
  VITRINE_USAGE = 2,     /* a wrong call: rows for an image model, a null pointer */
  VITRINE_BAD_INPUT = 3, /* a row or an image that can't be used */
  VITRINE_BAD_MODEL = 4  /* a file that is not a model, or that no engine runs */
} vitrine_status;

/* Of the last call in this thread that failed; "" before the first. Valid until the next call in this thread. */
const char* vitrine_error_message(void); /* what happened */
const char* vitrine_error_where(void);   /* file, byte, field */
const char* vitrine_error_hint(void);    /* how to fix it */

/* ---- Models -------------------------------------------------------------------------------------------------- */

typedef struct vitrine_model vitrine_model;

vitrine_status vitrine_open_file(const char* path, vitrine_model** out);
/* The bytes are copied. `name` stands for the path in errors; NULL: "model". */
vitrine_status vitrine_open_bytes(const void* bytes, size_t size, const char* name, vitrine_model** out);
/* NULL is allowed. */
void vitrine_close(vitrine_model* model);

/* Whether the model takes images; else it takes rows of a table. */
int vitrine_takes_images(const vitrine_model* model);
/* The card as JSON (columns, classes, metrics, training): docs/reference/model-file.md. Valid as long as the model. */
const char* vitrine_card(const vitrine_model* model);
/* The engine that runs it, for people. Valid as long as the model. */
const char* vitrine_engine(const vitrine_model* model);
size_t vitrine_class_count(const vitrine_model* model);
/* In the order of the probabilities; NULL beyond the last. Valid as long as the model. */
const char* vitrine_class_name(const vitrine_model* model, size_t index);
/* Columns of a table model in their order; 0 for image models. */
size_t vitrine_column_count(const vitrine_model* model);
const char* vitrine_column_name(const vitrine_model* model, size_t index);
/* 1 for a number, 0 for a category. */
int vitrine_column_is_number(const vitrine_model* model, size_t index);

/* ---- Predictions --------------------------------------------------------------------------------------------- */

typedef struct vitrine_predictions vitrine_predictions;

/* A column of rows: exactly one of `numbers` and `strings` is not NULL and has a value a row. */
typedef struct vitrine_column {
  const char* name;           /* case does not matter, a blank is the same as _ */
  const double* numbers;      /* NaN: missing */
  const char* const* strings; /* NULL: missing */
} vitrine_column;

/* A JSON object (one row) or an array of objects, as POST /predict takes them. */
vitrine_status vitrine_predict_json(const vitrine_model* model, const char* json, size_t size,
                                    vitrine_predictions** out);
/* Columns that the model does not have are ignored. */
vitrine_status vitrine_predict_columns(const vitrine_model* model, const vitrine_column* columns, size_t column_count,
                                       size_t rows, vitrine_predictions** out);
/* The bytes of one JPEG, PNG, WebP, HEIC or GIF file. */
vitrine_status vitrine_predict_image(const vitrine_model* model, const void* bytes, size_t size,
                                     vitrine_predictions** out);
/* One decoded image: width x height x 3 bytes RGB, row after row without padding, of any size. */
vitrine_status vitrine_predict_rgb(const vitrine_model* model, const uint8_t* pixels, int width, int height,
                                   vitrine_predictions** out);
/* NULL is allowed. */
void vitrine_predictions_free(vitrine_predictions* predictions);

/* Rows (or images) of the input. */
size_t vitrine_row_count(const vitrine_predictions* predictions);
/* rows x classes numbers from 0 to 1, row after row. A model of a number (vitrine_class_count() is 0): rows x 3, the
   prediction and both ends of its 90 % interval. Valid as long as the predictions. */
const float* vitrine_probabilities(const vitrine_predictions* predictions);
/* The class of each row: its index. The decision threshold of the model is obeyed. A model of a number: the tenth of the
   training rows' numbers (0 to 9) in which the prediction is. */
const int32_t* vitrine_labels(const vitrine_predictions* predictions);
/* What was odd about a row: a category that was not in training, a truncated photo. NULL beyond the last. */
const char* vitrine_warning(const vitrine_predictions* predictions, size_t row, size_t index);

/* ---- Explanations -------------------------------------------------------------------------------------------- */

/* One JSON object a row, each on a line, with "explanation": what each column added to the prediction. */
vitrine_status vitrine_explain_json(const vitrine_model* model, const char* json, size_t size, char** out);
/* One JSON object: how much less probable the answer is with a part of the image covered, on a grid of 7 x 7. */
vitrine_status vitrine_explain_image(const vitrine_model* model, const void* bytes, size_t size, char** out);
/* NULL is allowed. */
void vitrine_text_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
