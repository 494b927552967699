#include "arrayflex/platform/memory.h"

#include <cstring>

namespace arrayflex::platform {

Memory::Memory(const sc_core::sc_module_name& name, const MemoryParameters& parameters)
    : MemoryTarget(name, parameters), bytes_(parameters.size_bytes) {}

bool Memory::load(std::uint64_t offset, unsigned char* data, std::uint64_t count) {
  std::memcpy(data, &bytes_[offset], count);
  return true;
}

bool Memory::store(std::uint64_t offset, const unsigned char* data, std::uint64_t count) {
  std::memcpy(&bytes_[offset], data, count);
  return true;
}

}  // namespace arrayflex::platform
