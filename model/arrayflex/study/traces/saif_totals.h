// Activity files of engines that do not look at single nets.
#pragma once

#include "arrayflex/core/activity.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {

/// Writes the SAIF file of sums that the settings ask for, if any. Below the design's top instance
/// stand one net per net class, with the class's toggles as TC, and, where the map is not empty,
/// for each PE, below the names it has in the RTL, a net `toggles` with its sum. Their times are
/// all TX, since sums have no level. The duration is that of the compute and stall cycles, in
/// femtoseconds. Throws InputError when a layer has no clock period or no activity, OutputError
/// when the file cannot be written.
void write_saif_totals(const TraceSettings& settings, const RunReport& report,
                       const PeToggleMap& map, const Log& log);

}  // namespace arrayflex::study
