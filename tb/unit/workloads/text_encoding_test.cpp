// Text as other programs write it.
#include "workloads/text_encoding.h"

#include <gmock/gmock.h>

#include <string>

#include "arrayflex/core/error.h"
#include "workloads/layer_table.h"

namespace arrayflex::workloads {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::string utf16(const std::u16string& text, bool is_little) {
  std::string bytes = is_little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += is_little ? low : high;
    bytes += is_little ? high : low;
  }
  return bytes;
}

TEST(TextEncoding, LeavesUtf8AsItIs) {
  EXPECT_EQ(decode_text("a\xC3\xA9\r\nb\n", "f").text, "a\xC3\xA9\r\nb\n");
  EXPECT_EQ(decode_text("\xEF\xBB\xBF"
                        "a",
                        "f")
                .text,
            "a");
  EXPECT_THAT(decode_text("\xEF\xBB\xBF\x1B[0m\xE2\x82\xAC", "f").notes, IsEmpty());
}

TEST(TextEncoding, ReadsUtf16OfBothOrders) {
  for (const bool is_little : {true, false}) {
    const DecodedText decoded = decode_text(utf16(u"a\u00e9\u20ac\U0001F600\n", is_little), "f");
    EXPECT_EQ(decoded.text, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\n");
    EXPECT_THAT(decoded.notes, ElementsAre("f: read as UTF-16."));
  }
}

TEST(TextEncoding, ReadsLatin1) {
  const DecodedText decoded = decode_text("caf\xE9", "f");
  EXPECT_EQ(decoded.text, "caf\xC3\xA9");
  EXPECT_THAT(decoded.notes, ElementsAre("f: no UTF-8, read as Latin-1."));
}

TEST(TextEncoding, RefusesWhatIsNoText) {
  for (const std::string& bytes : {std::string("a\0b\0", 4), utf16(u"ab", true) + "x",
                                   utf16(std::u16string(1, char16_t{0xD800}), true),
                                   utf16(std::u16string(1, char16_t{0xDC00}) + u"a", false)}) {
    EXPECT_THAT([&] { decode_text(bytes, "f"); }, ThrowsMessage<InputError>(HasSubstr("UTF-8")));
  }
}

// The same table, as spreadsheets save it.
TEST(TextEncoding, TablesAreReadInEachOfThem) {
  const std::string plain = "name,type,t,n,m\nfc,gemm,1,2,3\n";
  const std::u16string wide(plain.begin(), plain.end());
  const auto with = [](std::string text, char from, char to) {
    for (char& c : text) c = c == from ? to : c;
    return text;
  };
  for (const std::string& text :
       {plain, utf16(wide, true), utf16(wide, false), with(plain, '\n', '\r'),
        with(plain, ',', ';'), with(plain, ',', '\t'),
        "Name,Type,T,N,M\nfc,gemm,1,2,3\n" + std::string(),
        std::string("name,type,\xC2\xA0t,n,m\nfc, gemm\xC2\xA0,1,\xC2\xA0 2,3\n")}) {
    const Workload workload = parse(text, "f.csv");
    ASSERT_EQ(workload.layers.size(), 1U);
    EXPECT_EQ(workload.layers[0].name, "fc");
    EXPECT_EQ(workload.layers[0].gemm, (GemmShape{1, 2, 3}));
  }
  EXPECT_THAT(parse(with(plain, ',', ';'), "f.csv").notes,
              ElementsAre("f.csv: fields are separated by semicolons."));
}

TEST(TextEncoding, NamesAreUtf8) {
  EXPECT_EQ(parse("name,type,t,n,m\ncaf\xE9,gemm,1,2,3\n", "f").layers[0].name, "caf\xC3\xA9");
}

}  // namespace
}  // namespace arrayflex::workloads
