// A plain TLM-2.0 memory for testbenches and virtual platforms.
#pragma once

#include <cstdint>
#include <vector>

#include "arrayflex/platform/memory_target.h"

namespace arrayflex::platform {

/// Bytes in host memory, behind the bus side of MemoryTarget.
class Memory : public MemoryTarget {
 public:
  /// Throws InputError for parameters out of bounds.
  Memory(const sc_core::sc_module_name& name, const MemoryParameters& parameters);

  /// The content; index 0 is at base_address.
  std::vector<unsigned char>& bytes() { return bytes_; }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

 protected:
  bool load(std::uint64_t offset, unsigned char* data, std::uint64_t count) override;
  bool store(std::uint64_t offset, const unsigned char* data, std::uint64_t count) override;
  unsigned char* direct() override { return bytes_.data(); }

 private:
  std::vector<unsigned char> bytes_;
};

}  // namespace arrayflex::platform
