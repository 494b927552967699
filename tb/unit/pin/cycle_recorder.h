// Writes down what the controller of a system shows, cycle by cycle.
#pragma once

#include <functional>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "arrayflex/pin/array_system.h"

namespace arrayflex::pin {

/// Calls `text_of` at the end of every clock cycle and keeps the texts.
class CycleRecorder : public sc_core::sc_module {
 public:
  using TextOf = std::function<std::string(const ArraySystem::Signals&)>;

  SC_HAS_PROCESS(CycleRecorder);
  CycleRecorder(const sc_core::sc_module_name& name, const ArraySystem& system, TextOf text_of)
      : sc_module(name), signals_(system.signals()), text_of_(std::move(text_of)) {
    SC_METHOD(record);
    sensitive << signals_.clk.posedge_event();
    dont_initialize();
  }

  std::vector<std::string> cycles;

 private:
  void record() { cycles.push_back(text_of_(signals_)); }

  const ArraySystem::Signals& signals_;
  TextOf text_of_;
};

}  // namespace arrayflex::pin
