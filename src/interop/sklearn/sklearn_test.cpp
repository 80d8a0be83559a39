#include "interop/sklearn/sklearn.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/error.h"
#include "data/table/row.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine::interop {
namespace {

using namespace std::string_literals;

/// Writes pickles of protocol 2, opcode by opcode.
class Writer {
 public:
  Writer& raw(const std::string& bytes) { return out_ += bytes, *this; }
  Writer& text(const std::string& value) { return raw("X").little(value.size(), 4).raw(value); }
  Writer& whole(std::uint64_t value) { return raw("J").little(value, 4); }
  Writer& global(const std::string& module, const std::string& name) {
    return raw("c" + module + "\n" + name + "\n");
  }
  Writer& object(const std::string& module, const std::string& name) {
    return global(module, name).raw(")\x81}(");
  }
  Writer& end_object() { return raw("ub"); }
  Writer& array(std::vector<std::uint64_t> shape, const std::vector<double>& values) {
    global("numpy.core.multiarray", "_reconstruct")
        .global("numpy", "ndarray")
        .whole(0)
        .raw("\x85")
        .raw("C\x01")
        .raw("b")
        .raw("\x87R(");
    whole(1).raw("(");
    for (const auto size : shape) whole(size);
    raw("t").global("numpy", "dtype").text("f8").raw("\x89\x88\x87R(");
    whole(3).text("<").raw("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff").whole(0).raw("tb\x89");
    raw("B").little(values.size() * 8, 4);
    for (const double value : values) little(std::bit_cast<std::uint64_t>(value), 8);
    return raw("tb");
  }
  Writer& vectorizer() {
    return object("sklearn.feature_extraction._dict_vectorizer", "DictVectorizer")
        .text("separator")
        .text("=")
        .text("vocabulary_")
        .raw("}(")
        .text("contract=one_year")
        .whole(0)
        .text("contract=two_year")
        .whole(1)
        .text("tenure")
        .whole(2)
        .raw("u")
        .end_object();
  }
  Writer& regression(const std::string& version, const std::string& multi,
                     const std::vector<double>& weights) {
    return object("sklearn.linear_model._logistic", "LogisticRegression")
        .text("coef_")
        .array({1, weights.size()}, weights)
        .text("intercept_")
        .array({1}, {0.5})
        .text("classes_")
        .array({2}, {0, 1})
        .text("solver")
        .text("liblinear")
        .text("multi_class")
        .text(multi)
        .text("_sklearn_version")
        .text(version)
        .end_object();
  }
  std::string tuple() const { return "\x80\x02(" + out_ + "t."; }

 private:
  Writer& little(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) out_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  std::string out_;
};

ImportedModel import_bytes(const std::string& bytes, const ImportOptions& options = {}) {
  std::vector<std::unique_ptr<Pickle>> pickles;
  pickles.push_back(std::make_unique<Pickle>(bytes, "m.bin"));
  return import_sklearn(pickles, options);
}

double probability(ImportedModel model, const std::string& json) {
  const model::ModelFile file =
      model::parse_model(model::serialise_model(take_graph(model), model.card), "m");
  return static_cast<double>(engine::open_predictor(file)
                                 ->predict(data::read_json_rows(file.card->schema, json, 1).table)
                                 .probabilities[1]);
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

Error error_of(const std::string& bytes) {
  try {
    import_bytes(bytes);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::failed, "", "", ""};
}

const std::vector<double> kWeights = {-0.5, -1.5, 0.25};

TEST(Sklearn, a_vectorizer_and_a_regression_are_imported) {
  const auto model =
      import_bytes(Writer().vectorizer().regression("1.2.0", "auto", kWeights).tuple());
  ASSERT_EQ(model.card.schema.columns.size(), 2);
  EXPECT_NEAR(probability(model, R"({"contract": "Two year", "tenure": 3})"),
              logistic(0.5 - 1.5 + 0.75), 1e-6);
  EXPECT_NEAR(probability(model, R"({"contract": "ten_year", "other": 1})"), logistic(0.5), 1e-6);
  EXPECT_NEAR(probability(model, "{}"), logistic(0.5), 1e-6);
}

TEST(Sklearn, a_scaler_is_folded_into_the_weights) {
  const auto bytes = Writer()
                         .vectorizer()
                         .object("sklearn.preprocessing._data", "StandardScaler")
                         .text("mean_")
                         .array({3}, {0.5, 0.25, 10})
                         .text("scale_")
                         .array({3}, {1, 2, 4})
                         .end_object()
                         .regression("1.2.0", "auto", kWeights)
                         .tuple();
  const double z = 0.5 + -0.5 * -0.5 + -1.5 * (1 - 0.25) / 2 + 0.25 * (3 - 10) / 4.0;
  EXPECT_NEAR(probability(import_bytes(bytes), R"({"contract": "two_year", "tenure": 3})"),
              logistic(z), 1e-6);
}

TEST(Sklearn, predicts_as_the_version_that_saved_it_by_default) {
  const auto bytes = Writer().vectorizer().regression("1.6.1", "deprecated", kWeights).tuple();
  EXPECT_NEAR(probability(import_bytes(bytes), "{}"), logistic(0.5), 1e-6);
  EXPECT_EQ(import_bytes(bytes).notes.size(), 1);
  EXPECT_NEAR(probability(import_bytes(bytes, {.as_version = "1.3"}), "{}"), logistic(1.0), 1e-6);
  const auto multinomial =
      Writer().vectorizer().regression("1.2.0", "multinomial", kWeights).tuple();
  EXPECT_NEAR(probability(import_bytes(multinomial), "{}"), logistic(1.0), 1e-6);
}

TEST(Sklearn, other_names_are_rejected_and_no_code_is_run) {
  const Error system = error_of(
      "\x80\x02"
      "cos\nsystem\nX\x0e\x00\x00\x00touch /tmp/bad"
      "\x85R.");
  EXPECT_NE(system.message.find("'os.system'"), std::string::npos);
  EXPECT_EQ(system.where, "m.bin, byte 2");
  EXPECT_NE(error_of("cbuiltins\neval\n.").message.find("'builtins.eval'"), std::string::npos);
  EXPECT_NE(error_of(Writer()
                         .object("sklearn.ensemble._forest", "RandomForestClassifier")
                         .end_object()
                         .tuple())
                .message.find("RandomForestClassifier"),
            std::string::npos);
  EXPECT_EQ(error_of(Writer().vectorizer().tuple()).message, "there is no model");
  EXPECT_EQ(error_of(Writer().vectorizer().vectorizer().tuple()).message,
            "there are two DictVectorizers");
  EXPECT_NE(error_of(Writer().vectorizer().regression("1.2.0", "auto", {1, 2}).tuple())
                .message.find("1 x 3"),
            std::string::npos);
}

TEST(Sklearn, damage_at_any_byte_never_crashes) {
  const std::string bytes = Writer().vectorizer().regression("1.2.0", "auto", kWeights).tuple();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {1, 64}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      for (const std::string& text : {damaged, bytes.substr(0, at)}) {
        try {
          import_bytes(text);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind, ErrorKind::bad_input) << error.what();
        }
      }
    }
  }
}

TEST(Sklearn, hostile_lengths_depths_and_cycles_are_rejected) {
  EXPECT_THROW(import_bytes("\x80\x04\x8e" + std::string(8, '\x7f') + "x."), Error);
  EXPECT_THROW(import_bytes(std::string(1000000, '(') + "."), Error);
  EXPECT_THROW(import_bytes(std::string(1000000, ']') + "."), Error);
  EXPECT_THROW(import_bytes("\x80\x02]q\x00h\x00"
                            "a."s),
               Error);
}

}  // namespace
}  // namespace vitrine::interop
