// The interconnect of the virtual platform: address decoding, nothing else.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace arrayflex::vp {

/// Forwards blocking transactions, debug transport and DMI to the target whose range holds the
/// whole access; anything else gets an address error. Takes no time and serves any number of
/// transactions at once, so that a target that waits holds up nobody else.
class Bus : public sc_core::sc_module {
 public:
  using InitiatorPort = tlm_utils::simple_target_socket_tagged<Bus>;
  using TargetPort = tlm_utils::simple_initiator_socket_tagged<Bus>;

  /// Addresses [base, base + size_bytes). A target with `relative` sees addresses from 0 on.
  struct Range {
    std::string name;
    std::uint64_t base;
    std::uint64_t size_bytes;
    bool relative;
  };

  /// Throws InputError naming ranges that are empty, wrap around or overlap.
  Bus(const sc_core::sc_module_name& name, std::size_t initiators,
      const std::vector<Range>& targets);

  /// The socket for an initiator. Throws std::out_of_range.
  InitiatorPort& initiator(std::size_t index) { return *initiators_.at(index); }
  /// The socket to bind to the target of that range. Throws std::out_of_range.
  TargetPort& target(std::size_t index) { return *targets_.at(index).port; }

 private:
  struct Target {
    std::unique_ptr<TargetPort> port;
    Range range;
    std::uint64_t shift() const { return range.relative ? range.base : 0; }
  };

  Target* decode(std::uint64_t address, std::uint64_t bytes);
  void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  void invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last);

  std::vector<std::unique_ptr<InitiatorPort>> initiators_;
  std::vector<Target> targets_;
};

}  // namespace arrayflex::vp
