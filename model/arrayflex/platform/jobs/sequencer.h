// Takes doorbells, walks descriptor chains, keeps status, errors, interrupts and counters.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <systemc>
#include <unordered_set>

#include "arrayflex/core/config.h"
#include "arrayflex/platform/counters.h"
#include "arrayflex/platform/dma/dma.h"
#include "arrayflex/platform/job_descriptor.h"
#include "arrayflex/platform/jobs/job_runner.h"

namespace arrayflex::platform {

struct SequencerLimits {
  std::uint32_t queue_depth = 4;     ///< doorbells that wait while a chain runs, 1..255
  std::uint32_t chain_limit = 4096;  ///< jobs of one doorbell, 1..2^20
  std::uint32_t max_t = 1U << 20;    ///< largest T of a job, 1..2^31-1
};

/// An error ends its chain; chains of doorbells that wait still run. The first error is kept until
/// it is cleared, later ones are counted.
class Sequencer {
 public:
  /// Must be constructed during elaboration. The references must outlive it.
  Sequencer(const ArrayConfig& config, const SequencerLimits& limits, JobRunner& runner, Dma& dma);

  /// Body of the SC_THREAD that runs jobs; never returns.
  void run_loop();

  /// Starts or queues the chain at `descriptor`, not before the absolute time `at`. A full queue
  /// raises the overflow interrupt instead.
  void ring(std::uint64_t descriptor, const sc_core::sc_time& at);
  /// Abandons everything and returns to the reset state. Busy until transactions in flight are
  /// drained; doorbells that ring meanwhile run afterwards.
  void reset();
  void clear_counters() { at_clear_ = raw_counters(); }
  /// Clears interrupts whose bits are set; clearing kIrqError clears the error, too.
  void clear_irq(std::uint32_t mask);

  std::uint32_t status() const;
  std::uint32_t irq_status() const { return irq_status_; }
  const JobError& error() const { return error_; }
  std::uint32_t error_count() const { return error_count_; }
  std::uint64_t fault_descriptor() const { return fault_descriptor_; }
  std::uint64_t current_descriptor() const { return current_descriptor_; }
  AcceleratorCounters counters() const;
  /// Notified when irq_status() may have changed.
  const sc_core::sc_event& irq_changed() const { return irq_changed_; }
  /// To be called when the interrupt enables changed.
  void notify_irq() { irq_changed_.notify(sc_core::SC_ZERO_TIME); }

 private:
  struct Doorbell {
    std::uint64_t descriptor;
    sc_core::sc_time at;
  };
  /// A descriptor fetched ahead, or why it could not be.
  struct Fetched {
    std::uint64_t address = 0;
    JobDescriptor descriptor;
    std::optional<JobError> error;
  };

  void run_chain(const Doorbell& doorbell);
  std::optional<JobError> run_job(const Fetched& fetched, std::optional<Fetched>& next);
  Fetched fetch(std::uint64_t address);
  std::optional<JobError> check_address(std::uint64_t address);
  void fail(const JobError& error, std::uint64_t descriptor);
  void job_done(const JobDescriptor& descriptor);
  void raise(std::uint32_t irq);
  AcceleratorCounters raw_counters() const;

  const ArrayConfig& config_;
  SequencerLimits limits_;
  JobRunner& runner_;
  Dma& dma_;
  std::deque<Doorbell> queue_;
  std::unordered_set<std::uint64_t> visited_;  ///< descriptors of the running chain
  sc_core::sc_event doorbell_rang_;
  sc_core::sc_event irq_changed_;
  bool running_ = false;
  bool cancelling_ = false;
  bool done_ = false;
  std::uint32_t irq_status_ = 0;
  JobError error_;
  std::uint32_t error_count_ = 0;
  std::uint64_t fault_descriptor_ = 0;
  std::uint64_t current_descriptor_ = 0;
  AcceleratorCounters at_clear_;
};

}  // namespace arrayflex::platform
