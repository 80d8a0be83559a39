// columns MODEL IMAGE_MODEL PHOTO: rows as columns of numbers and strings, from two threads, and a
// photo.
#include <vitrine/vitrine.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Free {
  void operator()(vitrine_model* model) const { vitrine_close(model); }
  void operator()(vitrine_predictions* predictions) const { vitrine_predictions_free(predictions); }
};
using Model = std::unique_ptr<vitrine_model, Free>;
using Predictions = std::unique_ptr<vitrine_predictions, Free>;

[[noreturn]] void fail() {
  std::cerr << "error: " << vitrine_error_message() << "\n  where: " << vitrine_error_where()
            << "\n  hint: " << vitrine_error_hint() << "\n";
  std::exit(1);
}

Model open(const char* path) {
  vitrine_model* model = nullptr;
  if (vitrine_open_file(path, &model) != VITRINE_OK) fail();
  return Model(model);
}

/// Two rows of numbers, and of categories that were not in the training data: those are predicted
/// with a warning.
Predictions predict_two_rows(const vitrine_model* model) {
  const double numbers[] = {1, 20};
  const char* const strings[] = {"something new", "something else"};
  std::vector<vitrine_column> columns;
  for (std::size_t i = 0; i < vitrine_column_count(model); ++i) {
    const bool number = vitrine_column_is_number(model, i) != 0;
    columns.push_back(
        {vitrine_column_name(model, i), number ? numbers : nullptr, number ? nullptr : strings});
  }
  vitrine_predictions* out = nullptr;
  if (vitrine_predict_columns(model, columns.data(), columns.size(), 2, &out) != VITRINE_OK) fail();
  return Predictions(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: columns MODEL IMAGE_MODEL PHOTO\n", 2;
  const Model table = open(argv[1]);
  Predictions one, two;
  std::thread other([&] { one = predict_two_rows(table.get()); });
  two = predict_two_rows(table.get());
  other.join();
  for (int row = 0; row < 2; ++row) {
    const bool same =
        vitrine_probabilities(one.get())[2 * row] == vitrine_probabilities(two.get())[2 * row];
    std::cout << vitrine_class_name(table.get(),
                                    static_cast<std::size_t>(vitrine_labels(one.get())[row]))
              << (same ? "" : " (threads differ)") << "\n";
  }
  if (const char* warning = vitrine_warning(one.get(), 1, 0))
    std::cout << "warning: " << warning << "\n";

  const Model images = open(argv[2]);
  std::ifstream file(argv[3], std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  vitrine_predictions* photo = nullptr;
  if (vitrine_predict_image(images.get(), bytes.data(), bytes.size(), &photo) != VITRINE_OK) fail();
  std::cout << vitrine_class_name(images.get(), static_cast<std::size_t>(vitrine_labels(photo)[0]))
            << "\n";
  vitrine_predictions_free(photo);
}
