/* Output of the digits program. */
#ifndef ARRAYFLEX_DIGITS_REPORT_H
#define ARRAYFLEX_DIGITS_REPORT_H

#include "digits.h"

void report_start(const digits_machine* machine);
void report_logits(uint32_t image, uint32_t label, uint32_t class, const int32_t* row);

/* Cycles per layer, k chosen. */
void report_layers(const digits_machine* machine, const digits_layer* layers, size_t count);

/* Toggles per layer and net class, of all accelerators. */
void report_activity(const digits_layer* layers, size_t count);

#endif
