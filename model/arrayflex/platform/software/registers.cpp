#include "arrayflex/platform/software/registers.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "arrayflex/core/net_classes.h"
#include "arrayflex/platform/dma/cycle_grid.h"
#include "arrayflex/platform/software/register_targets.h"

namespace arrayflex::platform {

const char* name_of(Access access) {
  switch (access) {
    case Access::read_only:
      return "RO";
    case Access::read_write:
      return "RW";
    case Access::write_only:
      return "WO";
    case Access::write_one_to_clear:
      return "W1C";
  }
  return "?";
}

namespace {

using Targets = RegisterTargets;
/// Value without side effects; `index` counts within registers of the same kind.
using Read = std::function<std::uint64_t(const Targets&, int index)>;
/// Effects of a write, `delay` after now.
using Write =
    std::function<void(const Targets&, std::uint64_t value, const sc_core::sc_time& delay)>;

struct Declaration {
  RegisterInfo info;
  Read read;
  Write write;
};
using Declarations = std::vector<Declaration>;
using Fields = std::vector<BitField>;

/// The same in every accelerator.
Declaration constant(Register id, const char* name, std::uint64_t value, const char* description) {
  return {{id, name, 32, Access::read_only, value, false, 1, description, {}},
          [value](const Targets&, int) { return value; },
          {}};
}

/// Depends on the accelerator's parameters.
Declaration configured(Register id, const char* name, int width_bits, const char* description,
                       Read read, Fields fields = {}) {
  return {{id, name, width_bits, Access::read_only, 0, true, 1, description, std::move(fields)},
          std::move(read),
          {}};
}

/// Shows what the accelerator does.
Declaration state(Register id, const char* name, int width_bits, const char* description, Read read,
                  Fields fields = {}, std::uint64_t reset_value = 0) {
  return {{id, name, width_bits, Access::read_only, reset_value, false, 1, description,
           std::move(fields)},
          std::move(read),
          {}};
}

/// Holds what software wrote, 0 after reset. `written` is what a write does besides.
Declaration stored(Register id, const char* name, int width_bits, const char* description,
                   Fields fields = {}, Write written = {}) {
  return {{id, name, width_bits, Access::read_write, 0, false, 1, description, std::move(fields)},
          {},
          std::move(written)};
}

/// A write does something, a read is an error.
Declaration action(Register id, const char* name, const char* description, Write write,
                   Fields fields = {}) {
  return {{id, name, 32, Access::write_only, 0, false, 1, description, std::move(fields)},
          {},
          std::move(write)};
}

/// Counts since reset, or since CONTROL.CLEAR_COUNTERS.
template <class Value>
Declaration counter(Register id, const char* name, const char* description, Value value,
                    int count = 1) {
  return {{id, name, 64, Access::read_only, 0, false, count, description, {}},
          [value](const Targets& t, int index) {
            return static_cast<std::uint64_t>(value(t.sequencer.counters(), index));
          },
          {}};
}

std::uint64_t capabilities(const Targets& t) {
  return static_cast<std::uint64_t>(t.config.data_width_bits()) |
         static_cast<std::uint64_t>(t.config.acc_width_bits()) << 8 |
         std::min<std::uint64_t>(t.config.modes().size(), 255) << 16 |
         std::uint64_t{t.limits.queue_depth} << 24;
}

/// Bit k-1 for every mode k up to 64 that has a clock.
std::uint64_t mode_bitmap(const ArrayConfig& config) {
  std::uint64_t bitmap = 0;
  for (const int k : config.modes()) {
    if (k <= 64 && config.period_ps(Design::arrayflex, k)) bitmap |= std::uint64_t{1} << (k - 1);
  }
  return bitmap;
}

std::uint64_t selected_mode(const Targets& t) {
  const std::vector<int>& modes = t.config.modes();
  const std::uint64_t index = t.registers.value_of(Register::mode_select);
  return index < modes.size() ? static_cast<std::uint64_t>(modes[index]) : 0;
}

std::uint64_t overlap_number(Overlap overlap) {
  switch (overlap) {
    case Overlap::none:
      return 0;
    case Overlap::load:
      return 1;
    case Overlap::full:
      return 2;
  }
  return 0;
}

void control(const Targets& t, std::uint64_t value) {
  if ((value & kControlSoftReset) != 0) {
    t.registers.reset();
    t.sequencer.reset();
  } else if ((value & kControlClearCounters) != 0) {
    t.sequencer.clear_counters();
  }
}

std::uint64_t femtoseconds(const sc_core::sc_time& time) {
  const auto per_step = static_cast<std::uint64_t>(CycleGrid::femtoseconds_per_step());
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(time.value(), per_step, &result)) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return result;
}

void add_identification(Declarations& map) {
  map.push_back(constant(Register::id, "ID", kIdValue, "Identification, \"AFLX\"."));
  map.push_back(constant(Register::version, "VERSION", kVersionValue,
                         "Version of register map and job descriptor: major << 16 | minor << 8 | "
                         "patch."));
  map.push_back(configured(Register::array_rows, "ARRAY_ROWS", 32, "Rows R of the array.",
                           [](const Targets& t, int) { return t.config.rows(); }));
  map.push_back(configured(Register::array_cols, "ARRAY_COLS", 32, "Columns C of the array.",
                           [](const Targets& t, int) { return t.config.cols(); }));
  map.push_back(configured(Register::capabilities, "CAPABILITIES", 32, "Widths and depths.",
                           [](const Targets& t, int) { return capabilities(t); },
                           {{"DATA_WIDTH", 0, 8, "operand width in bits: elements of A and B"},
                            {"ACC_WIDTH", 8, 8, "accumulator width in bits: elements of X"},
                            {"MODE_COUNT", 16, 8, "number of collapse factors (255: 255 or more)"},
                            {"QUEUE_DEPTH", 24, 8, "doorbells that can wait while a chain runs"}}));
  map.push_back(configured(Register::chain_limit, "CHAIN_LIMIT", 32,
                           "Largest number of jobs of one doorbell.",
                           [](const Targets& t, int) { return t.limits.chain_limit; }));
  map.push_back(configured(Register::mode_bitmap, "MODE_BITMAP", 64,
                           "Bit k-1 is set if collapse factor k (1..64) can be asked for.",
                           [](const Targets& t, int) { return mode_bitmap(t.config); }));
  map.push_back(stored(Register::mode_select, "MODE_SELECT", 32,
                       "Index, from 0, of the collapse factor shown in MODE_VALUE."));
  map.push_back(configured(Register::mode_value, "MODE_VALUE", 32,
                           "The collapse factor at index MODE_SELECT, ascending; 0 beyond the "
                           "last.",
                           [](const Targets& t, int) { return selected_mode(t); }));
  map.push_back(configured(Register::max_t, "MAX_T", 32,
                           "Largest T of a job: rows of the operand and accumulator buffers.",
                           [](const Targets& t, int) { return t.limits.max_t; }));
  map.push_back(
      configured(Register::overlap, "OVERLAP", 32,
                 "How far the tiles of a job overlap: 0 none, 1 load, 2 full.",
                 [](const Targets& t, int) { return overlap_number(t.config.overlap()); }));
}

void add_control(Declarations& map) {
  map.push_back(action(
      Register::control, "CONTROL", "Actions; bits written 0 do nothing.",
      [](const Targets& t, std::uint64_t value, const sc_core::sc_time&) { control(t, value); },
      {{"SOFT_RESET", 0, 1,
        "abandons what runs and what is queued; every register gets its reset value"},
       {"CLEAR_COUNTERS", 1, 1, "counters restart from 0, also while a job runs"}}));
  map.push_back(state(
      Register::status, "STATUS", 32, "State.",
      [](const Targets& t, int) { return t.sequencer.status(); },
      {{"IDLE", 0, 1, "nothing runs and nothing is queued"},
       {"BUSY", 1, 1, "a chain runs or is queued, or transactions of an abandoned one are drained"},
       {"DONE", 2, 1, "the last chain that ended, ended without error; 0 while a chain runs"},
       {"ERROR", 3, 1, "ERROR_CODE holds an error (until IRQ_STATUS.ERROR is cleared)"},
       {"QUEUE_FULL", 4, 1, "a further doorbell would overflow the queue"},
       {"QUEUE_LEVEL", 8, 8, "doorbells waiting"}},
      kStatusIdle));
  map.push_back(stored(
      Register::irq_enable, "IRQ_ENABLE", 32,
      "The interrupt output is high while IRQ_STATUS & IRQ_ENABLE is not 0.",
      {{"JOB_DONE", 0, 1, "as in IRQ_STATUS"},
       {"ERROR", 1, 1, "as in IRQ_STATUS"},
       {"QUEUE_OVERFLOW", 2, 1, "as in IRQ_STATUS"}},
      [](const Targets& t, std::uint64_t, const sc_core::sc_time&) { t.sequencer.notify_irq(); }));
  map.push_back(
      {{Register::irq_status, "IRQ_STATUS", 32, Access::write_one_to_clear, 0, false, 1,
        "Pending events.",
        Fields{{"JOB_DONE", 0, 1, "a job with the interrupt-when-done flag is done"},
               {"ERROR", 1, 1,
                "a job ended with an error; clearing it clears ERROR_CODE, FAULT_ADDRESS "
                "and FAULT_DESCRIPTOR"},
               {"QUEUE_OVERFLOW", 2, 1, "a doorbell was refused because the queue was full"}}},
       [](const Targets& t, int) { return t.sequencer.irq_status(); },
       [](const Targets& t, std::uint64_t value, const sc_core::sc_time&) {
         t.sequencer.clear_irq(static_cast<std::uint32_t>(value));
       }});
}

void add_errors(Declarations& map) {
  map.push_back(state(
      Register::error_code, "ERROR_CODE", 32,
      "The first error since it was last cleared; see the error codes.",
      [](const Targets& t, int) { return static_cast<std::uint64_t>(t.sequencer.error().code); }));
  map.push_back(state(Register::error_count, "ERROR_COUNT", 32,
                      "Jobs that ended with an error since reset; stays at 2^32-1.",
                      [](const Targets& t, int) { return t.sequencer.error_count(); }));
  map.push_back(state(Register::fault_address, "FAULT_ADDRESS", 64,
                      "Bus errors: first byte of the failed burst. Descriptor errors: the field.",
                      [](const Targets& t, int) { return t.sequencer.error().fault_address; }));
  map.push_back(state(Register::fault_descriptor, "FAULT_DESCRIPTOR", 64,
                      "Address of the descriptor of the job that failed.",
                      [](const Targets& t, int) { return t.sequencer.fault_descriptor(); }));
}

void add_jobs(Declarations& map) {
  map.push_back(stored(Register::job_descriptor, "JOB_DESCRIPTOR", 64,
                       "Address of the first descriptor of the chain the next doorbell starts."));
  map.push_back(action(Register::doorbell, "DOORBELL",
                       "Any write starts the chain at JOB_DESCRIPTOR, or queues it while another "
                       "runs.",
                       [](const Targets& t, std::uint64_t, const sc_core::sc_time& delay) {
                         t.sequencer.ring(t.registers.value_of(Register::job_descriptor),
                                          sc_core::sc_time_stamp() + delay);
                       }));
  map.push_back(state(Register::current_descriptor, "CURRENT_DESCRIPTOR", 64,
                      "Address of the descriptor of the running job; 0 when idle.",
                      [](const Targets& t, int) { return t.sequencer.current_descriptor(); }));
}

std::string toggles_description() {
  std::string text = "Bit toggles by net class: ";
  for (const NetClass c : all_net_classes()) {
    if (index_of(c) > 0) text += ", ";
    text += name_of(c);
  }
  return text + ".";
}

void add_counters(Declarations& map) {
  using Counters = AcceleratorCounters;
  map.push_back(counter(Register::cycles, "CYCLES", "Compute cycles of the array.",
                        [](const Counters& c, int) { return c.cycles; }));
  map.push_back(counter(Register::stall_cycles, "STALL_CYCLES",
                        "Clock cycles of jobs in which the array waited for memory.",
                        [](const Counters& c, int) { return c.stall_cycles; }));
  map.push_back(counter(Register::time_fs, "TIME_FS",
                        "Simulated time in femtoseconds during which jobs ran.",
                        [](const Counters& c, int) { return femtoseconds(c.time); }));
  map.push_back(counter(Register::tiles, "TILES", "Tiles computed.",
                        [](const Counters& c, int) { return c.tiles; }));
  map.push_back(counter(Register::jobs_done, "JOBS_DONE", "Jobs that ended without error.",
                        [](const Counters& c, int) { return c.jobs_done; }));
  map.push_back(counter(Register::dma_bytes_read, "DMA_BYTES_READ", "Bytes read from memory.",
                        [](const Counters& c, int) { return c.traffic.read(); }));
  map.push_back(counter(Register::dma_bytes_written, "DMA_BYTES_WRITTEN",
                        "Bytes of X written to memory.",
                        [](const Counters& c, int) { return c.traffic.x_written; }));
  map.push_back(counter(Register::dma_bytes_a, "DMA_BYTES_A", "Bytes of A read.",
                        [](const Counters& c, int) { return c.traffic.a; }));
  map.push_back(counter(Register::dma_bytes_b, "DMA_BYTES_B", "Bytes of B read.",
                        [](const Counters& c, int) { return c.traffic.b; }));
  map.push_back(counter(Register::dma_bytes_x_read, "DMA_BYTES_X_READ",
                        "Bytes of X read, by jobs that accumulate.",
                        [](const Counters& c, int) { return c.traffic.x_read; }));
  map.push_back(counter(Register::dma_bytes_descriptor, "DMA_BYTES_DESCRIPTOR",
                        "Bytes of descriptors read.",
                        [](const Counters& c, int) { return c.traffic.descriptors; }));
  static const std::string toggles = toggles_description();
  map.push_back(counter(
      Register::toggles, "TOGGLES", toggles.c_str(),
      [](const Counters& c, int i) { return c.activity.toggles[static_cast<std::size_t>(i)]; },
      static_cast<int>(kNetClassCount)));
}

const Declarations& declarations() {
  static const Declarations all = [] {
    Declarations map;
    add_identification(map);
    add_control(map);
    add_errors(map);
    add_jobs(map);
    add_counters(map);
    return map;
  }();
  return all;
}

}  // namespace

const std::vector<RegisterInfo>& register_map() {
  static const std::vector<RegisterInfo> map = [] {
    std::vector<RegisterInfo> infos;
    for (const Declaration& declaration : declarations()) infos.push_back(declaration.info);
    return infos;
  }();
  return map;
}

std::vector<BoundRegister> bind_registers(const RegisterTargets& targets) {
  std::vector<BoundRegister> bound;
  for (const Declaration& declared : declarations()) {
    BoundRegister& one = bound.emplace_back();
    one.info = &declared.info;
    if (declared.read) {
      one.read = [&declared, targets](int index) { return declared.read(targets, index); };
    }
    if (declared.write) {
      one.write = [&declared, targets](std::uint64_t value, const sc_core::sc_time& delay) {
        declared.write(targets, value, delay);
      };
    }
  }
  return bound;
}

const std::vector<ErrorInfo>& error_codes() {
  static const std::vector<ErrorInfo> codes{
      {ErrorCode::none, "NONE", "no error"},
      {ErrorCode::descriptor_misaligned, "DESCRIPTOR_MISALIGNED",
       "a descriptor address is no multiple of 8; FAULT_ADDRESS: that address"},
      {ErrorCode::descriptor_magic, "DESCRIPTOR_MAGIC", "the descriptor's magic is wrong"},
      {ErrorCode::descriptor_version, "DESCRIPTOR_VERSION", "the descriptor's version is unknown"},
      {ErrorCode::descriptor_reserved, "DESCRIPTOR_RESERVED",
       "a reserved field or flag is not zero"},
      {ErrorCode::size_zero, "SIZE_ZERO", "T, N or M is zero"},
      {ErrorCode::size_too_large, "SIZE_TOO_LARGE",
       "T exceeds MAX_T, N or M exceeds 2^31-1, or the job's cycles exceed 2^63-1"},
      {ErrorCode::address_misaligned, "ADDRESS_MISALIGNED",
       "the address of A, B or X is no multiple of its element size"},
      {ErrorCode::stride_misaligned, "STRIDE_MISALIGNED",
       "the stride of A, B or X is no multiple of its element size"},
      {ErrorCode::stride_too_small, "STRIDE_TOO_SMALL",
       "the stride of A, B or X is smaller than one row"},
      {ErrorCode::address_overflow, "ADDRESS_OVERFLOW",
       "the last byte of A, B or X lies beyond the 64-bit address space"},
      {ErrorCode::operand_overlap, "OPERAND_OVERLAP",
       "the address range of X, from the first byte of its first row to the last byte of its last "
       "row, gaps between rows included, meets that of A or B"},
      {ErrorCode::collapse_factor, "COLLAPSE_FACTOR",
       "k is neither 0 nor a mode of the array that has a clock"},
      {ErrorCode::chain_loop, "CHAIN_LOOP",
       "the next pointer leads to a descriptor this doorbell already ran"},
      {ErrorCode::chain_too_long, "CHAIN_TOO_LONG", "the chain exceeds CHAIN_LIMIT jobs"},
      {ErrorCode::bus_address, "BUS_ADDRESS", "TLM_ADDRESS_ERROR_RESPONSE"},
      {ErrorCode::bus_command, "BUS_COMMAND", "TLM_COMMAND_ERROR_RESPONSE"},
      {ErrorCode::bus_burst, "BUS_BURST", "TLM_BURST_ERROR_RESPONSE"},
      {ErrorCode::bus_byte_enable, "BUS_BYTE_ENABLE", "TLM_BYTE_ENABLE_ERROR_RESPONSE"},
      {ErrorCode::bus_generic, "BUS_GENERIC", "TLM_GENERIC_ERROR_RESPONSE"},
      {ErrorCode::bus_incomplete, "BUS_INCOMPLETE",
       "TLM_INCOMPLETE_RESPONSE: no target took the transaction"},
      {ErrorCode::bus_timeout, "BUS_TIMEOUT",
       "approximately timed targets: no answer within the DMA's timeout"},
      {ErrorCode::counter_overflow, "COUNTER_OVERFLOW", "an exact count exceeds 2^63-1"},
      {ErrorCode::internal, "INTERNAL",
       "the model failed, for instance for lack of host memory; the log has the reason"},
  };
  return codes;
}

}  // namespace arrayflex::platform
