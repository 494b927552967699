// Files that are no firmware for this platform, without a cross compiler: a valid ELF is made here
// byte by byte, then broken in one place.
#include "vp/elf_image.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "arrayflex/core/error.h"

namespace arrayflex::vp {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kRamBase = 0x80000000;

/// Two segments: 8 bytes of content followed by 8 bytes of zeros, and 16 bytes of zeros.
struct TestFile {
  Elf64_Ehdr header{};
  std::array<Elf64_Phdr, 2> segments{};
  std::array<unsigned char, 8> content{1, 2, 3, 4, 5, 6, 7, 8};
  std::size_t length = sizeof header + sizeof segments + sizeof content;

  TestFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_RISCV;
    header.e_version = EV_CURRENT;
    header.e_entry = kRamBase + 4;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    segments[0] = segment(kRamBase, sizeof content, 16);
    segments[1] = segment(kRamBase + 0x20, 0, 16);
  }

  static Elf64_Phdr segment(std::uint64_t address, std::uint64_t file_bytes, std::uint64_t bytes) {
    Elf64_Phdr result{};
    result.p_type = PT_LOAD;
    result.p_offset = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    result.p_vaddr = result.p_paddr = address;
    result.p_filesz = file_bytes;
    result.p_memsz = bytes;
    return result;
  }

  /// Writes it to a file of its own and loads that into 4096 bytes of RAM.
  std::vector<unsigned char> load() const {
    std::vector<char> bytes(sizeof header + sizeof segments + sizeof content);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, segments.data(), sizeof segments);
    std::memcpy(bytes.data() + sizeof header + sizeof segments, content.data(), sizeof content);
    const std::string path = testing::TempDir() + "arrayflex_vp_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name() + ".elf";
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(std::min(length, bytes.size())));
    std::vector<unsigned char> ram(4096, 0xEE);
    try {
      place(load_elf(path), path, kRamBase, ram);
    } catch (...) {
      std::filesystem::remove(path);
      throw;
    }
    std::filesystem::remove(path);
    return ram;
  }

  std::string error() const {
    try {
      load();
    } catch (const InputError& problem) {
      return problem.what();
    }
    return "no error";
  }
};

TEST(ElfImage, ContentIsCopiedAndTheRestCleared) {
  const std::vector<unsigned char> ram = TestFile().load();
  EXPECT_THAT(std::vector<unsigned char>(ram.begin(), ram.begin() + 17),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0xEE));
  EXPECT_EQ(ram[0x20], 0);
  EXPECT_EQ(ram[0x2F], 0);
  EXPECT_EQ(ram[0x30], 0xEE);
}

TEST(ElfImage, MissingFileIsNamed) {
  try {
    load_elf("/does/not/exist.elf");
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("/does/not/exist.elf"), HasSubstr("No such file")));
  }
}

TEST(ElfImage, NoElfFile) {
  TestFile file;
  file.header.e_ident[0] = 'x';
  EXPECT_THAT(file.error(), HasSubstr("not an ELF file"));
}

TEST(ElfImage, EmptyFile) {
  TestFile file;
  file.length = 0;
  EXPECT_THAT(file.error(), HasSubstr("not an ELF file"));
}

std::string error_of(const std::string& path) {
  try {
    load_elf(path);
  } catch (const InputError& problem) {
    return problem.what();
  }
  return "no error";
}

TEST(ElfImage, FolderInsteadOfAFile) {
  EXPECT_THAT(error_of(testing::TempDir()), HasSubstr("no regular file"));
}

TEST(ElfImage, PipeWithoutAWriterDoesNotHang) {
  const std::string path = testing::TempDir() + "arrayflex_vp_pipe";
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(error_of(path), HasSubstr("no regular file"));
  std::filesystem::remove(path);
}

TEST(ElfImage, BigEndian) {
  TestFile file;
  file.header.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_THAT(file.error(), HasSubstr("big-endian"));
}

TEST(ElfImage, OtherMachine) {
  TestFile file;
  file.header.e_machine = EM_X86_64;
  EXPECT_THAT(file.error(), AllOf(HasSubstr("machine 62"), HasSubstr("RISC-V")));
}

TEST(ElfImage, ObjectFile) {
  TestFile file;
  file.header.e_type = ET_REL;
  EXPECT_THAT(file.error(), HasSubstr("no executable"));
}

TEST(ElfImage, DynamicallyLinked) {
  TestFile file;
  file.segments[1].p_type = PT_INTERP;
  EXPECT_THAT(file.error(), HasSubstr("dynamically linked"));
}

TEST(ElfImage, SegmentBelowRam) {
  TestFile file;
  file.segments[1].p_paddr = kRamBase - 16;
  EXPECT_THAT(file.error(), AllOf(HasSubstr("0x7ffffff0"), HasSubstr("RAM is 4096 bytes")));
}

TEST(ElfImage, SegmentBeyondRam) {
  TestFile file;
  file.segments[1].p_memsz = 4096;
  EXPECT_THAT(file.error(), AllOf(HasSubstr("0x80000020"), HasSubstr("RAM is 4096 bytes")));
}

TEST(ElfImage, SegmentThatWrapsAround) {
  TestFile file;
  file.segments[1].p_memsz = ~std::uint64_t{0};
  EXPECT_THAT(file.error(), HasSubstr("RAM is 4096 bytes"));
}

TEST(ElfImage, SegmentCutOffInTheFile) {
  TestFile file;
  file.length -= 4;
  EXPECT_THAT(file.error(), HasSubstr("cut off"));
}

TEST(ElfImage, SegmentLongerInTheFileThanInMemory) {
  TestFile file;
  file.segments[0].p_memsz = 4;
  EXPECT_THAT(file.error(), HasSubstr("longer in the file"));
}

TEST(ElfImage, EntryOutsideOfTheSegments) {
  TestFile file;
  file.header.e_entry = kRamBase + 0x100;
  EXPECT_THAT(file.error(), HasSubstr("entry point 0x80000100"));
}

TEST(ElfImage, OddEntry) {
  TestFile file;
  file.header.e_entry = kRamBase + 5;
  EXPECT_THAT(file.error(), AllOf(HasSubstr("entry point 0x80000005"), HasSubstr("even")));
}

TEST(ElfImage, SegmentsThatOverlap) {
  TestFile file;
  file.segments[1].p_paddr = kRamBase + 15;
  EXPECT_THAT(file.error(), AllOf(HasSubstr("16 bytes at 0x80000000"),
                                  HasSubstr("16 bytes at 0x8000000f"), HasSubstr("overlap")));
  file.segments[1].p_paddr = kRamBase + 16;
  EXPECT_EQ(file.error(), "no error") << "neighbours";
}

TEST(ElfImage, SegmentsThatHoldMoreThanTheFile) {
  TestFile file;
  file.segments[0] = TestFile::segment(kRamBase, 150, 150);
  file.segments[1] = TestFile::segment(kRamBase + 0x100, 150, 150);
  for (Elf64_Phdr& segment : file.segments) segment.p_offset = 0;
  EXPECT_THAT(file.error(), HasSubstr("cut off"));
}

TEST(ElfImage, NothingToLoad) {
  TestFile file;
  file.segments[0].p_type = PT_NOTE;
  file.segments[1].p_type = PT_NOTE;
  EXPECT_THAT(file.error(), HasSubstr("nothing to load"));
}

}  // namespace
}  // namespace arrayflex::vp
