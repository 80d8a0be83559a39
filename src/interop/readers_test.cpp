#include "interop/readers.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vitrine::interop {
namespace {

std::string hint_for(const std::string& bytes) {
  const InputFile file{"model.bin", bytes};
  try {
    reader_of(std::span(&file, 1));
  } catch (const Error& error) {
    EXPECT_EQ(error.where, "model.bin");
    return error.message + "; " + error.hint;
  }
  return "";
}

TEST(Readers, claim_pickles_of_all_protocols) {
  for (const std::string start :
       {"\x80\x04\x95", "ccopy_reg\n_reconstructor\n", "(lp0\n", "]q\x01."}) {
    EXPECT_EQ(hint_for(start), "") << start;
  }
}

TEST(Readers, claim_texts_of_boosters) {
  EXPECT_EQ(hint_for("tree\nversion=v4\n"), "");
  EXPECT_EQ(hint_for("{\"learner\":{}}"), "");
}

TEST(Readers, name_the_format_of_files_that_are_not_theirs) {
  EXPECT_NE(hint_for("\x08\x09").find("serve"), std::string::npos);
  EXPECT_NE(hint_for("PK\x03\x04").find("torch.onnx.export"), std::string::npos);
  EXPECT_NE(hint_for("").find("empty"), std::string::npos);
  EXPECT_NE(hint_for("a,b\n1,2\n3,4\n").find("a text file"), std::string::npos);
  EXPECT_NE(hint_for("\x01\x02").find("import reads pickles"), std::string::npos);
}

}  // namespace
}  // namespace vitrine::interop
