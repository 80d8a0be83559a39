/* predict MODEL ROWS.json: prints each row's class and its probability.
 *
 *     cc predict.c $(pkg-config --cflags --libs vitrine) -o predict
 */
#include <stdio.h>
#include <stdlib.h>
#include <vitrine/vitrine.h>

static int complain(void) {
  fprintf(stderr, "error: %s\n  where: %s\n  hint: %s\n", vitrine_error_message(), vitrine_error_where(),
          vitrine_error_hint());
  return 1;
}

int main(int argc, char** argv) {
  static char json[1 << 20];
  vitrine_model* model = NULL;
  vitrine_predictions* predictions = NULL;
  FILE* file;
  size_t size, row;
  if (argc != 3) return fprintf(stderr, "usage: predict MODEL ROWS.json\n"), 2;
  file = fopen(argv[2], "rb");
  if (file == NULL) return perror(argv[2]), 1;
  size = fread(json, 1, sizeof json, file);
  fclose(file);

  if (vitrine_open_file(argv[1], &model) != VITRINE_OK) return complain();
  if (vitrine_predict_json(model, json, size, &predictions) != VITRINE_OK) {
    vitrine_close(model);
    return complain();
  }
  for (row = 0; row < vitrine_row_count(predictions); ++row) {
    const int label = vitrine_labels(predictions)[row];
    const float* probabilities = vitrine_probabilities(predictions) + row * vitrine_class_count(model);
    printf("%s %.3f\n", vitrine_class_name(model, (size_t)label), probabilities[label]);
  }
  vitrine_predictions_free(predictions);
  vitrine_close(model);
  return 0;
}
