// The approximately timed half of the DMA: nb_transport, base protocol.
#include <algorithm>

#include "arrayflex/platform/dma.h"

namespace arrayflex::platform {

void Dma::transfer_nonblocking(tlm::tlm_command command, BurstSequence& bursts) {
  synchronize();
  failure_ = {};
  for (;;) {
    const bool stop = is_cancelled_ || failure_.code != ErrorCode::none;
    const bool more = !bursts.done() && !stop;
    if (!more && flights_.empty()) break;
    if (more && request_ == nullptr && flights_.size() < parameters_.max_outstanding) {
      begin_request(command, bursts.next());
    } else {
      sc_core::wait(progress_);
    }
  }
  require_running();
  if (failure_.code != ErrorCode::none) throw JobFailure{failure_};
}

void Dma::begin_request(tlm::tlm_command command, const Burst& burst) {
  tlm::tlm_generic_payload& payload = make_payload(command, burst);
  flights_.push_back({&payload, next_sequence_++, burst.address});
  request_ = &payload;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  switch (socket_->nb_transport_fw(payload, phase, delay)) {
    case tlm::TLM_ACCEPTED:
      break;
    case tlm::TLM_UPDATED:
      if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) enqueue_phase(payload, phase, delay);
      break;
    case tlm::TLM_COMPLETED:
      // Early completion: END_RESP stands for it in the queue, nothing more is sent.
      enqueue_phase(payload, tlm::END_RESP, delay);
      break;
  }
}

tlm::tlm_sync_enum Dma::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  // Phases outside the base protocol may be ignored; END_RESP never comes this way.
  if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) enqueue_phase(payload, phase, delay);
  return tlm::TLM_ACCEPTED;
}

void Dma::enqueue_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase,
                        const sc_core::sc_time& delay) {
  payload.acquire();
  phase_queue_.notify(payload, phase, delay);
}

void Dma::on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  Flight* flight = find_flight(payload);
  if (flight != nullptr) {
    // BEGIN_RESP and early completion imply END_REQ.
    if (request_ == &payload) request_ = nullptr;
    if (phase == tlm::BEGIN_RESP) {
      tlm::tlm_phase end = tlm::END_RESP;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      complete(payload);
      socket_->nb_transport_fw(payload, end, delay);
    } else if (phase == tlm::END_RESP) {
      complete(payload);
    }
    progress_.notify(sc_core::SC_ZERO_TIME);
  }
  payload.release();
}

void Dma::complete(tlm::tlm_generic_payload& payload) {
  const Flight flight = *find_flight(payload);
  const tlm::tlm_response_status status = payload.get_response_status();
  if (status == tlm::TLM_OK_RESPONSE) {
    count(payload.get_command(), payload.get_data_length());
  } else if (failure_.code == ErrorCode::none || flight.sequence < failed_sequence_) {
    failure_ = {error_code_of(status), flight.address};
    failed_sequence_ = flight.sequence;
  }
  flights_.erase(std::find_if(flights_.begin(), flights_.end(), [&](const Flight& candidate) {
    return candidate.payload == &payload;
  }));
  payload.release();
}

Dma::Flight* Dma::find_flight(const tlm::tlm_generic_payload& payload) {
  const auto found = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& candidate) {
    return candidate.payload == &payload;
  });
  return found == flights_.end() ? nullptr : &*found;
}

}  // namespace arrayflex::platform
