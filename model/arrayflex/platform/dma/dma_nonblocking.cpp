// The approximately timed half of the DMA: nb_transport, base protocol.
#include <algorithm>
#include <cstring>

#include "arrayflex/platform/dma/dma.h"

namespace arrayflex::platform {

void Dma::transfer_nonblocking(tlm::tlm_command command, BurstSequence& bursts) {
  synchronize();
  failure_ = {};
  start_watchdog();
  for (;;) {
    const bool stop = is_cancelled_ || failure_.code != ErrorCode::none;
    const bool more = !bursts.done() && !stop;
    if (!more && awaited_ == 0) break;
    if (more && request_ == nullptr && flights_.size() < parameters_.max_outstanding) {
      begin_request(command, bursts.next());
    } else {
      sc_core::wait(progress_);
      if (has_timed_out()) give_up(bursts);
    }
  }
  is_transferring_ = false;
  require_running();
  if (failure_.code != ErrorCode::none) throw JobFailure{failure_};
}

void Dma::start_watchdog() {
  response_timeout_ = sc_core::sc_time(parameters_.response_timeout_ns, sc_core::SC_NS);
  last_progress_ = sc_core::sc_time_stamp();
  is_transferring_ = true;
  if (!is_watching_) on_watchdog();
}

bool Dma::has_timed_out() const {
  return response_timeout_ != sc_core::SC_ZERO_TIME &&
         sc_core::sc_time_stamp() - last_progress_ >= response_timeout_;
}

// One timed event per chain, not per transfer, and not far ahead: the kernel keeps cancelled ones
// until their time has come, and each makes all others slower.
void Dma::on_watchdog() {
  is_watching_ = false;
  if (!is_transferring_ || response_timeout_ == sc_core::SC_ZERO_TIME) return;
  if (has_timed_out()) {
    progress_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  const sc_core::sc_time rest = last_progress_ + response_timeout_ - sc_core::sc_time_stamp();
  is_watching_ = true;
  watchdog_.notify(std::min(rest, sc_core::sc_time(10, sc_core::SC_US)));
}

/// Abandons what is in flight; where nothing is, abandoned requests keep the next one waiting.
void Dma::give_up(BurstSequence& bursts) {
  if (awaited_ == 0) note_failure(ErrorCode::bus_timeout, next_sequence_, bursts.next().address);
  for (Flight& flight : flights_) {
    if (flight.is_abandoned) continue;
    flight.is_abandoned = true;
    note_failure(ErrorCode::bus_timeout, flight.sequence, flight.burst.address);
  }
  awaited_ = 0;
}

void Dma::note_failure(ErrorCode code, std::uint64_t sequence, std::uint64_t address) {
  if (failure_.code != ErrorCode::none && failed_sequence_ < sequence) return;
  failure_ = {code, address};
  failed_sequence_ = sequence;
}

std::size_t Dma::buffer_bytes() const {
  const bool has_enables = parameters_.alignment == BurstAlignment::whole;
  return std::size_t{has_enables ? 2U : 1U} * parameters_.burst_bytes;
}

unsigned char* Dma::take_buffer() {
  if (free_buffers_.empty()) {
    all_buffers_.push_back(std::make_unique<unsigned char[]>(buffer_bytes()));
    free_buffers_.push_back(all_buffers_.back().get());
  }
  unsigned char* buffer = free_buffers_.back();
  free_buffers_.pop_back();
  return buffer;
}

void Dma::begin_request(tlm::tlm_command command, const Burst& burst) {
  unsigned char* buffer = take_buffer();
  if (command == tlm::TLM_WRITE_COMMAND && burst.is_rounded()) {
    fill(buffer, burst);
  } else if (command == tlm::TLM_WRITE_COMMAND) {
    std::memcpy(buffer, burst.data, burst.bytes);
  }
  tlm::tlm_generic_payload& payload = make_payload(command, burst, buffer);
  flights_.push_back({&payload, next_sequence_++, burst, buffer, false});
  ++awaited_;
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
    last_progress_ = sc_core::sc_time_stamp();
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
  const auto position = flights_.begin() + (find_flight(payload) - flights_.data());
  const Flight flight = *position;
  flights_.erase(position);
  const tlm::tlm_response_status status = payload.get_response_status();
  if (!flight.is_abandoned) {
    --awaited_;
    const Burst& burst = flight.burst;
    if (status != tlm::TLM_OK_RESPONSE) {
      note_failure(error_code_of(status), flight.sequence, burst.address);
    } else {
      if (payload.is_read()) take(flight.buffer, burst);
      count(payload.get_command(), burst.bytes);
    }
  }
  free_buffers_.push_back(flight.buffer);
  payload.release();
}

Dma::Flight* Dma::find_flight(const tlm::tlm_generic_payload& payload) {
  const auto found = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& candidate) {
    return candidate.payload == &payload;
  });
  return found == flights_.end() ? nullptr : &*found;
}

}  // namespace arrayflex::platform
