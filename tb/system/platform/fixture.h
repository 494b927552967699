// Common parts of the platform's system tests: jobs with random operands laid out in memory, the
// accelerator with a driver, and what must come out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/core/latency.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/platform/accelerator.h"
#include "arrayflex/platform/job_descriptor.h"
#include "arrayflex/platform/little_endian.h"
#include "arrayflex/platform/memory.h"
#include "arrayflex/platform/software/register_driver.h"
#include "harness/simulation.h"
#include "harness/tlm_test_memory.h"

namespace arrayflex {

/// Names of test parameters.
inline void PrintTo(Engine engine, std::ostream* stream) { *stream << name_of(engine); }

}  // namespace arrayflex

namespace arrayflex::platform {

inline void PrintTo(DmaProtocol protocol, std::ostream* stream) {
  *stream << (protocol == DmaProtocol::loosely_timed ? "loosely_timed" : "approximately_timed");
}

}  // namespace arrayflex::platform

namespace arrayflex::platform::test {

/// Both engines; every test of the suite runs on each.
inline const std::vector<EngineKind>& engines() {
  static const std::vector<EngineKind> kinds{EngineKind::fast, EngineKind::pin};
  return kinds;
}

/// The things a test may vary about a job.
struct JobOptions {
  GemmShape shape;
  std::uint32_t k = 0;
  bool accumulate = false;
  bool interrupt = true;
  std::uint64_t stride_padding_elements = 0;
};

/// A job laid out in memory, and its expected result.
class TestJob {
 public:
  TestJob(const ArrayConfig& config, const JobOptions& options, std::mt19937_64& random)
      : config_(config), options_(options) {
    const auto& s = options.shape;
    std::uniform_int_distribution<std::int64_t> operand(config.operand_min(), config.operand_max());
    a_.resize(static_cast<std::size_t>(s.t * s.n));
    b_.resize(static_cast<std::size_t>(s.n * s.m));
    x_before_.resize(static_cast<std::size_t>(s.t * s.m));
    for (auto& value : a_) value = static_cast<std::int32_t>(operand(random));
    for (auto& value : b_) value = static_cast<std::int32_t>(operand(random));
    for (auto& value : x_before_) {
      value = sign_extend(random(), config.acc_width_bits());
    }
  }

  /// Writes operands and descriptor behind `cursor` (an offset into memory) and moves it.
  void place(std::vector<unsigned char>& memory, std::uint64_t base, std::uint64_t& cursor) {
    const auto& s = options_.shape;
    const int data = config_.data_width_bits() / 8, acc = config_.acc_width_bits() / 8;
    base_ = base;
    descriptor_.t = static_cast<std::uint32_t>(s.t);
    descriptor_.n = static_cast<std::uint32_t>(s.n);
    descriptor_.m = static_cast<std::uint32_t>(s.m);
    descriptor_.k = options_.k;
    descriptor_.flags =
        (options_.accumulate ? kFlagAccumulate : 0) | (options_.interrupt ? kFlagInterrupt : 0);
    descriptor_.a = put(memory, cursor, s.t, s.n, data, [&](std::size_t i) { return a_[i]; });
    descriptor_.b = put(memory, cursor, s.n, s.m, data, [&](std::size_t i) { return b_[i]; });
    descriptor_.x = put(memory, cursor, s.t, s.m, acc, [&](std::size_t i) { return x_before_[i]; });
    cursor = (cursor + 7) / 8 * 8;
    descriptor_offset_ = cursor;
    cursor += kDescriptorBytes;
    store(memory);
  }

  /// Rewrites the descriptor, after a change to descriptor().
  void store(std::vector<unsigned char>& memory) const {
    const DescriptorBytes bytes = encode(descriptor_);
    std::copy(bytes.begin(), bytes.end(),
              memory.begin() + static_cast<std::ptrdiff_t>(descriptor_offset_));
  }

  /// Puts X back to what it was before the job.
  void restore_x(std::vector<unsigned char>& memory) const {
    for_each_x([&](std::uint64_t offset, int bytes, std::size_t i) {
      store_unsigned(&memory[offset], static_cast<std::uint64_t>(x_before_[i]), bytes);
    });
  }

  /// Compares X in memory with the plain triple loop.
  void expect_result(const std::vector<unsigned char>& memory) const {
    const std::vector<std::int64_t> want = expected();
    std::size_t wrong = 0;
    for_each_x([&](std::uint64_t offset, int bytes, std::size_t i) {
      const std::int64_t got = sign_extend(load_unsigned(&memory[offset], bytes), bytes * 8);
      if (got != want[i] && ++wrong <= 3)
        ADD_FAILURE() << "X[" << i << "] = " << got << ", expected " << want[i];
    });
    EXPECT_EQ(wrong, 0U) << "wrong elements of " << want.size();
  }

  std::vector<std::int64_t> expected() const {
    const auto& s = options_.shape;
    std::vector<std::int64_t> x(x_before_.size());
    for (std::int64_t t = 0; t < s.t; ++t) {
      for (std::int64_t m = 0; m < s.m; ++m) {
        const auto index = static_cast<std::size_t>(t * s.m + m);
        std::uint64_t sum = options_.accumulate ? static_cast<std::uint64_t>(x_before_[index]) : 0;
        for (std::int64_t n = 0; n < s.n; ++n) {
          sum +=
              static_cast<std::uint64_t>(std::int64_t{a_[static_cast<std::size_t>(t * s.n + n)]}) *
              static_cast<std::uint64_t>(std::int64_t{b_[static_cast<std::size_t>(n * s.m + m)]});
        }
        x[index] = sign_extend(sum, config_.acc_width_bits());
      }
    }
    return x;
  }

  /// Cycles, tiles and activity according to the core library.
  GemmResult fast_engine_result(Design design = Design::arrayflex) const {
    DenseOperands operands(config_, options_.shape, a_, b_);
    DiscardResult discard;
    return FastEngine(config_, design).run(options_.shape, mode(), operands, discard);
  }

  int mode() const {
    return options_.k != 0 ? static_cast<int>(options_.k)
                           : best_collapse_factor(config_, options_.shape);
  }
  std::int64_t cycles() const { return gemm_cycles(config_, options_.shape, mode()); }
  sc_core::sc_time ideal_time(const sc_core::sc_time& start) const {
    return CycleGrid(start, config_.period_ps(Design::arrayflex, mode()).value())
               .time_of(cycles()) -
           start;
  }

  const std::vector<std::int32_t>& a() const { return a_; }
  const std::vector<std::int32_t>& b() const { return b_; }
  JobDescriptor& descriptor() { return descriptor_; }
  std::uint64_t address() const { return base_ + descriptor_offset_; }
  const JobOptions& options() const { return options_; }

 private:
  template <typename Value>
  MatrixLocation put(std::vector<unsigned char>& memory, std::uint64_t& cursor, std::int64_t rows,
                     std::int64_t cols, int bytes, Value value) const {
    const auto width = static_cast<std::uint64_t>(bytes);
    // Unaligned to bursts on purpose, aligned to elements.
    cursor = (cursor + width - 1) / width * width + width;
    const std::uint64_t stride =
        (static_cast<std::uint64_t>(cols) + options_.stride_padding_elements) * width;
    const std::uint64_t start = cursor;
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < cols; ++c) {
        const std::uint64_t offset =
            start + static_cast<std::uint64_t>(r) * stride + static_cast<std::uint64_t>(c) * width;
        store_unsigned(
            &memory.at(offset),
            static_cast<std::uint64_t>(std::int64_t{value(static_cast<std::size_t>(r * cols + c))}),
            bytes);
      }
    }
    cursor = start + static_cast<std::uint64_t>(rows) * stride;
    return {base_ + start, stride};
  }

  template <typename Visit>
  void for_each_x(Visit visit) const {
    const auto& s = options_.shape;
    const int bytes = config_.acc_width_bits() / 8;
    for (std::int64_t i = 0; i < s.t * s.m; ++i) {
      const auto row = static_cast<std::uint64_t>(i / s.m),
                 col = static_cast<std::uint64_t>(i % s.m);
      visit(descriptor_.x.address - base_ + row * descriptor_.x.stride_bytes +
                col * static_cast<std::uint64_t>(bytes),
            bytes, static_cast<std::size_t>(i));
    }
  }

  ArrayConfig config_;
  JobOptions options_;
  std::vector<std::int32_t> a_, b_;
  std::vector<std::int64_t> x_before_;
  JobDescriptor descriptor_;
  std::uint64_t base_ = 0;
  std::uint64_t descriptor_offset_ = 0;
};

/// A small array whose clock periods are no whole numbers of picoseconds.
inline AcceleratorParameters small_accelerator(EngineKind engine, int rows = 4, int cols = 5) {
  AcceleratorParameters p;
  p.engine = engine;
  p.array.rows = rows;
  p.array.cols = cols;
  p.array.data_width_bits = 8;
  p.array.acc_width_bits = 32;
  p.array.modes = {1, 2, 4};
  p.dma.burst_bytes = 32;
  p.dma.boundary_bytes = 256;
  p.dma.max_outstanding = 4;
  return p;
}

inline constexpr std::uint64_t kSmallMemoryBase = 0x1000;

/// 64 KiB that answer quickly.
inline MemoryParameters small_memory() {
  MemoryParameters p;
  p.base_address = kSmallMemoryBase;
  p.size_bytes = 1U << 16;
  p.latency = sc_core::sc_time(2, sc_core::SC_NS);
  p.bytes_per_ns = 16;
  return p;
}

/// Two durations of jobs on one clock: the rounding of an edge carries over from job to job.
inline void expect_within_a_step(const sc_core::sc_time& a, const sc_core::sc_time& b) {
  EXPECT_LE(std::max(a, b) - std::min(a, b), sc_core::sc_time::from_value(1)) << a << ", " << b;
}

/// Accelerator, driver, interrupt and reset; memory is bound by the test. With a register base the
/// test binds the driver to a bus.
class Platform {
 public:
  /// `suffix` distinguishes the names of several platforms in one simulation.
  explicit Platform(const AcceleratorParameters& parameters, const std::string& suffix = "",
                    std::uint64_t register_base = 0)
      : irq(("irq" + suffix).c_str()),
        reset(("reset" + suffix).c_str()),
        accelerator(("accelerator" + suffix).c_str(), parameters),
        driver(("driver" + suffix).c_str(), register_base) {
    if (register_base == 0) driver.socket.bind(accelerator.register_socket);
    accelerator.irq.bind(irq);
    accelerator.reset.bind(reset);
  }

  /// Starts the chain at an address, with all interrupts enabled.
  void ring(std::uint64_t descriptor) {
    driver.write32(Register::irq_enable, kIrqAll);
    driver.write64(Register::job_descriptor, descriptor);
    driver.write32(Register::doorbell, 1);
  }

  /// Waits for the interrupt; fails the test after `limit`. True if it came.
  bool wait_irq(const sc_core::sc_time& limit = sc_core::sc_time(1, sc_core::SC_MS)) {
    if (!irq.read()) sc_core::wait(limit, irq.posedge_event());
    EXPECT_TRUE(irq.read()) << "no interrupt within " << limit;
    return irq.read();
  }

  /// Waits until nothing runs; fails the test after `limit`.
  bool wait_idle(const sc_core::sc_time& limit = sc_core::sc_time(1, sc_core::SC_MS)) {
    const sc_core::sc_time end = sc_core::sc_time_stamp() + limit;
    while ((driver.read32(Register::status) & kStatusIdle) == 0) {
      if (sc_core::sc_time_stamp() >= end) {
        ADD_FAILURE() << "still busy after " << limit;
        return false;
      }
      sc_core::wait(7, sc_core::SC_NS);
    }
    return true;
  }

  void clear_irq() {
    driver.write32(Register::irq_status, kIrqAll);
    settle();
  }

  /// Lets signals follow a register write.
  void settle() {
    for (int i = 0; i < 4; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
  }

  /// No error so far, and the last chain is done.
  void expect_done() {
    EXPECT_EQ(driver.read32(Register::error_code), 0U);
    EXPECT_EQ(driver.read32(Register::status) & 0xF, kStatusIdle | kStatusDone);
  }

  sc_core::sc_signal<bool> irq, reset;
  Accelerator accelerator;
  platform::TlmRegisterDriver driver;
};

/// Jobs one behind the other in a small_memory() of the platform.
inline std::vector<TestJob> placed_jobs(const Platform& platform,
                                        std::vector<unsigned char>& memory,
                                        const std::vector<JobOptions>& options,
                                        std::mt19937_64& random) {
  std::vector<TestJob> jobs;
  jobs.reserve(options.size());
  std::uint64_t cursor = 0;
  for (const JobOptions& job : options) {
    jobs.emplace_back(platform.accelerator.config(), job, random);
    jobs.back().place(memory, kSmallMemoryBase, cursor);
  }
  return jobs;
}

/// Runs a chain to its end and checks every result.
inline void run_clean_job(Platform& platform, TestJob& job, std::vector<unsigned char>& memory) {
  job.restore_x(memory);
  platform.ring(job.address());
  if (!platform.wait_idle()) return;
  platform.expect_done();
  job.expect_result(memory);
}

class EngineTest : public testing::TestWithParam<EngineKind> {};

inline std::string engine_test_name(const testing::TestParamInfo<EngineKind>& info) {
  return name_of(info.param);
}

}  // namespace arrayflex::platform::test
