#include "arrayflex/platform/software/register_block.h"

#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {

namespace {

constexpr std::size_t kWordBytes = 4;

bool readable(Access access) { return access != Access::write_only; }
bool writable(Access access) { return access != Access::read_only; }

}  // namespace

RegisterBlock::RegisterBlock(RegisterBackend& backend)
    : backend_(backend), words_(kRegisterWindowBytes / kWordBytes) {
  for (const RegisterInfo& info : register_map()) {
    const std::size_t words_each = info.width_bits == 64 ? 2 : 1;
    std::size_t word = info.offset() / kWordBytes;
    for (int index = 0; index < info.count; ++index) {
      for (std::size_t half = 0; half < words_each; ++half) {
        words_.at(word++) = {&info, index, half == 1};
      }
    }
  }
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
    const RegisterInfo* info = words_[first + i].info;
    if (info == nullptr) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    const bool allowed = payload.is_read() ? readable(info->access) : writable(info->access);
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
  const std::uint64_t value = backend_.read_register(w.info->id, w.index);
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
    } else if (words_[word].info->width_bits == 64 && !words_[word].high && !both) {
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
    if (w.info->width_bits == 64) {
      const std::uint64_t old = backend_.read_register(w.info->id, w.index);
      value =
          w.high ? (old & 0xFFFFFFFFU) | value << 32 : (old & ~std::uint64_t{0xFFFFFFFF}) | value;
    }
    latched_word_.reset();
    backend_.write_register(w.info->id, value, delay);
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
    if (w.info == nullptr) break;
    if (!reading && w.info->access != Access::read_write) break;
    const int shift = static_cast<int>(8 * (address % kWordBytes)) + (w.high ? 32 : 0);
    std::uint64_t value = backend_.read_register(w.info->id, w.index);
    if (reading) {
      data[done] = static_cast<unsigned char>(value >> shift & 0xFF);
    } else {
      value &= ~(std::uint64_t{0xFF} << shift);
      value |= std::uint64_t{data[done]} << shift;
      backend_.poke_register(w.info->id, value);
    }
  }
  return done;
}

}  // namespace arrayflex::platform
