// Reports in the column layout of SCALE-Sim, for scripts that read its files.
//
// Every value follows this project's definitions, not SCALE-Sim's: cycles are counts, for example,
// where SCALE-Sim's total is the index of the last cycle. docs/scale-sim.md has the table of all
// differences. Layout: one header, one line per layer, fields separated by ", " and a comma at the
// end of each line; LayerID counts from 0; a value that is not known is "nan".
#pragma once

#include <string>

#include "arrayflex/report/report.h"

namespace arrayflex::workloads {

/// v3 has the column "Total Cycles (incl. prefetch)", v2 has not.
enum class ScaleSimVersion { v2, v3 };

/// COMPUTE_REPORT.csv: total cycles (stalls included), stall cycles (0 without a memory model),
/// overall utilization, mapping efficiency and compute utilization in percent. Throws OverflowError
/// where stalls and cycles together exceed 2^63-1.
std::string to_scale_sim_compute_report(const RunReport& report, Design design,
                                        ScaleSimVersion version);

/// BANDWIDTH_REPORT.csv: words per cycle, averaged over the layer's cycles, stalls included. "SRAM"
/// are the words that cross the array's edges: activations T*N for each column block, weights N*M,
/// sums T*M for each row block. "DRAM" are the accelerator's DMA, known with a memory model only.
std::string to_scale_sim_bandwidth_report(const RunReport& report, Design design);

}  // namespace arrayflex::workloads
