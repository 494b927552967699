#include "vp/devices/register_tap.h"

namespace arrayflex::vp {

RegisterTap::RegisterTap(const sc_core::sc_module_name& name,
                         const platform::Accelerator& accelerator)
    : sc_core::sc_module(name),
      target_socket("target_socket"),
      initiator_socket("initiator_socket"),
      accelerator_(accelerator) {
  target_socket.register_b_transport(this, &RegisterTap::b_transport);
  target_socket.register_transport_dbg(this, &RegisterTap::transport_dbg);
}

RegisterTap::Totals RegisterTap::counted() const {
  const platform::AcceleratorCounters counters = accelerator_.counters();
  return {counters.jobs_done, counters.cycles, counters.stall_cycles};
}

RegisterTap::Totals RegisterTap::totals() const {
  const Totals now = counted();
  return {cleared_.jobs_done + now.jobs_done, cleared_.cycles + now.cycles,
          cleared_.stall_cycles + now.stall_cycles};
}

void RegisterTap::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!payload.is_write()) return initiator_socket->b_transport(payload, delay);
  // Counters only go back when the write clears them.
  const Totals before = totals();
  initiator_socket->b_transport(payload, delay);
  const Totals after = totals();
  if (after.cycles < before.cycles || after.jobs_done < before.jobs_done ||
      after.stall_cycles < before.stall_cycles) {
    cleared_ = before;
  }
}

unsigned int RegisterTap::transport_dbg(tlm::tlm_generic_payload& payload) {
  return initiator_socket->transport_dbg(payload);
}

}  // namespace arrayflex::vp
