// The accelerator: one module with registers, memory access, an interrupt and an array.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>

#include "arrayflex/core/config.h"
#include "arrayflex/core/engine.h"
#include "arrayflex/platform/arrays/tile_engine.h"
#include "arrayflex/platform/counters.h"
#include "arrayflex/platform/dma/dma.h"
#include "arrayflex/platform/jobs/job_runner.h"
#include "arrayflex/platform/jobs/sequencer.h"
#include "arrayflex/platform/software/register_block.h"

namespace arrayflex::platform {

/// How the array is modelled; results, cycles and counters are the same. The accelerator takes
/// those with the capability `accelerator`, Engine::fast and Engine::pin.
using EngineKind = Engine;

struct AcceleratorParameters {
  ArrayParameters array;
  /// The conventional array, for comparison: its registers list one mode, k = 1, whose clock is
  /// array.clocks.conventional_ps; array.modes and array.clocks.mode_ps are then ignored.
  Design design = Design::arrayflex;
  EngineKind engine = EngineKind::fast;
  bool record_activity = true;  ///< count toggles and clocked bits; costs host time
  std::string kernel;           ///< fast engine: as in RecordOptions; no result depends on it
  DmaParameters dma;
  JobBuffers buffers;  ///< unlimited by default; sizes need array.overlap = none
  SequencerLimits limits;
  sc_core::sc_time register_latency;  ///< of one register access, added to the annotated delay
};

/// Throws InputError naming the first parameter that is out of bounds.
void validate(const AcceleratorParameters& parameters);

/// Registers: docs/registers.md. Programming, guarantees and errors: docs/integration.md. After
/// construction nothing throws: whatever goes wrong ends in a TLM response or in the error
/// registers.
class Accelerator : public sc_core::sc_module {
 public:
  /// Registers: b_transport, nb_transport, transport_dbg; no DMI.
  tlm_utils::simple_target_socket<Accelerator> register_socket;
  /// Operands, results and descriptors.
  Dma::Socket memory_socket;
  /// High while IRQ_STATUS & IRQ_ENABLE is not 0. May stay unbound.
  sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> irq;
  /// Active high, asynchronous. May stay unbound.
  sc_core::sc_port<sc_core::sc_signal_in_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> reset;

  /// Throws InputError for parameters out of bounds.
  Accelerator(const sc_core::sc_module_name& name, const AcceleratorParameters& parameters);

  const AcceleratorParameters& parameters() const { return parameters_; }
  /// The array as its registers show it: for the conventional one with the single mode 1.
  const ArrayConfig& config() const { return config_; }
  const TileEngine& engine() const { return *engine_; }
  /// The counters of the registers, without going over the bus.
  AcceleratorCounters counters() const { return sequencer_.counters(); }

 protected:
  void end_of_elaboration() override;

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  void run_jobs() { sequencer_.run_loop(); }
  void run_array() { runner_.compute_loop(); }
  void take_sums() { runner_.finish_loop(); }
  void drive_irq();
  void on_reset();

  AcceleratorParameters parameters_;
  ArrayConfig config_;
  std::unique_ptr<TileEngine> engine_;
  Dma dma_;
  JobRunner runner_;
  Sequencer sequencer_;
  RegisterBlock registers_;
  bool in_reset_ = false;
};

}  // namespace arrayflex::platform
