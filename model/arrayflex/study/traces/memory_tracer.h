// Sits between an initiator and its memory and writes down what passes.
#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <exception>
#include <systemc>
#include <tlm>

#include "arrayflex/study/traces/memory_trace.h"

namespace arrayflex::study {

/// Hands on every transaction unchanged, without time of its own, and traces it at the instant of
/// its request: for b_transport now plus the annotated delay, for nb_transport that of BEGIN_REQ.
/// It grants no direct memory access, which would pass it by.
class MemoryTracer final : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<MemoryTracer> target_socket;
  tlm_utils::simple_initiator_socket<MemoryTracer> initiator_socket;

  MemoryTracer(const sc_core::sc_module_name& name, const TraceSettings& settings,
               const std::string& design, double cycle_ps, const Log& log);

  /// Throw OutputError; end_layer() also what went wrong while the layer ran.
  void begin_layer(const std::string& name);
  MemoryTraceTotals end_layer();

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  void note(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);

  LayerTraces traces_;
  bool in_layer_ = false;
  sc_core::sc_time begin_;
  std::exception_ptr error_;
};

}  // namespace arrayflex::study
