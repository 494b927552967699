#include "arrayflex/platform/software/register_block.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {

namespace {

constexpr std::size_t kWordBytes = 4;

bool readable(Access access) { return access != Access::write_only; }
bool writable(Access access) { return access != Access::read_only; }

[[noreturn]] void fail(const RegisterInfo& info, const char* what) {
  throw std::logic_error(std::string("register ") + info.name + ", " + name_of(info.access) + ": " +
                         what);
}

/// A register that could be reached and would do nothing is a mistake in its declaration.
void require_handlers(const BoundRegister& bound) {
  const RegisterInfo& info = *bound.info;
  const bool stored = info.access == Access::read_write;
  if (!stored && readable(info.access) && !bound.read) fail(info, "nothing says what a read gives");
  if (!stored && writable(info.access) && !bound.write)
    fail(info, "nothing says what a write does");
  if (bound.read && (stored || !readable(info.access))) fail(info, "its read is never called");
  if (bound.write && !writable(info.access)) fail(info, "its write is never called");
}

std::uint64_t bits_of_fields(const RegisterInfo& info) {
  const std::uint64_t all =
      info.width_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << info.width_bits) - 1;
  if (info.fields.empty()) return all;
  std::uint64_t bits = 0;
  for (const BitField& field : info.fields) {
    bits |= all >> (info.width_bits - field.width) << field.low;
  }
  return bits;
}

}  // namespace

RegisterBlock::RegisterBlock(std::vector<BoundRegister> registers)
    : words_(kRegisterWindowBytes / kWordBytes) {
  slots_.reserve(registers.size());
  for (BoundRegister& bound : registers) {
    require_handlers(bound);
    slots_.push_back({std::move(bound), {}, 0});
    map(slots_.back());
  }
  reset();
}

void RegisterBlock::map(Slot& slot) {
  const RegisterInfo& info = *slot.bound.info;
  if (info.access == Access::read_write) {
    slot.stored.resize(static_cast<std::size_t>(info.count));
    slot.mask = bits_of_fields(info);
  }
  const std::size_t words_each = info.width_bits == 64 ? 2 : 1;
  std::size_t word = info.offset() / kWordBytes;
  for (int index = 0; index < info.count; ++index) {
    for (std::size_t half = 0; half < words_each; ++half, ++word) {
      if (word >= words_.size()) fail(info, "beyond the window");
      if (words_[word].slot != nullptr) fail(info, "overlaps another register");
      words_[word] = {&slot, index, half == 1};
    }
  }
}

void RegisterBlock::reset() {
  latched_word_.reset();
  for (Slot& slot : slots_) {
    std::fill(slot.stored.begin(), slot.stored.end(), slot.bound.info->reset_value);
  }
}

std::uint64_t RegisterBlock::value_of(Register id, int index) const {
  for (const Slot& slot : slots_) {
    if (slot.bound.info->id == id && slot.bound.info->access == Access::read_write) {
      return slot.stored.at(static_cast<std::size_t>(index));
    }
  }
  throw std::logic_error("no read-write register at offset " +
                         std::to_string(static_cast<std::uint32_t>(id)));
}

std::uint64_t RegisterBlock::Word::read() const {
  if (slot->bound.read) return slot->bound.read(index);
  return slot->stored.empty() ? 0 : stored();  // a write-only register reads 0, on the debug port
}

void RegisterBlock::transport(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay,
                              bool held_in_reset) {
  payload.set_dmi_allowed(false);
  const tlm::tlm_command command = payload.get_command();
  if (command == tlm::TLM_IGNORE_COMMAND) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  } else if (command != tlm::TLM_READ_COMMAND && command != tlm::TLM_WRITE_COMMAND) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  } else if (held_in_reset || payload.get_data_ptr() == nullptr) {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  } else {
    payload.set_response_status(execute(payload, delay));
  }
}

tlm::tlm_response_status RegisterBlock::execute(tlm::tlm_generic_payload& payload,
                                                const sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  const std::size_t length = payload.get_data_length();
  if (address >= kRegisterWindowBytes) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if ((length != 4 && length != 8) || payload.get_streaming_width() < length) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (address % length != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  bool enabled[2] = {true, true};
  const tlm::tlm_response_status lanes = check_lanes(payload, enabled);
  if (lanes != tlm::TLM_OK_RESPONSE) return lanes;

  const std::size_t first = address / kWordBytes;
  const std::size_t count = length / kWordBytes;
  for (std::size_t i = 0; i < count; ++i) {
    if (!enabled[i]) continue;
    const Word& word = words_[first + i];
    if (word.slot == nullptr) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    const Access access = word.info().access;
    const bool allowed = payload.is_read() ? readable(access) : writable(access);
    if (!allowed) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  }
  if (payload.is_read()) {
    read_words(first, count, enabled, payload.get_data_ptr());
  } else {
    write_words(first, count, enabled, payload.get_data_ptr(), delay);
  }
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status RegisterBlock::check_lanes(const tlm::tlm_generic_payload& payload,
                                                    bool* enabled) const {
  const unsigned char* enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) return tlm::TLM_OK_RESPONSE;
  const std::size_t period = payload.get_byte_enable_length();
  if (period == 0) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  for (std::size_t i = 0; i < payload.get_data_length(); ++i) {
    // A byte enable array shorter than the data repeats.
    const unsigned char enable = enables[i % period];
    const bool on = enable == TLM_BYTE_ENABLED;
    if (!on && enable != TLM_BYTE_DISABLED) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    const std::size_t lane = i / kWordBytes;
    if (i % kWordBytes == 0) {
      enabled[lane] = on;
    } else if (enabled[lane] != on) {
      return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    }
  }
  return tlm::TLM_OK_RESPONSE;
}

std::uint32_t RegisterBlock::read_word(std::size_t word) const {
  const Word& w = words_[word];
  const std::uint64_t value = w.read();
  return static_cast<std::uint32_t>(w.high ? value >> 32 : value);
}

void RegisterBlock::read_words(std::size_t first, std::size_t count, const bool* enabled,
                               unsigned char* data) {
  const bool both = count == 2 && enabled[0] && enabled[1];
  for (std::size_t i = 0; i < count; ++i) {
    if (!enabled[i]) continue;
    const std::size_t word = first + i;
    std::uint32_t value = read_word(word);
    if (words_[word].high && latched_word_ == word && !both) {
      value = latched_value_;
      latched_word_.reset();
    } else if (words_[word].info().width_bits == 64 && !words_[word].high && !both) {
      latched_word_ = word + 1;
      latched_value_ = read_word(word + 1);
    }
    store_u32(data + i * kWordBytes, value);
  }
}

void RegisterBlock::write_words(std::size_t first, std::size_t count, const bool* enabled,
                                const unsigned char* data, const sc_core::sc_time& delay) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!enabled[i]) continue;
    const Word& w = words_[first + i];
    std::uint64_t value = load_u32(data + i * kWordBytes);
    if (w.info().width_bits == 64) {
      const std::uint64_t old = w.slot->stored.empty() ? 0 : w.stored();
      value =
          w.high ? (old & 0xFFFFFFFFU) | value << 32 : (old & ~std::uint64_t{0xFFFFFFFF}) | value;
    }
    latched_word_.reset();
    if (w.info().access == Access::read_write) w.store(value);
    if (w.slot->bound.write) w.slot->bound.write(value, delay);
  }
}

unsigned int RegisterBlock::debug(tlm::tlm_generic_payload& payload) {
  unsigned char* data = payload.get_data_ptr();
  const bool reading = payload.is_read();
  if (data == nullptr || (!reading && !payload.is_write())) return 0;
  unsigned int done = 0;
  for (; done < payload.get_data_length(); ++done) {
    const std::uint64_t address = payload.get_address() + done;
    if (address < done || address >= kRegisterWindowBytes) break;
    const Word& w = words_[address / kWordBytes];
    if (w.slot == nullptr) break;
    if (!reading && w.info().access != Access::read_write) break;
    const int shift = static_cast<int>(8 * (address % kWordBytes)) + (w.high ? 32 : 0);
    std::uint64_t value = w.read();
    if (reading) {
      data[done] = static_cast<unsigned char>(value >> shift & 0xFF);
    } else {
      value &= ~(std::uint64_t{0xFF} << shift);
      value |= std::uint64_t{data[done]} << shift;
      w.store(value);
    }
  }
  return done;
}

}  // namespace arrayflex::platform
