// The bus side of a memory: responses and timing, whatever the content is.
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>

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
/// values other than 0x00 and 0xff, address error outside the memory or where the content has
/// nothing, command error for unknown commands, generic error without a data pointer.
class MemoryTarget : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<MemoryTarget> socket;

  const MemoryParameters& parameters() const { return parameters_; }

 protected:
  /// Throws InputError for parameters out of bounds.
  MemoryTarget(const sc_core::sc_module_name& name, const MemoryParameters& parameters);

  /// Copies bytes [offset, offset + count), offset 0 being at base_address, all of them within
  /// size_bytes, count >= 1. False: there is nothing at one of them. Must not throw or wait; debug
  /// transport uses them, too.
  virtual bool load(std::uint64_t offset, unsigned char* data, std::uint64_t count) = 0;
  virtual bool store(std::uint64_t offset, const unsigned char* data, std::uint64_t count) = 0;
  /// The content as one piece of host memory; null where it is none.
  virtual unsigned char* direct() { return nullptr; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload);
  bool grants_dmi();
  sc_core::sc_time transfer_time(std::uint64_t bytes) const;
  void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void respond();

  MemoryParameters parameters_;
  tlm_utils::peq_with_cb_and_phase<MemoryTarget> phase_queue_;
  std::deque<tlm::tlm_generic_payload*> ready_;  ///< executed, wait for the response channel
  bool responding_ = false;                      ///< BEGIN_RESP sent, no END_RESP yet
  sc_core::sc_time busy_until_;                  ///< the data bus, approximately timed
};

}  // namespace arrayflex::platform
