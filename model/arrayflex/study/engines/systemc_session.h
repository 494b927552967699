// The one SystemC simulation of a run.
#pragma once

#include <functional>

#include "arrayflex/study/hooks.h"

namespace arrayflex::study {

/// Simulates: `elaborate` constructs modules, `body` then runs in a process from time 0 until it
/// returns, which ends the simulation. The time resolution is 1 fs; information and
/// warnings of SystemC go to the log. Throws what either of the two throws, and std::runtime_error
/// when the simulation ends before body does. Once per process, as SystemC elaborates once.
void run_simulation(const std::function<void()>& elaborate, const std::function<void()>& body,
                    const Log& log);

}  // namespace arrayflex::study
