#include "elf_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "arrayflex/core/error.h"

namespace arrayflex::vp {
namespace {

class File {
 public:
  explicit File(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) {
      throw InputError("firmware", path, fmt::format("cannot be opened: {}", std::strerror(errno)));
    }
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

[[noreturn]] void reject(const std::string& path, const std::string& why) {
  throw InputError("firmware", path, why);
}

void check_header(const std::string& path, const GElf_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64) {
    reject(path, "a 32-bit file; 64-bit RISC-V (RV64) is allowed");
  }
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) {
    reject(path, "a big-endian file; little-endian is allowed");
  }
  if (header.e_machine != EM_RISCV) {
    reject(path, fmt::format("made for ELF machine {}; RISC-V ({}) is allowed", header.e_machine,
                             EM_RISCV));
  }
  if (header.e_type != ET_EXEC) {
    reject(path, "no executable: a linked, static, non-relocatable program is allowed");
  }
}

ElfSegment read_segment(const std::string& path, Elf* elf, const GElf_Phdr& header) {
  ElfSegment segment{header.p_paddr, header.p_memsz, {}};
  if (header.p_filesz > header.p_memsz) {
    reject(path,
           fmt::format("segment at {:#x}: longer in the file than in memory", header.p_paddr));
  }
  std::size_t file_size = 0;
  const char* file = elf_rawfile(elf, &file_size);
  if (file == nullptr || header.p_offset > file_size ||
      header.p_filesz > file_size - header.p_offset) {
    reject(path, fmt::format("segment at {:#x}: the file is cut off", header.p_paddr));
  }
  segment.content.assign(file + header.p_offset, file + header.p_offset + header.p_filesz);
  return segment;
}

}  // namespace

ElfImage load_elf(const std::string& path) {
  const File file(path);
  if (elf_version(EV_CURRENT) == EV_NONE) reject(path, "libelf is too old");
  const ElfHandle elf(elf_begin(file.descriptor(), ELF_C_READ, nullptr));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) reject(path, "not an ELF file");
  GElf_Ehdr header;
  if (gelf_getehdr(elf.get(), &header) == nullptr) {
    reject(path, fmt::format("broken ELF header: {}", elf_errmsg(-1)));
  }
  check_header(path, header);
  std::size_t count = 0;
  if (elf_getphdrnum(elf.get(), &count) != 0) reject(path, "broken program headers");
  ElfImage image{header.e_entry, {}};
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) {
      reject(path, fmt::format("broken program header {}", i));
    }
    if (segment.p_type == PT_INTERP || segment.p_type == PT_DYNAMIC) {
      reject(path, "dynamically linked; a static program is allowed");
    }
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) continue;
    image.segments.push_back(read_segment(path, elf.get(), segment));
  }
  if (image.segments.empty()) reject(path, "nothing to load");
  return image;
}

void place(const ElfImage& image, const std::string& path, std::uint64_t base,
           std::vector<unsigned char>& ram) {
  bool has_entry = false;
  for (const ElfSegment& segment : image.segments) {
    const std::uint64_t offset = segment.address - base;
    if (offset >= ram.size() || segment.size_bytes > ram.size() - offset) {
      reject(path, fmt::format("segment of {} bytes at {:#x}: RAM is {} bytes at {:#x}",
                               segment.size_bytes, segment.address, ram.size(), base));
    }
    const auto start = ram.begin() + static_cast<std::ptrdiff_t>(offset);
    std::fill_n(start, segment.size_bytes, static_cast<unsigned char>(0));
    std::copy(segment.content.begin(), segment.content.end(), start);
    has_entry = has_entry || image.entry - segment.address < segment.size_bytes;
  }
  if (!has_entry) {
    reject(path, fmt::format("entry point {:#x}: within a segment is allowed", image.entry));
  }
}

}  // namespace arrayflex::vp
