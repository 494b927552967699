// The parts of an accelerator that its registers show and command, and the binding of each to its
// part.
#pragma once

#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/platform/jobs/sequencer.h"
#include "arrayflex/platform/software/register_block.h"

namespace arrayflex::platform {

/// The parts of one accelerator behind its registers.
struct RegisterTargets {
  const ArrayConfig& config;  ///< as software sees it
  const SequencerLimits& limits;
  Sequencer& sequencer;
  RegisterBlock& registers;  ///< holds the values of the read-write registers
};

/// register_map() with the handlers declared there. They use `targets` when they are called, not
/// before; its parts must outlive them.
std::vector<BoundRegister> bind_registers(const RegisterTargets& targets);

}  // namespace arrayflex::platform
