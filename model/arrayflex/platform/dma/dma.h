// The DMA: a TLM-2.0 initiator that moves matrices between memory and the accelerator's buffers.
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "arrayflex/platform/dma/burst_sequence.h"
#include "arrayflex/platform/dma/payload_pool.h"
#include "arrayflex/platform/job_descriptor.h"

namespace arrayflex::platform {

/// The job ends: a transaction failed, or a descriptor is bad. Stays inside the accelerator.
struct JobFailure {
  JobError error;
};

/// The job was abandoned by a reset. Stays inside the accelerator.
struct JobCancelled {};

/// Transfers come one after the other from one SC_THREAD; within a transfer several transactions
/// may be in flight. The time of a transfer accumulates in a local time (loosely timed, within the
/// global quantum) or passes. Transactions that time out are abandoned: they keep their place among
/// those in flight, and an answer that comes later completes their protocol and is dropped.
class Dma {
 public:
  using Socket = tlm_utils::simple_initiator_socket<Dma>;

  /// Must be constructed during elaboration, inside the module that owns `socket`.
  Dma(Socket& socket, const DmaParameters& parameters);

  /// Copies a region into a dense host buffer of rows * row_bytes. Throws JobFailure with the
  /// address of the first burst that failed, in the order of issue, and JobCancelled after
  /// cancel(); by then no transaction is in flight but abandoned ones.
  void read(const Region& region, unsigned char* buffer);
  /// Copies a dense host buffer into a region. Throws as read() does.
  void write(const Region& region, const unsigned char* buffer);

  /// The local time, absolute: the end of the last transfer, or sc_time_stamp() if that is later.
  sc_core::sc_time now() const;
  /// Lets the local time be at least `time`, absolute. Throws JobCancelled.
  void advance_to(const sc_core::sc_time& time);
  /// Waits until the local time has passed. Throws JobCancelled.
  void synchronize();

  /// Makes the running transfer and all later ones throw JobCancelled until start(). From any
  /// process.
  void cancel();
  /// Forgets a cancel() and the local time.
  void start();
  /// No transfer comes until start(): nothing of the DMA keeps the simulation running.
  void stop();

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_written() const { return bytes_written_; }
  /// Payloads not yet returned; 0 when nothing is in flight.
  std::size_t payloads_in_use() const { return pool_.in_use(); }

 private:
  /// A transaction in flight. Its data has a buffer of its own, because the target may use it even
  /// after the transfer was given up.
  struct Flight {
    tlm::tlm_generic_payload* payload;
    std::uint64_t sequence;  ///< order of issue
    Burst burst;             ///< interconnects may change the payload's address
    unsigned char* buffer;
    bool is_abandoned;
  };
  /// A direct-memory grant.
  struct DmiRegion {
    std::uint64_t first, last;
    unsigned char* data;
    bool can_read, can_write;
    sc_core::sc_time read_latency, write_latency;
  };

  static ErrorCode error_code_of(tlm::tlm_response_status status);
  void transfer(tlm::tlm_command command, const Region& region, unsigned char* buffer);
  void transfer_blocking(tlm::tlm_command command, BurstSequence& bursts);
  void transfer_nonblocking(tlm::tlm_command command, BurstSequence& bursts);
  bool transfer_direct(tlm::tlm_command command, const Burst& burst);
  void request_direct(tlm::tlm_command command, std::uint64_t address);
  void begin_request(tlm::tlm_command command, const Burst& burst);
  unsigned char* take_buffer();
  void start_watchdog();
  bool has_timed_out() const;
  void on_watchdog();
  void give_up(BurstSequence& bursts);
  void note_failure(ErrorCode code, std::uint64_t sequence, std::uint64_t address);
  static void fill(unsigned char* buffer, const Burst& burst);
  static void take(const unsigned char* buffer, const Burst& burst);
  std::size_t buffer_bytes() const;
  tlm::tlm_generic_payload& make_payload(tlm::tlm_command command, const Burst& burst,
                                         unsigned char* buffer);
  void count(tlm::tlm_command command, std::uint64_t bytes);
  void synchronize_if_needed();
  void require_running() const;

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);
  void enqueue_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase,
                     const sc_core::sc_time& delay);
  void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void complete(tlm::tlm_generic_payload& payload);
  Flight* find_flight(const tlm::tlm_generic_payload& payload);

  Socket& socket_;
  DmaParameters parameters_;
  PayloadPool pool_;
  sc_core::sc_time time_;  ///< absolute local time, unless sc_time_stamp() is later
  tlm_utils::tlm_quantumkeeper keeper_;
  tlm_utils::peq_with_cb_and_phase<Dma> phase_queue_;
  sc_core::sc_event progress_;   ///< something changed for the thread that waits in a transfer
  sc_core::sc_event cancelled_;  ///< cancel() was called
  sc_core::sc_event watchdog_;   ///< time to look whether a transfer has timed out
  bool is_cancelled_ = false;
  std::vector<unsigned char> rounded_;  ///< buffer of blocking transactions that are rounded out
  std::vector<DmiRegion> dmi_;
  std::vector<Flight> flights_;
  std::size_t awaited_ = 0;  ///< flights that are not abandoned
  bool is_transferring_ = false;
  bool is_watching_ = false;  ///< watchdog_ is going to be notified
  std::vector<std::unique_ptr<unsigned char[]>> all_buffers_;
  std::vector<unsigned char*> free_buffers_;
  sc_core::sc_time response_timeout_, last_progress_;  ///< last phase of a transaction in flight
  tlm::tlm_generic_payload* request_ = nullptr;        ///< its BEGIN_REQ has no END_REQ yet
  std::uint64_t next_sequence_ = 0;
  std::uint64_t failed_sequence_ = 0;
  JobError failure_;  ///< of the transfer in progress
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace arrayflex::platform
