// Between the bus and the registers of an accelerator: keeps counts that firmware clears.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>

#include "arrayflex/platform/accelerator.h"

namespace arrayflex::vp {

/// Passes everything on unchanged. Firmware may clear the counters of its accelerator at any time;
/// the totals of a run must not depend on it.
class RegisterTap : public sc_core::sc_module {
 public:
  struct Totals {
    std::int64_t jobs_done = 0;
    std::int64_t cycles = 0;
    std::int64_t stall_cycles = 0;
  };

  tlm_utils::simple_target_socket<RegisterTap> target_socket;
  tlm_utils::simple_initiator_socket<RegisterTap> initiator_socket;

  /// Observes `accelerator`, whose registers initiator_socket is bound to.
  RegisterTap(const sc_core::sc_module_name& name, const platform::Accelerator& accelerator);

  /// Since the start of the simulation.
  Totals totals() const;

 private:
  Totals counted() const;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);

  const platform::Accelerator& accelerator_;
  Totals cleared_;
};

}  // namespace arrayflex::vp
