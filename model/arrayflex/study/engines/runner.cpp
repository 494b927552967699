#include "arrayflex/study/engines/runner.h"

#include <fmt/format.h>

#include "arrayflex/core/error.h"

namespace arrayflex::study {

std::string RunnerOptions::kernel_in_use() const {
  if (!capabilities_of(engine).kernels) return {};
  return record.kernel.empty() ? available_kernels().front() : record.kernel;
}

#ifdef ARRAYFLEX_WITH_PIN

std::unique_ptr<Runner> make_runner(const RunnerOptions& options, const ArrayConfig& config) {
  if (!options.has_values()) return make_analytic_runner(options, config);
  if (options.memory) return make_accelerator_runner(options, config);
  if (capabilities_of(options.engine).systemc) return make_pin_runner(options, config);
  return make_fast_runner(options, config);
}

#else

std::unique_ptr<Runner> make_runner(const RunnerOptions& options, const ArrayConfig& config) {
  if (!options.has_values()) return make_analytic_runner(options, config);
  if (options.memory) {
    throw InputError(item_name(options.wording, "memory"), describe(options.memory->model),
                     "this build has no SystemC; leave it out");
  }
  if (capabilities_of(options.engine).systemc) {
    throw InputError(item_name(options.wording, "engine"), name_of(options.engine),
                     "this build has no SystemC; allowed are analytic, fast");
  }
  return make_fast_runner(options, config);
}

#endif

}  // namespace arrayflex::study
