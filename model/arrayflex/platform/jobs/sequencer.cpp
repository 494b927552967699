#include "arrayflex/platform/jobs/sequencer.h"

#include <exception>
#include <limits>

#include "arrayflex/core/error.h"
#include "arrayflex/platform/log.h"

namespace arrayflex::platform {

Sequencer::Sequencer(const ArrayConfig& config, const SequencerLimits& limits, JobRunner& runner,
                     Dma& dma)
    : config_(config),
      limits_(limits),
      runner_(runner),
      dma_(dma),
      doorbell_rang_(sc_core::sc_gen_unique_name("doorbell_rang")),
      irq_changed_(sc_core::sc_gen_unique_name("irq_changed")) {}

void Sequencer::run_loop() {
  for (;;) {
    while (queue_.empty()) sc_core::wait(doorbell_rang_);
    const Doorbell doorbell = queue_.front();
    queue_.pop_front();
    running_ = true;
    done_ = false;
    try {
      run_chain(doorbell);
    } catch (const JobCancelled&) {
      // reset() already put the registers into their reset state.
    }
    dma_.stop();
    if (cancelling_) runner_.reset();
    cancelling_ = false;
    running_ = false;
    current_descriptor_ = 0;
  }
}

void Sequencer::run_chain(const Doorbell& doorbell) {
  dma_.start();
  dma_.advance_to(doorbell.at);
  visited_.clear();
  current_descriptor_ = doorbell.descriptor;
  std::optional<Fetched> next = fetch(doorbell.descriptor);
  while (next) {
    const Fetched current = *next;
    current_descriptor_ = current.address;
    next.reset();
    const std::optional<JobError> error = run_job(current, next);
    if (error) {
      fail(*error, current.address);
      return;
    }
    job_done(current.descriptor);
  }
  done_ = true;
}

std::optional<JobError> Sequencer::run_job(const Fetched& fetched, std::optional<Fetched>& next) {
  if (fetched.error) return fetched.error;
  try {
    ValidJob job;
    if (auto error = validate(fetched.descriptor, fetched.address, config_, limits_.max_t, job)) {
      return error;
    }
    runner_.run(job, [&] {
      if (fetched.descriptor.next != 0) next = fetch(fetched.descriptor.next);
    });
    return std::nullopt;
  } catch (const JobFailure& failure) {
    return failure.error;
  } catch (const sc_core::sc_unwind_exception&) {
    throw;
  } catch (const OverflowError& error) {
    log_error(error.what());
    return JobError{ErrorCode::counter_overflow, 0};
  } catch (const std::exception& error) {
    log_error(error.what());
    return JobError{ErrorCode::internal, 0};
  }
}

Sequencer::Fetched Sequencer::fetch(std::uint64_t address) {
  Fetched fetched;
  fetched.address = address;
  fetched.error = check_address(address);
  if (fetched.error) return fetched;
  DescriptorBytes bytes{};
  const std::uint64_t before = dma_.bytes_read();
  try {
    dma_.read({address, 1, kDescriptorBytes, kDescriptorBytes}, bytes.data());
    fetched.descriptor = decode(bytes);
  } catch (const JobFailure& failure) {
    fetched.error = failure.error;
  }
  runner_.count_descriptor(dma_.bytes_read() - before);
  return fetched;
}

std::optional<JobError> Sequencer::check_address(std::uint64_t address) {
  if (address % kDescriptorAlignment != 0) {
    return JobError{ErrorCode::descriptor_misaligned, address};
  }
  if (address > std::numeric_limits<std::uint64_t>::max() - (kDescriptorBytes - 1)) {
    return JobError{ErrorCode::address_overflow, address};
  }
  if (visited_.size() >= limits_.chain_limit) return JobError{ErrorCode::chain_too_long, address};
  if (!visited_.insert(address).second) return JobError{ErrorCode::chain_loop, address};
  return std::nullopt;
}

void Sequencer::fail(const JobError& error, std::uint64_t descriptor) {
  dma_.synchronize();
  if (error_count_ != std::numeric_limits<std::uint32_t>::max()) ++error_count_;
  if (error_.code == ErrorCode::none) {
    error_ = error;
    fault_descriptor_ = descriptor;
  }
  log_warning("job failed: error code " + std::to_string(static_cast<unsigned>(error.code)) +
              ", fault address " + std::to_string(error.fault_address) + ", descriptor " +
              std::to_string(descriptor));
  raise(kIrqError);
}

void Sequencer::job_done(const JobDescriptor& descriptor) {
  if (descriptor.interrupt_when_done()) raise(kIrqJobDone);
}

void Sequencer::raise(std::uint32_t irq) {
  irq_status_ |= irq;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Sequencer::ring(std::uint64_t descriptor, const sc_core::sc_time& at) {
  // While idle, the first doorbell passes through the queue without occupying it.
  const std::size_t capacity = limits_.queue_depth + (running_ ? 0U : 1U);
  if (queue_.size() >= capacity) {
    raise(kIrqQueueOverflow);
    return;
  }
  queue_.push_back({descriptor, at});
  doorbell_rang_.notify(sc_core::SC_ZERO_TIME);
}

void Sequencer::reset() {
  queue_.clear();
  done_ = false;
  irq_status_ = 0;
  error_ = {};
  error_count_ = 0;
  fault_descriptor_ = 0;
  current_descriptor_ = 0;
  at_clear_ = {};
  if (running_) {
    cancelling_ = true;
    runner_.cancel();
  } else {
    runner_.reset();
  }
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Sequencer::clear_irq(std::uint32_t mask) {
  irq_status_ &= ~mask;
  if ((mask & kIrqError) != 0) {
    error_ = {};
    fault_descriptor_ = 0;
  }
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

std::uint32_t Sequencer::status() const {
  const bool busy = running_ || !queue_.empty();
  std::uint32_t status = busy ? kStatusBusy : kStatusIdle;
  if (done_ && !running_) status |= kStatusDone;
  if (error_.code != ErrorCode::none) status |= kStatusError;
  if (queue_.size() >= limits_.queue_depth) status |= kStatusQueueFull;
  const std::size_t waiting = queue_.size() < 255 ? queue_.size() : 255;
  return status | static_cast<std::uint32_t>(waiting) << kStatusQueueLevelShift;
}

AcceleratorCounters Sequencer::raw_counters() const {
  return cancelling_ ? AcceleratorCounters{} : runner_.counters();
}

AcceleratorCounters Sequencer::counters() const {
  AcceleratorCounters c = raw_counters();
  c.cycles -= at_clear_.cycles;
  c.stall_cycles -= at_clear_.stall_cycles;
  c.time -= at_clear_.time;
  c.tiles -= at_clear_.tiles;
  c.jobs_done -= at_clear_.jobs_done;
  c.traffic -= at_clear_.traffic;
  for (std::size_t i = 0; i < kNetClassCount; ++i) {
    c.activity.toggles[i] -= at_clear_.activity.toggles[i];
  }
  for (std::size_t i = 0; i < kRegisterClassCount; ++i) {
    c.activity.clocked_bits[i] -= at_clear_.activity.clocked_bits[i];
    c.activity.gated_bits[i] -= at_clear_.activity.gated_bits[i];
  }
  return c;
}

}  // namespace arrayflex::platform
