#include "elf_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
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
  // Without O_NONBLOCK a named pipe would wait for its writer.
  explicit File(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) {
      throw InputError("firmware", path, fmt::format("cannot be opened: {}", std::strerror(errno)));
    }
  }
  ~File() { close(descriptor_); }
  bool is_regular() const {
    struct stat status {};
    return fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }
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

/// The segments to load, without their content.
std::vector<GElf_Phdr> read_headers(const std::string& path, Elf* elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) reject(path, "broken program headers");
  std::vector<GElf_Phdr> headers;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) {
      reject(path, fmt::format("broken program header {}", i));
    }
    if (header.p_type == PT_INTERP || header.p_type == PT_DYNAMIC) {
      reject(path, "dynamically linked; a static program is allowed");
    }
    if (header.p_type == PT_LOAD && header.p_memsz != 0) headers.push_back(header);
  }
  if (headers.empty()) reject(path, "nothing to load");
  return headers;
}

/// Segments that share memory would overwrite each other.
void check_overlap(const std::string& path, std::vector<GElf_Phdr> headers) {
  std::sort(headers.begin(), headers.end(),
            [](const GElf_Phdr& a, const GElf_Phdr& b) { return a.p_paddr < b.p_paddr; });
  for (std::size_t i = 1; i < headers.size(); ++i) {
    const GElf_Phdr &below = headers[i - 1], &above = headers[i];
    if (above.p_paddr - below.p_paddr >= below.p_memsz) continue;
    reject(path, fmt::format("segments of {} bytes at {:#x} and {} bytes at {:#x} overlap",
                             below.p_memsz, below.p_paddr, above.p_memsz, above.p_paddr));
  }
}

/// The bytes of the file, as they are.
struct RawFile {
  const char* data;
  std::size_t bytes;
  std::uint64_t unread_bytes;  ///< segments together hold no more than the file
};

ElfSegment read_segment(const std::string& path, RawFile& file, const GElf_Phdr& header) {
  ElfSegment segment{header.p_paddr, header.p_memsz, {}};
  if (header.p_filesz > header.p_memsz) {
    reject(path,
           fmt::format("segment at {:#x}: longer in the file than in memory", header.p_paddr));
  }
  if (file.data == nullptr || header.p_offset > file.bytes ||
      header.p_filesz > file.bytes - header.p_offset || header.p_filesz > file.unread_bytes) {
    reject(path, fmt::format("segment at {:#x}: the file is cut off", header.p_paddr));
  }
  file.unread_bytes -= header.p_filesz;
  const char* content = file.data + header.p_offset;
  segment.content.assign(content, content + header.p_filesz);
  return segment;
}

}  // namespace

ElfImage load_elf(const std::string& path) {
  const File file(path);
  if (!file.is_regular()) reject(path, "no regular file");
  if (elf_version(EV_CURRENT) == EV_NONE) reject(path, "libelf is too old");
  const ElfHandle elf(elf_begin(file.descriptor(), ELF_C_READ, nullptr));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) reject(path, "not an ELF file");
  GElf_Ehdr header;
  if (gelf_getehdr(elf.get(), &header) == nullptr) {
    reject(path, fmt::format("broken ELF header: {}", elf_errmsg(-1)));
  }
  check_header(path, header);
  const std::vector<GElf_Phdr> headers = read_headers(path, elf.get());
  check_overlap(path, headers);
  RawFile raw{nullptr, 0, 0};
  raw.data = elf_rawfile(elf.get(), &raw.bytes);
  raw.unread_bytes = raw.bytes;
  ElfImage image{header.e_entry, {}};
  for (const GElf_Phdr& segment : headers) {
    image.segments.push_back(read_segment(path, raw, segment));
  }
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
  if (!has_entry || image.entry % 2 != 0) {
    reject(path,
           fmt::format("entry point {:#x}: an even address in a segment is allowed", image.entry));
  }
}

}  // namespace arrayflex::vp
