// A memory that misbehaves within the rules: random latency and back-pressure, every legal way of
// answering, errors on demand. It checks the rules of the base protocol on its side.
#pragma once

#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <random>
#include <systemc>
#include <tlm>
#include <vector>

#include "arrayflex/platform/dma/dma_limits.h"

namespace arrayflex::harness {

struct TlmTestMemoryBehaviour {
  std::uint64_t base_address = 0;
  std::uint64_t size_bytes = 1U << 20;
  std::uint64_t seed = 1;
  sc_core::sc_time max_delay;        ///< each latency and each back-pressure is 0..max_delay
  bool wait_in_b_transport = false;  ///< sometimes wait instead of annotating
  std::uint32_t max_length = 0;      ///< a longer transaction fails the test; 0: any
  std::uint32_t boundary = 0;        ///< a transaction that crosses it fails the test; 0: none
  /// Transactions that are not so aligned fail the test; `whole` to max_length.
  platform::BurstAlignment alignment = platform::BurstAlignment::any;
};

class TlmTestMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<TlmTestMemory> socket;

  TlmTestMemory(const sc_core::sc_module_name& name, const TlmTestMemoryBehaviour& behaviour)
      : sc_core::sc_module(name),
        socket("socket"),
        behaviour_(behaviour),
        bytes_(behaviour.size_bytes),
        random_(behaviour.seed) {
    socket.register_b_transport(this, &TlmTestMemory::b_transport);
    socket.register_nb_transport_fw(this, &TlmTestMemory::nb_transport_fw);
    socket.register_get_direct_mem_ptr(this, &TlmTestMemory::get_direct_mem_ptr);
    SC_HAS_PROCESS(TlmTestMemory);
    SC_THREAD(accept_requests);
    SC_THREAD(send_responses);
  }

  std::vector<unsigned char>& bytes() { return bytes_; }

  /// The n-th transaction from now on (from 1) gets this response; 0: none.
  void fail_at(std::uint64_t n, tlm::tlm_response_status response) {
    fail_countdown_ = n;
    fail_response_ = response;
  }
  /// From now on every transaction gets this response; TLM_OK_RESPONSE: none.
  void fail_all(tlm::tlm_response_status response) {
    fail_all_ = response != tlm::TLM_OK_RESPONSE;
    fail_response_ = response;
  }
  /// Called before each transaction executes, with its number from 0.
  std::function<void(std::uint64_t)> on_transaction;

  bool grant_dmi = false;
  sc_core::sc_time dmi_latency;  ///< also of b_transport, where grant_dmi
  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t failed_address() const { return failed_address_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t max_in_flight() const { return max_in_flight_; }
  std::uint64_t dmi_requests() const { return dmi_requests_; }

 private:
  sc_core::sc_time random_delay() {
    const auto limit = behaviour_.max_delay.value();
    std::uniform_int_distribution<std::uint64_t> steps(0, limit);
    // Half of the delays are zero: that is where the corner cases are.
    return chance(2) ? sc_core::SC_ZERO_TIME : sc_core::sc_time::from_value(steps(random_));
  }
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  void execute(tlm::tlm_generic_payload& payload) {
    if (on_transaction) on_transaction(transactions_);
    ++transactions_;
    const std::uint64_t length = payload.get_data_length();
    const std::uint64_t address = payload.get_address();
    EXPECT_GT(length, 0U);
    EXPECT_GE(payload.get_streaming_width(), length);
    expect_aligned(payload);
    EXPECT_EQ(payload.get_response_status(), tlm::TLM_INCOMPLETE_RESPONSE);
    if (behaviour_.max_length != 0) {
      EXPECT_LE(length, behaviour_.max_length);
    }
    if (behaviour_.boundary != 0) {
      EXPECT_EQ(address / behaviour_.boundary, (address + length - 1) / behaviour_.boundary);
    }
    if (fail_all_ || (fail_countdown_ != 0 && --fail_countdown_ == 0)) {
      failed_address_ = address;
      payload.set_response_status(fail_response_);
      return;
    }
    const std::uint64_t offset = address - behaviour_.base_address;
    if (offset >= bytes_.size() || length > bytes_.size() - offset) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (payload.is_read()) {
      std::memcpy(payload.get_data_ptr(), &bytes_[offset], length);
    } else {
      write(payload, &bytes_[offset]);
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  static void write(const tlm::tlm_generic_payload& payload, unsigned char* to) {
    const unsigned char* enables = payload.get_byte_enable_ptr();
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
      const bool enabled =
          enables == nullptr || enables[i % payload.get_byte_enable_length()] == TLM_BYTE_ENABLED;
      if (enabled) to[i] = payload.get_data_ptr()[i];
    }
  }

  void expect_aligned(const tlm::tlm_generic_payload& payload) const {
    using platform::BurstAlignment;
    const std::uint64_t length = payload.get_data_length(), address = payload.get_address();
    if (behaviour_.alignment != BurstAlignment::whole || payload.is_read()) {
      EXPECT_EQ(payload.get_byte_enable_ptr(), nullptr);
    }
    if (behaviour_.alignment == BurstAlignment::any) return;
    EXPECT_EQ(length & (length - 1), 0U) << length << " bytes";
    EXPECT_EQ(address % length, 0U) << length << " bytes at " << address;
    if (behaviour_.alignment == BurstAlignment::whole) {
      EXPECT_EQ(length, behaviour_.max_length);
    }
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++in_flight_;
    if (behaviour_.wait_in_b_transport && chance(3)) {
      sc_core::wait(delay + random_delay());
      delay = sc_core::SC_ZERO_TIME;
    } else {
      delay += random_delay();
    }
    delay += dmi_latency;
    execute(payload);
    payload.set_dmi_allowed(grant_dmi && payload.is_response_ok());
    --in_flight_;
  }

  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    ++dmi_requests_;
    dmi.set_start_address(behaviour_.base_address);
    dmi.set_end_address(behaviour_.base_address + bytes_.size() - 1);
    dmi.set_dmi_ptr(bytes_.data());
    dmi.set_read_latency(dmi_latency);
    dmi.set_write_latency(dmi_latency);
    dmi.allow_read_write();
    return grant_dmi;
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) {
      EXPECT_EQ(response_, &payload) << "END_RESP without BEGIN_RESP";
      end_response(payload);
      return tlm::TLM_COMPLETED;
    }
    EXPECT_TRUE(phase == tlm::BEGIN_REQ) << "a phase an initiator may not send";
    EXPECT_EQ(request_, nullptr) << "request exclusion rule violated";
    EXPECT_TRUE(payload.has_mm()) << "nb_transport without memory manager";
    max_in_flight_ = std::max(max_in_flight_, ++in_flight_);
    payload.acquire();
    switch (random_() % 5) {
      case 0:  // early completion
        execute(payload);
        delay += random_delay();
        --in_flight_;
        payload.release();
        return tlm::TLM_COMPLETED;
      case 1:  // the response at once, if the response channel is free
        if (response_ == nullptr) {
          response_ = &payload;
          execute(payload);
          phase = tlm::BEGIN_RESP;
          delay += random_delay();
          return tlm::TLM_UPDATED;
        }
        [[fallthrough]];
      case 2:  // the request ends at once
        phase = tlm::END_REQ;
        delay += random_delay();
        to_respond_.push_back(&payload);
        respond_event_.notify(sc_core::SC_ZERO_TIME);
        return tlm::TLM_UPDATED;
      case 3:  // END_REQ by the backward path
        request_ = &payload;
        to_accept_ = &payload;
        accept_event_.notify(sc_core::SC_ZERO_TIME);
        return tlm::TLM_ACCEPTED;
      default:  // BEGIN_RESP by the backward path, without END_REQ
        request_ = &payload;
        to_respond_.push_back(&payload);
        respond_event_.notify(sc_core::SC_ZERO_TIME);
        return tlm::TLM_ACCEPTED;
    }
  }

  void accept_requests() {
    for (;;) {
      while (to_accept_ == nullptr) sc_core::wait(accept_event_);
      tlm::tlm_generic_payload& payload = *to_accept_;
      to_accept_ = nullptr;
      pause();
      tlm::tlm_phase phase = tlm::END_REQ;
      sc_core::sc_time delay = random_delay();
      request_ = nullptr;
      EXPECT_EQ(socket->nb_transport_bw(payload, phase, delay), tlm::TLM_ACCEPTED);
      // The response must not overtake the annotated END_REQ.
      sc_core::wait(delay);
      to_respond_.push_back(&payload);
      respond_event_.notify(sc_core::SC_ZERO_TIME);
    }
  }

  void send_responses() {
    for (;;) {
      while (to_respond_.empty() || response_ != nullptr) sc_core::wait(respond_event_);
      pause();
      if (response_ != nullptr) continue;
      // Responses of different transactions may come in any order.
      const auto index = static_cast<std::ptrdiff_t>(random_() % to_respond_.size());
      tlm::tlm_generic_payload& payload = *to_respond_[static_cast<std::size_t>(index)];
      to_respond_.erase(to_respond_.begin() + index);
      if (request_ == &payload) request_ = nullptr;
      response_ = &payload;
      execute(payload);
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay = random_delay();
      const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
      if (answer == tlm::TLM_COMPLETED) end_response(payload);
    }
  }

  void end_response(tlm::tlm_generic_payload& payload) {
    response_ = nullptr;
    --in_flight_;
    payload.release();
    respond_event_.notify(sc_core::SC_ZERO_TIME);
  }

  void pause() {
    const sc_core::sc_time delay = random_delay();
    if (delay > sc_core::SC_ZERO_TIME) sc_core::wait(delay);
  }

  TlmTestMemoryBehaviour behaviour_;
  std::vector<unsigned char> bytes_;
  std::mt19937_64 random_;
  std::uint64_t transactions_ = 0;
  std::uint64_t fail_countdown_ = 0;
  bool fail_all_ = false;
  tlm::tlm_response_status fail_response_ = tlm::TLM_GENERIC_ERROR_RESPONSE;
  std::uint64_t failed_address_ = 0;
  std::uint64_t dmi_requests_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t max_in_flight_ = 0;
  tlm::tlm_generic_payload* request_ = nullptr;   ///< BEGIN_REQ, no END_REQ yet
  tlm::tlm_generic_payload* response_ = nullptr;  ///< BEGIN_RESP, no END_RESP yet
  tlm::tlm_generic_payload* to_accept_ = nullptr;
  std::vector<tlm::tlm_generic_payload*> to_respond_;
  sc_core::sc_event accept_event_{"accept_event"};
  sc_core::sc_event respond_event_{"respond_event"};
};

}  // namespace arrayflex::harness
