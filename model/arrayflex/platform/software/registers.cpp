#include "arrayflex/platform/software/registers.h"

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

RegisterInfo constant(Register id, const char* name, std::uint64_t value, const char* description) {
  return {id, name, 32, Access::read_only, value, false, 1, description, {}};
}

RegisterInfo configured(Register id, const char* name, int width_bits, const char* description,
                        std::vector<BitField> fields = {}) {
  return {id, name, width_bits, Access::read_only, 0, true, 1, description, std::move(fields)};
}

RegisterInfo state(Register id, const char* name, int width_bits, Access access,
                   const char* description, std::vector<BitField> fields = {},
                   std::uint64_t reset_value = 0) {
  return {id, name, width_bits, access, reset_value, false, 1, description, std::move(fields)};
}

RegisterInfo counter(Register id, const char* name, const char* description, int count = 1) {
  return {id, name, 64, Access::read_only, 0, false, count, description, {}};
}

void add_identification(std::vector<RegisterInfo>& map) {
  map.push_back(constant(Register::id, "ID", kIdValue, "Identification, \"AFLX\"."));
  map.push_back(constant(Register::version, "VERSION", kVersionValue,
                         "Version of register map and job descriptor: major << 16 | minor << 8 | "
                         "patch."));
  map.push_back(configured(Register::array_rows, "ARRAY_ROWS", 32, "Rows R of the array."));
  map.push_back(configured(Register::array_cols, "ARRAY_COLS", 32, "Columns C of the array."));
  map.push_back(configured(Register::capabilities, "CAPABILITIES", 32, "Widths and depths.",
                           {{"DATA_WIDTH", 0, 8, "operand width in bits: elements of A and B"},
                            {"ACC_WIDTH", 8, 8, "accumulator width in bits: elements of X"},
                            {"MODE_COUNT", 16, 8, "number of collapse factors (255: 255 or more)"},
                            {"QUEUE_DEPTH", 24, 8, "doorbells that can wait while a chain runs"}}));
  map.push_back(configured(Register::chain_limit, "CHAIN_LIMIT", 32,
                           "Largest number of jobs of one doorbell."));
  map.push_back(configured(Register::mode_bitmap, "MODE_BITMAP", 64,
                           "Bit k-1 is set if collapse factor k (1..64) can be asked for."));
  map.push_back(state(Register::mode_select, "MODE_SELECT", 32, Access::read_write,
                      "Index, from 0, of the collapse factor shown in MODE_VALUE."));
  map.push_back({Register::mode_value, "MODE_VALUE", 32, Access::read_only, 0, true, 1,
                 "The collapse factor at index MODE_SELECT, ascending; 0 beyond the last.",
                 std::vector<BitField>{}});
  map.push_back(configured(Register::max_t, "MAX_T", 32,
                           "Largest T of a job: rows of the operand and accumulator buffers."));
}

void add_control(std::vector<RegisterInfo>& map) {
  map.push_back(state(
      Register::control, "CONTROL", 32, Access::write_only, "Actions; bits written 0 do nothing.",
      {{"SOFT_RESET", 0, 1,
        "abandons what runs and what is queued; every register gets its reset value"},
       {"CLEAR_COUNTERS", 1, 1, "counters restart from 0, also while a job runs"}}));
  map.push_back(state(
      Register::status, "STATUS", 32, Access::read_only, "State.",
      {{"IDLE", 0, 1, "nothing runs and nothing is queued"},
       {"BUSY", 1, 1, "a chain runs or is queued, or transactions of an abandoned one are drained"},
       {"DONE", 2, 1, "the last chain that ended, ended without error; 0 while a chain runs"},
       {"ERROR", 3, 1, "ERROR_CODE holds an error (until IRQ_STATUS.ERROR is cleared)"},
       {"QUEUE_FULL", 4, 1, "a further doorbell would overflow the queue"},
       {"QUEUE_LEVEL", 8, 8, "doorbells waiting"}},
      kStatusIdle));
  map.push_back(state(Register::irq_enable, "IRQ_ENABLE", 32, Access::read_write,
                      "The interrupt output is high while IRQ_STATUS & IRQ_ENABLE is not 0.",
                      {{"JOB_DONE", 0, 1, "as in IRQ_STATUS"},
                       {"ERROR", 1, 1, "as in IRQ_STATUS"},
                       {"QUEUE_OVERFLOW", 2, 1, "as in IRQ_STATUS"}}));
  map.push_back(
      state(Register::irq_status, "IRQ_STATUS", 32, Access::write_one_to_clear, "Pending events.",
            {{"JOB_DONE", 0, 1, "a job with the interrupt-when-done flag is done"},
             {"ERROR", 1, 1,
              "a job ended with an error; clearing it clears ERROR_CODE, FAULT_ADDRESS and "
              "FAULT_DESCRIPTOR"},
             {"QUEUE_OVERFLOW", 2, 1, "a doorbell was refused because the queue was full"}}));
  map.push_back(state(Register::error_code, "ERROR_CODE", 32, Access::read_only,
                      "The first error since it was last cleared; see the error codes."));
  map.push_back(state(Register::error_count, "ERROR_COUNT", 32, Access::read_only,
                      "Jobs that ended with an error since reset; stays at 2^32-1."));
  map.push_back(state(Register::fault_address, "FAULT_ADDRESS", 64, Access::read_only,
                      "Bus errors: first byte of the failed burst. Descriptor errors: the field."));
  map.push_back(state(Register::fault_descriptor, "FAULT_DESCRIPTOR", 64, Access::read_only,
                      "Address of the descriptor of the job that failed."));
  map.push_back(state(Register::job_descriptor, "JOB_DESCRIPTOR", 64, Access::read_write,
                      "Address of the first descriptor of the chain the next doorbell starts."));
  map.push_back(state(Register::doorbell, "DOORBELL", 32, Access::write_only,
                      "Any write starts the chain at JOB_DESCRIPTOR, or queues it while another "
                      "runs."));
  map.push_back(state(Register::current_descriptor, "CURRENT_DESCRIPTOR", 64, Access::read_only,
                      "Address of the descriptor of the running job; 0 when idle."));
}

void add_counters(std::vector<RegisterInfo>& map) {
  map.push_back(counter(Register::cycles, "CYCLES", "Compute cycles of the array."));
  map.push_back(counter(Register::stall_cycles, "STALL_CYCLES",
                        "Clock cycles of jobs in which the array waited for memory."));
  map.push_back(counter(Register::time_fs, "TIME_FS",
                        "Simulated time in femtoseconds during which jobs ran."));
  map.push_back(counter(Register::tiles, "TILES", "Tiles computed."));
  map.push_back(counter(Register::jobs_done, "JOBS_DONE", "Jobs that ended without error."));
  map.push_back(counter(Register::dma_bytes_read, "DMA_BYTES_READ", "Bytes read from memory."));
  map.push_back(
      counter(Register::dma_bytes_written, "DMA_BYTES_WRITTEN", "Bytes of X written to memory."));
  map.push_back(counter(Register::dma_bytes_a, "DMA_BYTES_A", "Bytes of A read."));
  map.push_back(counter(Register::dma_bytes_b, "DMA_BYTES_B", "Bytes of B read."));
  map.push_back(counter(Register::dma_bytes_x_read, "DMA_BYTES_X_READ",
                        "Bytes of X read, by jobs that accumulate."));
  map.push_back(counter(Register::dma_bytes_descriptor, "DMA_BYTES_DESCRIPTOR",
                        "Bytes of descriptors read."));
  map.push_back(counter(Register::toggles, "TOGGLES",
                        "Bit toggles by net class: operand, operand_reg, weight_reg, product, "
                        "csa_sum, csa_carry, psum_reg, bypass_mux, skew_reg, deskew_reg.",
                        10));
}

std::vector<RegisterInfo> make_register_map() {
  std::vector<RegisterInfo> map;
  add_identification(map);
  add_control(map);
  add_counters(map);
  return map;
}

}  // namespace

const std::vector<RegisterInfo>& register_map() {
  static const std::vector<RegisterInfo> map = make_register_map();
  return map;
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
