#include "arrayflex/study/traces/memory_tracer.h"

#include <utility>

namespace arrayflex::study {

MemoryTracer::MemoryTracer(const sc_core::sc_module_name& name, const TraceSettings& settings,
                           const std::string& design, double cycle_ps, const Log& log)
    : sc_module(name),
      target_socket("target_socket"),
      initiator_socket("initiator_socket"),
      traces_(settings, design, cycle_ps, log) {
  target_socket.register_b_transport(this, &MemoryTracer::b_transport);
  target_socket.register_nb_transport_fw(this, &MemoryTracer::nb_transport_fw);
  target_socket.register_transport_dbg(this, &MemoryTracer::transport_dbg);
  target_socket.register_get_direct_mem_ptr(this, &MemoryTracer::get_direct_mem_ptr);
  initiator_socket.register_nb_transport_bw(this, &MemoryTracer::nb_transport_bw);
}

void MemoryTracer::begin_layer(const std::string& name) {
  traces_.begin_layer(name);
  begin_ = sc_core::sc_time_stamp();
  error_ = nullptr;
  in_layer_ = true;
}

MemoryTraceTotals MemoryTracer::end_layer() {
  in_layer_ = false;
  if (error_) std::rethrow_exception(error_);
  return traces_.end_layer();
}

void MemoryTracer::note(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
  if (!in_layer_ || error_ || (!payload.is_read() && !payload.is_write())) return;
  const sc_core::sc_time since = sc_core::sc_time_stamp() + delay - begin_;
  // An exception must not pass through the initiator.
  try {
    traces_.transaction(static_cast<long double>(since.value()), payload.is_write(),
                        payload.get_address(), payload.get_data_length());
  } catch (...) {
    error_ = std::current_exception();
  }
}

void MemoryTracer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  note(payload, delay);
  initiator_socket->b_transport(payload, delay);
}

tlm::tlm_sync_enum MemoryTracer::nb_transport_fw(tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) note(payload, delay);
  return initiator_socket->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum MemoryTracer::nb_transport_bw(tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  return target_socket->nb_transport_bw(payload, phase, delay);
}

unsigned int MemoryTracer::transport_dbg(tlm::tlm_generic_payload& payload) {
  return initiator_socket->transport_dbg(payload);
}

bool MemoryTracer::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.allow_none();
  return false;
}

}  // namespace arrayflex::study
