/* Names of the driver's results, the accelerator's errors and its net classes. */
#include "arrayflex_driver.h"
#include "arrayflex_registers.h"

typedef struct named_value {
  uint32_t value;
  const char* name;
} named_value;

static const char* look_up(const named_value* table, size_t count, uint32_t value) {
  const char* name = "unknown";
  for (size_t i = 0U; i < count; ++i) {
    if (table[i].value == value) {
      name = table[i].name;
    }
  }
  return name;
}

#define LOOK_UP(table, value) look_up((table), sizeof(table) / sizeof((table)[0]), (value))

const char* arrayflex_result_name(arrayflex_result result) {
  static const named_value names[] = {
      {ARRAYFLEX_OK, "OK"},
      {ARRAYFLEX_NOT_FOUND, "NOT_FOUND"},
      {ARRAYFLEX_WRONG_VERSION, "WRONG_VERSION"},
      {ARRAYFLEX_INVALID_ARGUMENT, "INVALID_ARGUMENT"},
      {ARRAYFLEX_QUEUE_FULL, "QUEUE_FULL"},
      {ARRAYFLEX_TIMEOUT, "TIMEOUT"},
      {ARRAYFLEX_JOB_FAILED, "JOB_FAILED"},
  };
  return LOOK_UP(names, (uint32_t)result);
}

#define ERROR_NAME(name) {ARRAYFLEX_ERROR_##name, #name},

const char* arrayflex_error_name(uint32_t code) {
  static const named_value names[] = {ARRAYFLEX_FOR_EACH_ERROR(ERROR_NAME)};
  return LOOK_UP(names, code);
}

const char* arrayflex_toggle_name(size_t index) {
  static const char* const names[] = ARRAYFLEX_TOGGLES_NAMES;
  _Static_assert(sizeof(names) == (ARRAYFLEX_TOGGLES_COUNT * sizeof(names[0])), "names of classes");
  return (index < (size_t)ARRAYFLEX_TOGGLES_COUNT) ? names[index] : "unknown";
}

const char* arrayflex_overlap_name(arrayflex_overlap overlap) {
  static const named_value names[] = {
      {ARRAYFLEX_OVERLAP_NONE, "none"},
      {ARRAYFLEX_OVERLAP_LOAD, "load"},
      {ARRAYFLEX_OVERLAP_FULL, "full"},
  };
  return LOOK_UP(names, (uint32_t)overlap);
}
