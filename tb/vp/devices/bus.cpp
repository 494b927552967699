#include "vp/devices/bus.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/error.h"

namespace arrayflex::vp {
namespace {

std::string describe(const Bus::Range& range) {
  return fmt::format("{} ({} bytes at {:#x})", range.name, range.size_bytes, range.base);
}

void validate(const std::vector<Bus::Range>& ranges) {
  std::vector<Bus::Range> sorted = ranges;
  std::sort(sorted.begin(), sorted.end(),
            [](const Bus::Range& a, const Bus::Range& b) { return a.base < b.base; });
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Bus::Range& range = sorted[i];
    if (range.size_bytes == 0 || range.size_bytes - 1 > ~range.base) {
      throw InputError("address range", describe(range), "1..2^64 - base bytes are allowed");
    }
    if (i > 0 && range.base - sorted[i - 1].base < sorted[i - 1].size_bytes) {
      throw InputError("address range", describe(range),
                       "it must not overlap " + describe(sorted[i - 1]));
    }
  }
}

/// Gives the payload the address the target sees, and takes it back.
class ShiftedAddress {
 public:
  ShiftedAddress(tlm::tlm_generic_payload& payload, std::uint64_t shift)
      : payload_(payload), address_(payload.get_address()) {
    payload.set_address(address_ - shift);
  }
  ~ShiftedAddress() { payload_.set_address(address_); }
  ShiftedAddress(const ShiftedAddress&) = delete;
  ShiftedAddress& operator=(const ShiftedAddress&) = delete;

 private:
  tlm::tlm_generic_payload& payload_;
  std::uint64_t address_;
};

}  // namespace

Bus::Bus(const sc_core::sc_module_name& name, std::size_t initiators,
         const std::vector<Range>& targets)
    : sc_core::sc_module(name) {
  validate(targets);
  for (std::size_t i = 0; i < initiators; ++i) {
    const int tag = static_cast<int>(i);
    initiators_.push_back(std::make_unique<InitiatorPort>(fmt::format("initiator_{}", i).c_str()));
    initiators_.back()->register_b_transport(this, &Bus::b_transport, tag);
    initiators_.back()->register_transport_dbg(this, &Bus::transport_dbg, tag);
    initiators_.back()->register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr, tag);
  }
  for (const Range& range : targets) {
    const int tag = static_cast<int>(targets_.size());
    targets_.push_back(
        {std::make_unique<TargetPort>(fmt::format("target_{}", tag).c_str()), range});
    targets_.back().port->register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr,
                                                             tag);
  }
}

Bus::Target* Bus::decode(std::uint64_t address, std::uint64_t bytes) {
  for (Target& target : targets_) {
    const std::uint64_t offset = address - target.range.base;
    if (offset >= target.range.size_bytes) continue;
    return bytes <= target.range.size_bytes - offset ? &target : nullptr;
  }
  return nullptr;
}

void Bus::b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t bytes = std::min(payload.get_streaming_width(), payload.get_data_length());
  Target* target = decode(payload.get_address(), bytes);
  if (target == nullptr) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const ShiftedAddress shifted(payload, target->shift());
  (*target->port)->b_transport(payload, delay);
}

unsigned int Bus::transport_dbg(int, tlm::tlm_generic_payload& payload) {
  Target* target = decode(payload.get_address(), 1);
  if (target == nullptr) return 0;
  const ShiftedAddress shifted(payload, target->shift());
  return (*target->port)->transport_dbg(payload);
}

bool Bus::get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  Target* target = decode(payload.get_address(), 1);
  if (target == nullptr) return false;
  bool granted = false;
  {
    const ShiftedAddress shifted(payload, target->shift());
    granted = (*target->port)->get_direct_mem_ptr(payload, dmi);
  }
  // A target may grant, or refuse, more than its range; what lies beyond is not its.
  const Range& range = target->range;
  const std::uint64_t first = range.base - target->shift();
  const std::uint64_t last = first + (range.size_bytes - 1);
  const std::uint64_t start = std::max<std::uint64_t>(dmi.get_start_address(), first);
  const std::uint64_t end = std::min<std::uint64_t>(dmi.get_end_address(), last);
  if (granted) dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (start - dmi.get_start_address()));
  dmi.set_start_address(start + target->shift());
  dmi.set_end_address(end + target->shift());
  return granted;
}

void Bus::invalidate_direct_mem_ptr(int index, sc_dt::uint64 first, sc_dt::uint64 last) {
  const Target& target = targets_[static_cast<std::size_t>(index)];
  const std::uint64_t lowest = target.range.base - target.shift();
  const std::uint64_t highest = lowest + (target.range.size_bytes - 1);
  if (last < lowest || first > highest) return;
  const std::uint64_t from = std::max<std::uint64_t>(first, lowest) + target.shift();
  const std::uint64_t to = std::min<std::uint64_t>(last, highest) + target.shift();
  for (auto& initiator : initiators_) (*initiator)->invalidate_direct_mem_ptr(from, to);
}

}  // namespace arrayflex::vp
