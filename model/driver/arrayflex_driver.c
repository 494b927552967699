#include "arrayflex_driver.h"

#include "arrayflex_registers.h"

_Static_assert(sizeof(arrayflex_descriptor) == ARRAYFLEX_DESCRIPTOR_BYTES, "descriptor size");
_Static_assert(_Alignof(arrayflex_descriptor) == ARRAYFLEX_DESCRIPTOR_ALIGNMENT, "its alignment");

#define COMPATIBLE_MAJOR_VERSION (ARRAYFLEX_VERSION_VALUE >> 16)
#define ALL_EVENTS \
  (ARRAYFLEX_IRQ_STATUS_JOB_DONE | ARRAYFLEX_IRQ_STATUS_ERROR | ARRAYFLEX_IRQ_STATUS_QUEUE_OVERFLOW)

/* Registers ------------------------------------------------------------------------------------ */

uint32_t arrayflex_read_register32(const arrayflex_device* device, uint32_t offset) {
  return device->ops->read32(device->context, device->base + offset);
}

uint64_t arrayflex_read_register64(const arrayflex_device* device, uint32_t offset) {
  /* The lower half latches the upper one, unless an interrupt handler reads another register
   * between the two: both are right when the upper half is the same before and after. */
  uint64_t high = arrayflex_read_register32(device, offset + 4U);
  for (;;) {
    const uint64_t low = arrayflex_read_register32(device, offset);
    const uint64_t again = arrayflex_read_register32(device, offset + 4U);
    if (again == high) {
      return (high << 32) | low;
    }
    high = again;
  }
}

void arrayflex_write_register32(arrayflex_device* device, uint32_t offset, uint32_t value) {
  device->ops->write32(device->context, device->base + offset, value);
}

void arrayflex_write_register64(arrayflex_device* device, uint32_t offset, uint64_t value) {
  arrayflex_write_register32(device, offset, (uint32_t)value);
  arrayflex_write_register32(device, offset + 4U, (uint32_t)(value >> 32));
}

static uint32_t field(uint32_t value, uint32_t mask, uint32_t shift) {
  return (value & mask) >> shift;
}

/* Probing and reset ---------------------------------------------------------------------------- */

static void read_modes(arrayflex_device* device) {
  arrayflex_info* const info = &device->info;
  info->mode_count = 0U;
  while (info->mode_count < ARRAYFLEX_MAX_MODES) {
    arrayflex_write_register32(device, ARRAYFLEX_MODE_SELECT, info->mode_count);
    const uint32_t k = arrayflex_read_register32(device, ARRAYFLEX_MODE_VALUE);
    if (k == 0U) {
      break;
    }
    info->modes[info->mode_count] = k;
    ++info->mode_count;
  }
  arrayflex_write_register32(device, ARRAYFLEX_MODE_SELECT, 0U);
}

arrayflex_result arrayflex_probe(arrayflex_device* device, const arrayflex_ops* ops, void* context,
                                 uintptr_t base) {
  if ((device == NULL) || (ops == NULL) || (ops->read32 == NULL) || (ops->write32 == NULL) ||
      (ops->memory_barrier == NULL) || (ops->bus_address == NULL) || (ops->now_ticks == NULL)) {
    return ARRAYFLEX_INVALID_ARGUMENT;
  }
  *device = (arrayflex_device){.ops = ops, .context = context, .base = base};
  if (arrayflex_read_register32(device, ARRAYFLEX_ID) != ARRAYFLEX_ID_VALUE) {
    return ARRAYFLEX_NOT_FOUND;
  }
  arrayflex_info* const info = &device->info;
  info->version = arrayflex_read_register32(device, ARRAYFLEX_VERSION);
  if ((info->version >> 16) != COMPATIBLE_MAJOR_VERSION) {
    return ARRAYFLEX_WRONG_VERSION;
  }
  const uint32_t capabilities = arrayflex_read_register32(device, ARRAYFLEX_CAPABILITIES);
  info->rows = arrayflex_read_register32(device, ARRAYFLEX_ARRAY_ROWS);
  info->cols = arrayflex_read_register32(device, ARRAYFLEX_ARRAY_COLS);
  info->data_width_bits = field(capabilities, ARRAYFLEX_CAPABILITIES_DATA_WIDTH_MASK,
                                ARRAYFLEX_CAPABILITIES_DATA_WIDTH_SHIFT);
  info->acc_width_bits = field(capabilities, ARRAYFLEX_CAPABILITIES_ACC_WIDTH_MASK,
                               ARRAYFLEX_CAPABILITIES_ACC_WIDTH_SHIFT);
  info->queue_depth = field(capabilities, ARRAYFLEX_CAPABILITIES_QUEUE_DEPTH_MASK,
                            ARRAYFLEX_CAPABILITIES_QUEUE_DEPTH_SHIFT);
  info->chain_limit = arrayflex_read_register32(device, ARRAYFLEX_CHAIN_LIMIT);
  info->max_t = arrayflex_read_register32(device, ARRAYFLEX_MAX_T);
  info->overlap = (arrayflex_overlap)arrayflex_read_register32(device, ARRAYFLEX_OVERLAP);
  read_modes(device);
  return ARRAYFLEX_OK;
}

/* Deadlines beyond the end of the clock never come. */
static uint64_t deadline_after(const arrayflex_device* device, uint64_t timeout_ticks) {
  const uint64_t now = device->ops->now_ticks(device->context);
  return (timeout_ticks > (UINT64_MAX - now)) ? UINT64_MAX : (now + timeout_ticks);
}

static bool wait_until_idle(const arrayflex_device* device, uint64_t timeout_ticks) {
  const uint64_t deadline = deadline_after(device, timeout_ticks);
  while (arrayflex_busy(device)) {
    if (device->ops->now_ticks(device->context) >= deadline) {
      return !arrayflex_busy(device);
    }
  }
  return true;
}

arrayflex_result arrayflex_reset(arrayflex_device* device, uint64_t timeout_ticks) {
  arrayflex_write_register32(device, ARRAYFLEX_CONTROL, ARRAYFLEX_CONTROL_SOFT_RESET);
  const bool idle = wait_until_idle(device, timeout_ticks);
  atomic_store(&device->fault_held, false);
  atomic_store(&device->events, 0U);
  return idle ? ARRAYFLEX_OK : ARRAYFLEX_TIMEOUT;
}

/* Chains --------------------------------------------------------------------------------------- */

static void store32(uint8_t* bytes, uint32_t value) {
  for (uint32_t i = 0U; i < 4U; ++i) {
    bytes[i] = (uint8_t)(value >> (8U * i));
  }
}

static void store64(uint8_t* bytes, uint64_t value) {
  store32(bytes, (uint32_t)value);
  store32(&bytes[4], (uint32_t)(value >> 32));
}

static void store_matrix(uint8_t* bytes, const arrayflex_matrix* matrix) {
  store64(bytes, matrix->bus_address);
  store64(&bytes[8], matrix->stride_bytes);
}

static void encode(const arrayflex_job* job, uint64_t next, arrayflex_descriptor* descriptor) {
  uint8_t* const bytes = descriptor->bytes;
  uint32_t flags = 0U;
  if (job->accumulate) {
    flags |= ARRAYFLEX_FLAG_ACCUMULATE;
  }
  if (next == 0U) {
    flags |= ARRAYFLEX_FLAG_INTERRUPT;
  }
  *descriptor = (arrayflex_descriptor){{0}};
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_MAGIC], ARRAYFLEX_DESCRIPTOR_MAGIC_VALUE);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_VERSION], ARRAYFLEX_DESCRIPTOR_VERSION_VALUE);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_T], job->t);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_N], job->n);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_M], job->m);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_K], job->k);
  store32(&bytes[ARRAYFLEX_DESCRIPTOR_FLAGS], flags);
  store_matrix(&bytes[ARRAYFLEX_DESCRIPTOR_A_ADDRESS], &job->a);
  store_matrix(&bytes[ARRAYFLEX_DESCRIPTOR_B_ADDRESS], &job->b);
  store_matrix(&bytes[ARRAYFLEX_DESCRIPTOR_X_ADDRESS], &job->x);
  store64(&bytes[ARRAYFLEX_DESCRIPTOR_NEXT], next);
}

arrayflex_result arrayflex_build_chain(const arrayflex_device* device, const arrayflex_job* jobs,
                                       size_t count, arrayflex_descriptor* descriptors) {
  if ((device == NULL) || (jobs == NULL) || (descriptors == NULL) || (count == 0U) ||
      (count > device->info.chain_limit)) {
    return ARRAYFLEX_INVALID_ARGUMENT;
  }
  for (size_t i = 0U; i < count; ++i) {
    const bool last = (i + 1U) == count;
    const uint64_t next =
        last ? 0U : device->ops->bus_address(device->context, &descriptors[i + 1U]);
    encode(&jobs[i], next, &descriptors[i]);
  }
  return ARRAYFLEX_OK;
}

arrayflex_result arrayflex_submit(arrayflex_device* device, const arrayflex_descriptor* first) {
  if ((device == NULL) || (first == NULL)) {
    return ARRAYFLEX_INVALID_ARGUMENT;
  }
  return arrayflex_submit_address(device, device->ops->bus_address(device->context, first));
}

arrayflex_result arrayflex_submit_address(arrayflex_device* device, uint64_t descriptor_address) {
  const uint32_t status = arrayflex_read_register32(device, ARRAYFLEX_STATUS);
  if ((status & ARRAYFLEX_STATUS_QUEUE_FULL) != 0U) {
    return ARRAYFLEX_QUEUE_FULL;
  }
  arrayflex_write_register64(device, ARRAYFLEX_JOB_DESCRIPTOR, descriptor_address);
  /* Descriptors and operands must have reached memory before the accelerator looks for them. */
  device->ops->memory_barrier(device->context);
  arrayflex_write_register32(device, ARRAYFLEX_DOORBELL, 1U);
  return ARRAYFLEX_OK;
}

bool arrayflex_busy(const arrayflex_device* device) {
  const uint32_t status = arrayflex_read_register32(device, ARRAYFLEX_STATUS);
  return (status & ARRAYFLEX_STATUS_BUSY) != 0U;
}

/* Waiting -------------------------------------------------------------------------------------- */

void arrayflex_enable_interrupts(arrayflex_device* device, bool enable) {
  arrayflex_write_register32(device, ARRAYFLEX_IRQ_ENABLE, enable ? ALL_EVENTS : 0U);
}

void arrayflex_handle_interrupt(arrayflex_device* device) {
  const uint32_t seen = arrayflex_read_register32(device, ARRAYFLEX_IRQ_STATUS) & ALL_EVENTS;
  if ((seen & ARRAYFLEX_IRQ_STATUS_ERROR) != 0U) {
    /* Acknowledging ERROR clears the fault registers: read them first. The code is 0 when the
     * interrupt handler was quicker than the polling loop it interrupted. */
    const uint32_t code = arrayflex_read_register32(device, ARRAYFLEX_ERROR_CODE);
    if (!atomic_load(&device->fault_held) && (code != ARRAYFLEX_ERROR_NONE)) {
      device->fault.code = code;
      device->fault.address = arrayflex_read_register64(device, ARRAYFLEX_FAULT_ADDRESS);
      device->fault.descriptor = arrayflex_read_register64(device, ARRAYFLEX_FAULT_DESCRIPTOR);
      atomic_store(&device->fault_held, true);
    }
  }
  arrayflex_write_register32(device, ARRAYFLEX_IRQ_STATUS, seen);
  (void)atomic_fetch_or(&device->events, seen);
}

/* The outcome of the events since the last wait. */
static arrayflex_result take_events(arrayflex_device* device, arrayflex_fault* fault) {
  const uint32_t events = atomic_exchange(&device->events, 0U);
  device->ops->memory_barrier(device->context);
  arrayflex_result result = ARRAYFLEX_OK;
  if ((events & ARRAYFLEX_IRQ_STATUS_QUEUE_OVERFLOW) != 0U) {
    result = ARRAYFLEX_QUEUE_FULL;
  }
  if ((events & ARRAYFLEX_IRQ_STATUS_ERROR) != 0U) {
    result = ARRAYFLEX_JOB_FAILED;
    if (fault != NULL) {
      *fault = atomic_load(&device->fault_held) ? device->fault : (arrayflex_fault){0};
    }
    atomic_store(&device->fault_held, false);
  }
  return result;
}

arrayflex_result arrayflex_wait_by_polling(arrayflex_device* device, uint64_t timeout_ticks,
                                           arrayflex_fault* fault) {
  if (!wait_until_idle(device, timeout_ticks)) {
    return ARRAYFLEX_TIMEOUT;
  }
  arrayflex_handle_interrupt(device);
  return take_events(device, fault);
}

arrayflex_result arrayflex_wait_for_interrupt(arrayflex_device* device, uint64_t timeout_ticks,
                                              arrayflex_fault* fault) {
  const uint64_t deadline = deadline_after(device, timeout_ticks);
  while (atomic_load(&device->events) == 0U) {
    if (device->ops->now_ticks(device->context) >= deadline) {
      return ARRAYFLEX_TIMEOUT;
    }
    if (device->ops->sleep != NULL) {
      device->ops->sleep(device->context, &device->events, deadline);
    }
  }
  return take_events(device, fault);
}

/* Counters ------------------------------------------------------------------------------------- */

void arrayflex_read_counters(const arrayflex_device* device, arrayflex_counters* counters) {
  counters->cycles = arrayflex_read_register64(device, ARRAYFLEX_CYCLES);
  counters->stall_cycles = arrayflex_read_register64(device, ARRAYFLEX_STALL_CYCLES);
  counters->time_fs = arrayflex_read_register64(device, ARRAYFLEX_TIME_FS);
  counters->tiles = arrayflex_read_register64(device, ARRAYFLEX_TILES);
  counters->jobs_done = arrayflex_read_register64(device, ARRAYFLEX_JOBS_DONE);
  counters->bytes_read = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_READ);
  counters->bytes_written = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_WRITTEN);
  counters->bytes_a = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_A);
  counters->bytes_b = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_B);
  counters->bytes_x_read = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_X_READ);
  counters->bytes_descriptor = arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_DESCRIPTOR);
  for (uint32_t i = 0U; i < (uint32_t)ARRAYFLEX_TOGGLES_COUNT; ++i) {
    counters->toggles[i] = arrayflex_read_register64(device, ARRAYFLEX_TOGGLES + (8U * i));
  }
}

void arrayflex_clear_counters(arrayflex_device* device) {
  arrayflex_write_register32(device, ARRAYFLEX_CONTROL, ARRAYFLEX_CONTROL_CLEAR_COUNTERS);
}
