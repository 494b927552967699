// A small interconnect for tests: blocking transport (non-blocking by the sockets' conversion),
// debug and DMI, one transaction after the other in no particular order.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace arrayflex::harness {

class TlmBus : public sc_core::sc_module {
 public:
  using MasterPort = tlm_utils::simple_target_socket_tagged<TlmBus>;
  using SlavePort = tlm_utils::simple_initiator_socket_tagged<TlmBus>;

  /// Addresses [base, base + size); with `relative` the slave sees addresses from 0 on.
  struct Range {
    std::uint64_t base, size;
    bool relative;
  };

  TlmBus(const sc_core::sc_module_name& name, int masters, const std::vector<Range>& slaves)
      : sc_core::sc_module(name) {
    for (int i = 0; i < masters; ++i) {
      masters_.push_back(std::make_unique<MasterPort>(("master_" + std::to_string(i)).c_str()));
      masters_.back()->register_b_transport(this, &TlmBus::b_transport, i);
      masters_.back()->register_transport_dbg(this, &TlmBus::transport_dbg, i);
      masters_.back()->register_get_direct_mem_ptr(this, &TlmBus::get_direct_mem_ptr, i);
    }
    for (const Range& range : slaves) {
      const auto i = static_cast<int>(slaves_.size());
      slaves_.push_back(
          {std::make_unique<SlavePort>(("slave_" + std::to_string(i)).c_str()), range});
      slaves_.back().port->register_invalidate_direct_mem_ptr(
          this, &TlmBus::invalidate_direct_mem_ptr, i);
    }
  }

  MasterPort& master(std::size_t index) { return *masters_.at(index); }
  SlavePort& slave(std::size_t index) { return *slaves_.at(index).port; }

 private:
  struct Slave {
    std::unique_ptr<SlavePort> port;
    Range range;
    std::uint64_t shift() const { return range.relative ? range.base : 0; }
  };

  Slave* decode(const tlm::tlm_generic_payload& payload) {
    for (Slave& slave : slaves_) {
      if (payload.get_address() - slave.range.base < slave.range.size) return &slave;
    }
    return nullptr;
  }

  void b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    Slave* slave = decode(payload);
    if (slave == nullptr) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    const std::uint64_t address = payload.get_address();
    payload.set_address(address - slave->shift());
    (*slave->port)->b_transport(payload, delay);
    payload.set_address(address);
  }

  unsigned int transport_dbg(int, tlm::tlm_generic_payload& payload) {
    Slave* slave = decode(payload);
    if (slave == nullptr) return 0;
    const std::uint64_t address = payload.get_address();
    payload.set_address(address - slave->shift());
    const unsigned int count = (*slave->port)->transport_dbg(payload);
    payload.set_address(address);
    return count;
  }

  bool get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    Slave* slave = decode(payload);
    if (slave == nullptr) return false;
    const std::uint64_t address = payload.get_address();
    payload.set_address(address - slave->shift());
    const bool granted = (*slave->port)->get_direct_mem_ptr(payload, dmi);
    payload.set_address(address);
    dmi.set_start_address(dmi.get_start_address() + slave->shift());
    dmi.set_end_address(dmi.get_end_address() + slave->shift());
    return granted;
  }

  void invalidate_direct_mem_ptr(int index, sc_dt::uint64 first, sc_dt::uint64 last) {
    const std::uint64_t shift = slaves_[static_cast<std::size_t>(index)].shift();
    for (auto& master : masters_) (*master)->invalidate_direct_mem_ptr(first + shift, last + shift);
  }

  std::vector<std::unique_ptr<MasterPort>> masters_;
  std::vector<Slave> slaves_;
};

}  // namespace arrayflex::harness
