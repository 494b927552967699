// .npy files, against bytes as NumPy writes them.
#include "run/output/npy_file.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace arrayflex::command {
namespace {

const std::string kGood = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n";

std::string file(const std::string& header, const std::string& data = "", int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    text += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  }
  return text + header + data;
}

NpyHeader header_of(const std::string& bytes) {
  std::istringstream stream(bytes);
  const NpyLayout layout = read_npy_layout(stream);
  NpyHeader header = read_npy_header(stream, layout);
  EXPECT_EQ(static_cast<std::uintmax_t>(stream.tellg()), layout.data_offset);
  return header;
}

/// The mistake in a file; empty if there is none.
std::string problem(const std::string& bytes) {
  try {
    header_of(bytes);
    return "";
  } catch (const NpyError& error) {
    return error.what();
  }
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kGood;
  return text.replace(text.find(from), from.size(), to);
}

TEST(NpyFile, HeadersOfEveryVersion) {
  for (const int version : {1, 2, 3}) {
    const NpyHeader header = header_of(file(kGood, "", version));
    EXPECT_EQ(header.type, "<i4");
    EXPECT_FALSE(header.fortran_order);
    EXPECT_EQ(header.shape, (std::vector<std::size_t>{2, 3}));
  }
}

TEST(NpyFile, HeadersOfEveryForm) {
  EXPECT_TRUE(header_of(file(replaced("False", "True"))).fortran_order);
  EXPECT_EQ(header_of(file(replaced("(2, 3)", "(7,)"))).shape, std::vector<std::size_t>{7});
  EXPECT_TRUE(header_of(file(replaced("(2, 3)", "()"))).shape.empty());
  EXPECT_EQ(header_of(file(replaced("<i4", ">f8"))).type, ">f8");
  const NpyHeader any_order =
      header_of(file("{'shape': (4, 5), 'fortran_order': True, 'descr': '|i1'}\n"));
  EXPECT_EQ(any_order.type, "|i1");
  EXPECT_TRUE(any_order.fortran_order);
  EXPECT_EQ(any_order.shape, (std::vector<std::size_t>{4, 5}));
}

TEST(NpyFile, NumbersBeyondAllBoundsAreTheLargest) {
  EXPECT_EQ(header_of(file(replaced("(2,", "(99999999999999999999,"))).shape[0], SIZE_MAX);
}

TEST(NpyFile, MistakesAreNamed) {
  const std::string good = file(kGood);
  EXPECT_EQ(problem(""), "no .npy file");
  EXPECT_EQ(problem("PK" + good.substr(2)), "no .npy file");
  EXPECT_EQ(problem(good.substr(0, 6) + "\x09" + good.substr(7)), "format version 9.0");
  EXPECT_EQ(problem(good.substr(0, 9)), "truncated");
  EXPECT_EQ(problem(good.substr(0, good.size() - 1)), "truncated");
  for (const auto& [header, wrong] : std::vector<std::pair<std::string, std::string>>{
           {"", "invalid header"},
           {"{}", "invalid header"},
           {"\n", "unable to unwrap"},
           {"hello\n", "unable to unwrap"},
           {"{\n", "unable to unwrap"},
           {"{}\n", "missing 'descr' key"},
           {replaced("'shape'", "'size'"), "missing 'shape' key"},
           {replaced("'fortran_order'", "'order'"), "missing 'fortran_order' key"},
           {replaced("'<i4'", "<i4"), "unable to unwrap"},
           {replaced("<i4", "i4"), "invalid typestring"},
           {replaced("<i4", "<x4"), "invalid typestring"},
           {replaced("<i4", "<i"), "invalid typestring"},
           {replaced("<i4", "<i4z"), "invalid typestring"},
           {replaced("False", "false"), "invalid fortran_order value"},
           {replaced("(2, 3)", "2, 3"), "unable to unwrap"},
           {replaced("(2, 3)", "(2, 3"), "unable to unwrap"},
           {replaced("(2, 3)", "(2, x)"), "invalid shape"},
           {replaced("(2, 3)", "(2x, 3)"), "invalid shape"},
           {replaced("(2, 3)", "(, 3)"), "invalid shape"}}) {
    EXPECT_EQ(problem(file(header)), "malformed header (" + wrong + ")") << header;
  }
}

TEST(NpyFile, ValuesComeInRowMajorOrder) {
  const std::string data("\1\0\2\0\3\0\4\0\5\0\xFF\xFF", 12);
  NpyHeader header{"<i2", false, {2, 3}};
  std::istringstream rows(data);
  EXPECT_EQ(read_npy_values<std::int16_t>(rows, header),
            (std::vector<std::int16_t>{1, 2, 3, 4, 5, -1}));
  header.fortran_order = true;
  std::istringstream columns(data);
  EXPECT_EQ(read_npy_values<std::int16_t>(columns, header),
            (std::vector<std::int16_t>{1, 3, 5, 2, 4, -1}));
  std::istringstream early(data.substr(1));
  EXPECT_THROW(read_npy_values<std::int16_t>(early, header), NpyError);
}

TEST(NpyFile, WrittenHeadersAreReadBackAndAligned) {
  for (const std::int64_t rows : {1, 123, 2147483647}) {
    const std::string text = npy_header_text("<i8", rows, 7);
    EXPECT_EQ(text.size() % 64, 0U);
    const NpyHeader header = header_of(text);
    EXPECT_EQ(header.type, "<i8");
    EXPECT_EQ(header.shape, (std::vector<std::size_t>{static_cast<std::size_t>(rows), 7}));
  }
}

}  // namespace
}  // namespace arrayflex::command
