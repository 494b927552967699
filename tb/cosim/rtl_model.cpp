#include "rtl_model.h"

#include <algorithm>
#include <ostream>

namespace arrayflex::cosim {

ArrayConfig RtlDescription::config() const {
  ArrayParameters parameters;
  parameters.rows = rows;
  parameters.cols = cols;
  parameters.data_width_bits = data_width_bits;
  parameters.acc_width_bits = acc_width_bits;
  parameters.modes = modes;
  parameters.overlap = overlap;
  parameters.clocks.mode_ps.clear();
  for (const int k : modes) parameters.clocks.mode_ps[k] = 500.0 + 50.0 * k;
  parameters.clocks.conventional_ps = 500.0;
  return ArrayConfig(parameters);
}

std::ostream& operator<<(std::ostream& out, const RtlDescription& description) {
  return out << description.name;
}

RtlNet RtlNet::slice(int lsb, int width_bits) const {
  RtlNet part = *this;
  part.lsb_ += lsb;
  part.width_bits_ = width_bits;
  return part;
}

std::uint64_t RtlNet::word(int index) const {
  switch (storage_) {
    case Storage::bits8:
      return index == 0 ? *static_cast<const std::uint8_t*>(data_) : 0;
    case Storage::bits16:
      return index == 0 ? *static_cast<const std::uint16_t*>(data_) : 0;
    case Storage::bits32:
      return index == 0 ? *static_cast<const std::uint32_t*>(data_) : 0;
    case Storage::bits64:
      return index < 2 ? *static_cast<const std::uint64_t*>(data_) >> (32 * index) & 0xffffffffU
                       : 0;
    case Storage::words32:
      break;
  }
  return static_cast<const std::uint32_t*>(data_)[index];
}

std::uint64_t RtlNet::bits() const {
  std::uint64_t bits = 0;
  int have = 0;
  for (int index = lsb_ / 32, skip = lsb_ % 32; have < width_bits_; ++index, skip = 0) {
    bits |= word(index) >> skip << have;
    have += 32 - skip;
  }
  return bits & pin::low_bits(width_bits_);
}

std::int64_t RtlNet::value() const {
  const int shift = 64 - width_bits_;
  return static_cast<std::int64_t>(bits() << shift) >> shift;
}

}  // namespace arrayflex::cosim
