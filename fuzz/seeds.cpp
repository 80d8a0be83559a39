// Writes seeds for every fuzz target, from our own generators: fuzz_seeds FOLDER.
#include <filesystem>
#include <fstream>
#include <string>

#include "base/base64.h"
#include "base/file.h"
#include "data/image/encode.h"
#include "data/table/schema_inference.h"
#include "model/card.h"
#include "model/model_file.h"
#include "model/table_graph.h"
#include "sample/churn.h"
#include "sample/clothes.h"
#include "serve/api/inference.pb.h"
#include "serve/models/test_model.h"

namespace {

namespace fs = std::filesystem;
using namespace vitrine;

fs::path root;

void seed(const std::string& target, const std::string& name, std::string_view bytes) {
  fs::create_directories(root / target);
  std::ofstream(root / target / name, std::ios::binary) << bytes;
}

void seed_tables() {
  sample::write_churn_sample(root / "churn.csv", 40, 1);
  seed("csv", "churn", read_file(root / "churn.csv", 1 << 20, "the table"));
  fs::remove(root / "churn.csv");
  seed("csv", "semicolon", "a;b;y\n1,5;x;ja\n2,5;;nein\n\"3\";\"q\"\"q\";ja\n");
  seed("csv", "tabs", "a\tb\ty\r\n1\t2\tno\r\n3\t4\tyes\r\n");
  seed("csv", "bom",
       "\xEF\xBB\xBF"
       "a,y\n1,0\n2,1\n");
  for (const char* target : {"json_rows", "native_json"}) {
    seed(target, "row", R"({"size": 3, "kind": "blue"})");
    seed(target, "rows", R"([{"size": null, "kind": "Red Apple"}, {"SIZE": "4", "kind": "?"}])");
    seed(target, "odd", R"({"size": 1e400, "kind": ["blue"], "x": {"y": [1, 2, {}]}})");
  }
  seed("native_csv", "rows", "size,kind\n3,blue\n,Red Apple\n");
}

void seed_table_files() {
  using namespace std::string_view_literals;
  seed("table_file", "gzip",
       "\037\213\010\000\000\000\000\000\002\003\113\324\251\344\062\324\061\340\062\322\061"
       "\344\002\000\321\241\233\231\014\000\000\000"sv);
  seed("table_file", "zip",
       "\120\113\003\004\024\000\000\000\010\000\000\000\041\134\321\241\233\231\016\000\000"
       "\000\014\000\000\000\005\000\000\000\164\056\143\163\166\113\324\251\344\062\324\061"
       "\340\062\322\061\344\002\000\120\113\001\002\024\003\024\000\000\000\010\000\000\000"
       "\041\134\321\241\233\231\016\000\000\000\014\000\000\000\005\000\000\000\000\000\000"
       "\000\000\000\000\000\200\001\000\000\000\000\164\056\143\163\166\120\113\005\006\000"
       "\000\000\000\001\000\001\000\063\000\000\000\061\000\000\000\000\000"sv);
  seed("table_file", "utf16",
       "\xFF\xFE"
       "a\0,\0y\0\n\0"
       "1\0,\0"
       "2\0\n\0"sv);
  seed("table_file", "latin1", "caf\xE9;y\r1,5 EUR;no\r2,5 EUR;yes\r"sv);
  seed("table_file", "arff", "@relation r\n@attribute 'a b' numeric\n@data\n1\n?\n'2'\n"sv);
  seed("table_file", "json_lines", "{\"a\": 1, \"b\": null}\n{\"b\": \"$1,234.50\"}\n"sv);
  seed("table_file", "json_array", "[{\"a\": true}, {\"a\": 1.5, \"c\": \"(3)\"}]"sv);
  seed(
      "workbook", "xlsx",
      "0<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>y</t>"
      "</is></c></row><row r=\"3\"><c s=\"1\"><v>45498.5</v></c><c><f>1</f><v>1.5</v></c></row>"sv);
  seed("workbook", "ods",
       "1<table:table table:name=\"S\"><table:table-row><table:table-cell "
       "office:value-type=\"string\"><text:p>a</text:p></table:table-cell></table:table-row>"
       "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell "
       "office:value-type=\"date\" office:date-value=\"2024-07-25\"/></table:table-row>"
       "</table:table>"sv);
  seed("csv", "titles", "Report\n# x\na,b,a\n1,2,3\n4,5\n6,7,8,\nTotal,9,9\n");
}

/// A linear model of a number, with a date among its columns.
std::string number_model() {
  std::string text = "sold,size,price\n";
  for (int i = 0; i < 40; ++i) {
    text += "2024-01-" + std::to_string(10 + i % 20) + "," + std::to_string(i % 7) + "," +
            std::to_string(100 + i) + "\n";
  }
  std::vector<data::Warning> warnings;
  model::Card card;
  card.algorithm = "linear";
  card.schema = data::infer_schema(data::read_csv(text, "t"), {.target = "price"}, warnings);
  card.schema.target.number->intervals = {{data::kDefaultLevel, 1}};
  const model::FeatureLayout layout = model::lay_out_features(card.schema, true);
  const model::LinearModel linear{
      .weights = std::vector(2, std::vector<double>(layout.size, 0.125)),
      .bias = {1, 0},
      .imputed = std::vector<float>(layout.numbers, 0),
      .offset = std::vector<float>(layout.numbers, 0),
      .scale = std::vector<float>(layout.numbers, 1)};
  return model::serialise_model(
      model::build_table_graph(card.schema, layout, linear, card.threshold), card);
}

void seed_models() {
  const serve::TestModel model;
  const std::string bytes = read_file(model.path(), 1 << 20, "the model");
  seed("model_file", "linear", bytes);
  seed("card", "card", model::parse_model(bytes, "m").card_text);
  const std::string numbers = number_model();
  seed("model_file", "number", numbers);
  seed("card", "number", model::parse_model(numbers, "m").card_text);
}

/// Protocol 2 and 4: a dictionary, and a class by its name.
void seed_pickles() {
  using namespace std::string_view_literals;
  seed("pickle", "dict",
       "\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02]q\x03(K\x02K\x03eu."sv);
  seed("pickle", "global",
       "\x80\x02cnumpy\ndtype\nq\x00X\x02\x00\x00\x00f8q\x01K\x00K\x01\x87q\x02Rq\x03."sv);
  seed("pickle", "framed",
       "\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x03"
       "abc\x94\x8c\x01z\x86."sv);
}

/// One tree with one split, as text and as UBJSON.
void seed_boosters() {
  const Json tree{{"left_children", {1, -1, -1}}, {"right_children", {2, -1, -1}},
                  {"split_indices", {0, 0, 0}},   {"split_conditions", {0.5, -1.0, 1.0}},
                  {"default_left", {1, 0, 0}},    {"sum_hessian", {2.0, 1.0, 1.0}}};
  const Json model{
      {"version", {3, 0, 0}},
      {"learner",
       {{"learner_model_param", {{"num_feature", "1"}, {"base_score", "5E-1"}, {"num_class", "0"}}},
        {"feature_names", {"x"}},
        {"objective", {{"name", "binary:logistic"}}},
        {"gradient_booster",
         {{"name", "gbtree"},
          {"model",
           {{"gbtree_model_param", {{"num_parallel_tree", "1"}}},
            {"trees", {tree}},
            {"tree_info", {0}}}}}}}}};
  seed("booster", "text", model.dump());
  const std::vector<std::uint8_t> binary = Json::to_ubjson(model);
  seed("booster", "ubj", std::string(binary.begin(), binary.end()));
}

/// A graph whose output is its input, and a list of no variables.
std::string saved_model_seed() {
  const auto field = [](int number, const std::string& bytes) {
    return std::string{static_cast<char>(number * 8 + 2), static_cast<char>(bytes.size())} + bytes;
  };
  const auto entry = [&](const std::string& key, const std::string& value) {
    return field(1, key) + field(2, value);
  };
  const std::string func = field(5, entry("f", field(10, field(1, "r"))));
  const std::string nodes = field(1, field(1, "x") + field(2, "Placeholder")) +
                            field(1, field(1, "s") + field(2, "Softmax") + field(3, "x")) +
                            field(1, field(1, "c") + field(2, "StatefulPartitionedCall") + func);
  const std::string library = field(2, field(1, field(1, field(1, "r"))));
  const std::string image =
      field(2, "\x08\x01") + field(2, "\x08\x08") + field(2, "\x08\x08") + field(2, "\x08\x03");
  const std::string signature =
      field(1, entry("x", field(1, "x:0") + "\x10\x01" + field(3, image))) +
      field(2, entry("y", field(1, "s:0")));
  const std::string meta = field(2, nodes + library) + field(3, field(3, "c")) +
                           field(5, entry("serving_default", signature));
  // Two empty blocks with their trailers, and the footer that leads to the second.
  const std::string index(18, '\0');
  std::string footer{0, 4, 9, 4};
  footer.resize(40);
  return std::string("\x08\x01\x12") + static_cast<char>(meta.size() % 128 + 128) +
         static_cast<char>(meta.size() / 128) + meta + "\xFF\xFF\xFF\xFF" + index + footer +
         "\x57\xFB\x80\x8B\x24\x75\x47\xDB";
}

/// Two models of small layers.
void seed_keras() {
  seed("keras", "sequence", R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
    {"class_name": "InputLayer", "config": {"batch_shape": [null, 32, 32, 3], "name": "i"}},
    {"class_name": "Rescaling", "config": {"name": "r", "scale": 0.01, "offset": [0, 1, 2]}},
    {"class_name": "Conv2D", "config": {"name": "c", "strides": [2, 2], "padding": "same", "activation": "relu"}},
    {"class_name": "BatchNormalization", "config": {"name": "b", "axis": -1}},
    {"class_name": "ZeroPadding2D", "config": {"name": "z", "padding": [[0, 1], [0, 1]]}},
    {"class_name": "DepthwiseConv2D", "config": {"name": "d", "padding": "valid"}},
    {"class_name": "MaxPooling2D", "config": {"name": "p", "pool_size": [2, 2], "padding": "same"}},
    {"class_name": "GlobalAveragePooling2D", "config": {"name": "g"}},
    {"class_name": "Dense", "config": {"name": "e", "activation": "softmax"}}]}})");
  seed("keras", "graph", R"({"class_name": "Functional", "config": {"name": "m", "layers": [
    {"class_name": "InputLayer", "name": "i", "config": {"batch_input_shape": [null, null, null, 3], "name": "i"}, "inbound_nodes": []},
    {"class_name": "TFOpLambda", "name": "t", "config": {"name": "t", "function": "math.truediv"}, "inbound_nodes": [["i", 0, 0, {"y": 255.0}]]},
    {"class_name": "Conv2D", "name": "c", "config": {"name": "c"}, "inbound_nodes": [[["t", 0, 0, {}]]]},
    {"class_name": "Conv2D", "name": "c1", "config": {"name": "c1", "activation": "swish"},
     "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}], "kwargs": {}}]},
    {"class_name": "Add", "name": "a", "config": {"name": "a", "trainable": true}, "inbound_nodes": [[["c", 0, 0, {}], ["c1", 0, 0, {}]]]},
    {"class_name": "Concatenate", "name": "j", "config": {"name": "j", "axis": -1}, "inbound_nodes": [[["a", 0, 0, {}], ["c", 0, 0, {}]]]},
    {"class_name": "Cropping2D", "name": "k", "config": {"name": "k", "cropping": 1}, "inbound_nodes": [[["j", 0, 0, {}]]]},
    {"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["k", 0, 0, {}]]]},
    {"class_name": "Softmax", "name": "s", "config": {"name": "s", "axis": -1}, "inbound_nodes": [[["f", 0, 0, {}]]]}],
    "input_layers": [["i", 0, 0]], "output_layers": [["s", 0, 0]]}})");
  seed("saved_model", "empty", saved_model_seed());
  const std::string header =
      R"({"texts": {"": {"a": ["b"]}}, "arrays": [{"path": "x", "shape": [2]}]})";
  std::string reply(8, '\0');
  reply[0] = static_cast<char>(header.size());
  seed("hdf5_reply", "one_array", reply + header + std::string(8, '\1'));
}

/// A tree with two splits, and one with none.
void seed_lightgbm() {
  seed("lightgbm", "two_trees",
       "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
       "objective=binary sigmoid:1\nfeature_names=a b\nfeature_infos=[0:9] none\n\nTree=0\n"
       "num_leaves=3\nnum_cat=0\nsplit_feature=0 1\nsplit_gain=2 1\nthreshold=0.5 1.5\n"
       "decision_type=2 8\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=0.1 -0.2 0.3\n"
       "leaf_weight=1 1 1\nleaf_count=4 5 6\ninternal_value=0 0\ninternal_weight=0 3\n"
       "internal_count=15 10\nis_linear=0\nshrinkage=1\n\n\nTree=1\nnum_leaves=1\nnum_cat=0\n"
       "leaf_value=0.05\nis_linear=0\nshrinkage=1\n\n\nend of trees\n\nparameters:\nend of "
       "parameters\n\npandas_categorical:null\n");
}

std::string big_endian(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
  return out;
}

void seed_images() {
  const data::Image image = sample::draw_clothes(1, 1, 24);
  const std::string jpeg = data::encode_jpeg(image, 80);
  seed("image", "jpeg", jpeg);
  seed("image", "png", data::encode_png(image));
  using namespace std::string_view_literals;
  seed(
      "image", "gif",
      "GIF89a\x02\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\xff,\x00\x00\x00\x00\x02\x00\x01\x00\x00\x02\x02\x04\n\x00;"sv);
  seed(
      "image", "webp",
      "RIFF\x24\x00\x00\x00WEBPVP8L\x18\x00\x00\x00/\x01\x00\x00\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01\x00"sv);
  seed("multipart", "form",
       "multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; name=\"image\"; "
       "filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" +
           jpeg + "\r\n--b--\r\n");
  seed("multipart", "json", "application/json\n{\"image\": \"" + encode_base64(jpeg) + "\"}");
  seed("multipart", "raw", "image/jpeg\n" + jpeg);
  const std::string images =
      big_endian(0x0803) + big_endian(2) + big_endian(3) + big_endian(3) + std::string(18, '7');
  const std::string labels = big_endian(0x0801) + big_endian(2) + std::string("\x00\x01", 2);
  seed(
      "idx", "two",
      std::string(1, static_cast<char>(255 * images.size() / (images.size() + labels.size()) + 1)) +
          images + labels);
}

void seed_protocols() {
  const std::string row =
      R"({"inputs": [{"name": "size", "shape": [1, 1], "datatype": "FP32", "data": [3]},
    {"name": "kind", "shape": [1, 1], "datatype": "BYTES", "data": ["blue"]}]})";
  seed("open_inference_json", "columns", row);
  seed("open_inference_json", "row",
       R"({"id": "7", "inputs": [{"name": "row", "shape": [1], "datatype": "BYTES",
    "data": ["{\"size\": 3, \"kind\": \"blue\"}"]}], "outputs": [{"name": "probabilities", "parameters": {"binary_data": true}}]})");
  const std::string json =
      R"({"inputs": [{"name": "size", "shape": [1, 1], "datatype": "FP32", "parameters": {"binary_data_size": 4}},
    {"name": "kind", "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": 8}}]})";
  seed("open_inference_binary", "columns",
       std::string{static_cast<char>(json.size() % 256), static_cast<char>(json.size() / 256)} +
           json +
           std::string("\x00\x00\x40\x40\x04\x00\x00\x00"
                       "blue",
                       12));
  seed("tensorflow_json", "instances",
       R"({"instances": [{"size": 3, "kind": "blue"}, {"size": null, "kind": "x"}]})");
  seed(
      "tensorflow_json", "inputs",
      R"({"signature_name": "serving_default", "inputs": {"size": [3, 4], "kind": ["blue", "blue"]}})");
  inference::ModelInferRequest request;
  request.set_model_name("fruit");
  auto& input = *request.add_inputs();
  input.set_name("row");
  input.set_datatype("BYTES");
  input.add_shape(1);
  input.mutable_contents()->add_bytes_contents(R"({"size": 3, "kind": "blue"})");
  seed("open_inference_grpc", "row", request.SerializeAsString());
  inference::ModelInferRequest raw;
  raw.set_model_name("fruit");
  for (const char* name : {"size", "kind"}) {
    auto& one = *raw.add_inputs();
    one.set_name(name);
    one.set_datatype(std::string(name) == "size" ? "FP32" : "BYTES");
    one.add_shape(1);
    one.add_shape(1);
  }
  raw.add_raw_input_contents(std::string("\x00\x00\x40\x40", 4));
  raw.add_raw_input_contents(
      std::string("\x04\x00\x00\x00"
                  "blue",
                  8));
  seed("open_inference_grpc", "raw", raw.SerializeAsString());
  seed("lambda_event", "direct",
       R"({"customer": {"size": 3, "kind": "blue"}, "model": "fruit", "explain": true})");
  seed(
      "lambda_event", "http",
      R"({"version": "2.0", "rawPath": "/predict", "rawQueryString": "a=1", "headers": {"content-type": "application/json"},
    "requestContext": {"http": {"method": "POST"}}, "body": "e30=", "isBase64Encoded": true})");
  seed(
      "lambda_event", "alb",
      R"({"httpMethod": "POST", "path": "/predict", "multiValueQueryStringParameters": {"a": ["1", "2"]},
    "multiValueHeaders": {"content-type": ["text/csv"]}, "body": "size,kind", "requestContext": {"elb": {}}})");
}

void seed_http() {
  const std::string body = R"({"size": 3, "kind": "blue"})";
  const std::string post =
      "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  seed("http", "ping", "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
  seed("http", "post", post);
  seed("http", "pipelined", post + "GET /models?x=%41 HTTP/1.1\r\nHost: x\r\n\r\n" + post);
  seed("http", "chunked",
       "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
       "chunked\r\n\r\n1b\r\n" +
           body + "\r\n0\r\n\r\n");
  seed("http", "expect",
       "POST /v2/models/fruit/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
       "2\r\n\r\n{}");
  seed("http", "old",
       "GET /metrics HTTP/1.0\r\ntraceparent: "
       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nConnection: keep-alive\r\n\r\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  root = argv[1];
  fs::create_directories(root);
  seed_tables();
  seed_table_files();
  seed_models();
  seed_pickles();
  seed_boosters();
  seed_lightgbm();
  seed_keras();
  seed_images();
  seed_protocols();
  seed_http();
}
