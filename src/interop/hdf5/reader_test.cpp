#include "interop/hdf5/reader.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <functional>
#include <vector>

#include "base/error.h"

namespace vitrine::interop {
namespace {

void add_text(hid_t at, const char* name, const char* text) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, static_cast<const void*>(&text));
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void add_array(hid_t at, const char* name, const std::vector<hsize_t>& shape,
               hid_t options = H5P_DEFAULT, const std::vector<double>& values = {}) {
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t array =
      H5Dcreate2(at, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, options, H5P_DEFAULT);
  if (!values.empty())
    H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(array);
  H5Sclose(space);
}

/// A file in memory, filled by `fill`.
std::string made(const std::function<void(hid_t)>& fill) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 4096, false);
  const hid_t file = H5Fcreate("made", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  fill(file);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  std::string out(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)), '\0');
  H5Fget_file_image(file, out.data(), out.size());
  H5Fclose(file);
  H5Pclose(access);
  return out;
}

std::string ordinary() {
  return made([](hid_t file) {
    add_text(file, "model_config", "{}");
    const hid_t group = H5Gcreate2(file, "weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add_array(group, "kernel", {2, 3}, H5P_DEFAULT, {1, 2, 3, 4, 5, 6.5});
    add_array(file, "optimizer_state", {1}, H5P_DEFAULT, {1});
    // A cycle, and links that lead elsewhere.
    H5Lcreate_hard(file, "/", group, "again", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", group, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/", group, "outside", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
  });
}

TEST(Hdf5, arrays_and_texts_are_read) {
  const Hdf5File file = read_in_child(ordinary(), "m.h5");
  EXPECT_EQ(file.text("", "model_config"), "{}");
  ASSERT_EQ(file.arrays.size(), 1U);
  const Hdf5Array& kernel = file.arrays.at("weights/kernel");
  EXPECT_EQ(kernel.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(kernel.values, (std::vector<float>{1, 2, 3, 4, 5, 6.5F}));
}

TEST(Hdf5, files_that_claim_a_huge_array_are_refused) {
  const std::string bytes = made([](hid_t file) {
    const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
    const std::array<hsize_t, 1> chunk{1024};
    H5Pset_chunk(options, 1, chunk.data());
    H5Pset_deflate(options, 9);
    add_array(file, "bomb", {hsize_t{1} << 40}, options);
    H5Pclose(options);
  });
  EXPECT_LT(bytes.size(), 10'000U);
  EXPECT_THROW(read_in_child(bytes, "m.h5"), Error);
}

TEST(Hdf5, arrays_in_other_files_are_not_read) {
  const std::string bytes = made([](hid_t file) {
    const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(options, "/etc/hostname", 0, 4);
    add_array(file, "outside", {1}, options);
    H5Pclose(options);
  });
  EXPECT_THROW(read_in_child(bytes, "m.h5"), Error);
}

TEST(Hdf5, damaged_files_end_in_an_error_or_are_read) {
  const std::string whole = ordinary();
  for (std::size_t size = 0; size < whole.size(); size += 97)
    EXPECT_THROW(read_in_child(whole.substr(0, size), "m.h5"), Error) << size;
  for (std::size_t place = 8; place < whole.size(); place += 61) {
    std::string broken = whole;
    broken[place] = static_cast<char>(broken[place] ^ 0xFF);
    try {
      (void)read_in_child(broken, "m.h5");
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint.empty());
    }
  }
}

TEST(Hdf5, replies_of_a_child_that_was_taken_over_are_checked) {
  std::string reply(8, '\0');
  EXPECT_THROW(decode_reply("", "m.h5"), Error);
  reply[0] = 100;
  EXPECT_THROW(decode_reply(reply, "m.h5"), Error);
  const auto with = [](const std::string& header) {
    std::string out(8, '\0');
    out[0] = static_cast<char>(header.size());
    return out + header + std::string(8, '\0');
  };
  EXPECT_EQ(decode_reply(with(R"({"texts":{},"arrays":[{"path":"a","shape":[2]}]})"), "m.h5")
                .arrays.at("a")
                .values.size(),
            2U);
  for (const char* header :
       {R"({"texts":{},"arrays":[{"path":"a","shape":[3]}]})",
        R"({"texts":{},"arrays":[{"path":"a","shape":[-1]}]})",
        R"({"texts":{},"arrays":[{"path":"a","shape":[4611686018427387904,4]}]})",
        R"({"texts":{"":{"a":1}},"arrays":[]})", "{"})
    EXPECT_THROW(decode_reply(with(header), "m.h5"), Error) << header;
}

}  // namespace
}  // namespace vitrine::interop
