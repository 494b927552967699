// Little-endian integers in byte arrays, whatever the host's byte order.
#pragma once

#include <cstdint>

namespace arrayflex::platform {

inline std::uint64_t load_unsigned(const unsigned char* bytes, int size) {
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) value = (value << 8) | bytes[i];
  return value;
}

inline void store_unsigned(unsigned char* bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(value & 0xFF);
    value >>= 8;
  }
}

inline std::uint32_t load_u32(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(load_unsigned(bytes, 4));
}
inline std::uint64_t load_u64(const unsigned char* bytes) { return load_unsigned(bytes, 8); }
inline void store_u32(unsigned char* bytes, std::uint32_t value) {
  store_unsigned(bytes, value, 4);
}
inline void store_u64(unsigned char* bytes, std::uint64_t value) {
  store_unsigned(bytes, value, 8);
}

}  // namespace arrayflex::platform
