// A plain TLM-2.0 memory for testbenches and virtual platforms.
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

namespace arrayflex::platform {

struct MemoryParameters {
  std::uint64_t base_address = 0;
  std::uint64_t size_bytes = 1U << 20;  ///< >= 1; base_address + size_bytes must not exceed 2^64
  sc_core::sc_time latency;             ///< of each access
  double bytes_per_ns = 0;              ///< 0: unlimited
  bool grant_dmi = false;  ///< where the bandwidth is unlimited: a DMI latency is one per access,
                           ///< it cannot depend on the length
};

/// b_transport annotates latency + length / bandwidth and knows no contention between initiators.
/// nb_transport accepts requests at once and answers in order; the latencies of requests in flight
/// overlap, their transfers do not. Byte enables and streaming are supported. Responses: burst
/// error for a length or streaming width of 0, byte-enable error for an enable array of length 0 or
/// values other than 0x00 and 0xff, address error outside the memory, command error for unknown
/// commands, generic error without a data pointer.
class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory> socket;

  /// Throws InputError for parameters out of bounds.
  Memory(const sc_core::sc_module_name& name, const MemoryParameters& parameters);

  const MemoryParameters& parameters() const { return parameters_; }
  /// The content; index 0 is at base_address.
  std::vector<unsigned char>& bytes() { return bytes_; }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload);
  sc_core::sc_time transfer_time(std::uint64_t bytes) const;
  void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void respond();

  MemoryParameters parameters_;
  std::vector<unsigned char> bytes_;
  tlm_utils::peq_with_cb_and_phase<Memory> phase_queue_;
  std::deque<tlm::tlm_generic_payload*> ready_;  ///< executed, wait for the response channel
  bool responding_ = false;                      ///< BEGIN_RESP sent, no END_RESP yet
  sc_core::sc_time busy_until_;                  ///< the data bus, approximately timed
};

}  // namespace arrayflex::platform
