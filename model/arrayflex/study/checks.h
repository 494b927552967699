// Whether a request can be served.
#pragma once

#include <string>

#include "arrayflex/study/engines/runner.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/request.h"

namespace arrayflex::study {

/// The request with what follows from it filled in, ready for make_runner(). Logs what the engine
/// has no use for. `wants_result`: X is to be delivered. Throws InputError for an unknown kernel
/// and for what the engine cannot do or excludes each other.
RunnerOptions resolve_runner(const StudyRequest& request, bool wants_result, const Log& log);

/// Throws InputError for what the engine cannot do and for settings without the one they belong to.
/// With a SAIF file, fills in the rest of what is said of it.
TraceSettings resolve_traces(const StudyRequest& request);

/// Throws InputError unless the array can run the mode of the request, if it has one.
void check_k(const StudyRequest& request, const ArrayConfig& config);

/// What k is chosen by; time where it is given.
Objective objective_of(const StudyRequest& request);

/// Throws InputError where k is to be chosen by energy and the technology has no numbers for it.
void check_objective(const StudyRequest& request, const ArrayConfig& config,
                     const Technology& technology);

/// The modes of an array of this size, as the command line words them for --k.
std::string allowed_k(const ArrayConfig& config);

/// Logs what a reader must know of the modes that run. k as in the request.
void warn_about_modes(const StudyRequest& request, const ArrayConfig& config, const Log& log);

}  // namespace arrayflex::study
