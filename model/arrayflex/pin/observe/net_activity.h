// Activity of every bit of every net of a pin-level array.
#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/formats/rtl_names.h"
#include "arrayflex/formats/saif.h"
#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/control_nets.h"
#include "arrayflex/pin/observe/signal_list.h"

namespace arrayflex::pin {

/// Counts what a SAIF file says of each bit of an array's nets and registers, and of the clock and
/// control nets above it: how long it was 1 and how often it toggled, over a number of products.
/// The conventions are those of ActivityCounters: values of successive cycles, each product from
/// the reset state, the toggles of the drain cycle included. The time of a product is its cycles
/// times the clock period; the drain cycle that follows it is no part of that. So the toggles of
/// all bits of a class's nets add up to the class's count, and the duration is the product's time.
/// Nets that the mode alone decides have no toggles, since the mode changes in reset only; the
/// clock has two per cycle.
///
/// Independent of ActivityProbe: it looks at the channels, not at the array's storage. Construct it
/// during elaboration, after the system, which must have been built with Detail::signals.
class NetActivityRecorder final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(NetActivityRecorder);
  NetActivityRecorder(const sc_core::sc_module_name& name, const ArraySystem& system);

  /// Call it before a product starts, and end_product() when end_gemm() has returned, from the same
  /// process. Throws InputError where the mode has no clock period, as begin_gemm() does.
  void begin_product(int k);
  void end_product();

  /// Total time of the products in femtoseconds, rounded.
  std::int64_t duration_fs() const { return time_fs(0); }

  /// Writes every bit: instances and nets as the design's RTL names them. The file
  /// covers all products so far. The sink may throw.
  void write_saif(const std::string& program_version, const TextSink& sink) const;

  const char* kind() const override { return "net_activity_recorder"; }

 private:
  struct Bit {
    std::int64_t toggles = 0;
    // Falls add their time, rises subtract theirs: the time high, once the bit is low again.
    std::int64_t high_time_fs = 0;
  };
  struct History {
    std::size_t first_bit = 0;
    std::uint64_t value = 0;  // in the cycle before
    bool is_held = false;     // keeps its value when the pipeline drains
    bool is_static = false;   // takes its value when the product starts
  };
  struct Net {
    TracedSignal signal;
    History history;
  };
  struct Control {
    ControlNet net;
    History history;
  };

  History new_history(int width_bits);
  void write_clock(SaifWriter& writer) const;
  void write_control(SaifWriter& writer, const Control& control) const;
  void write_module(SaifWriter& writer, std::size_t begin, std::size_t end) const;
  void write_net(SaifWriter& writer, const RtlName& name, const Net& net) const;
  SaifActivity activity_of(std::size_t bit) const;
  void on_edge();
  void take(std::int64_t now_fs);
  void note(History& history, std::uint64_t value, std::int64_t now_fs);
  void drain(History& history, std::int64_t end_fs);
  std::int64_t time_fs(std::int64_t cycles) const;

  const ArraySystem& system_;
  std::vector<Net> nets_;
  std::vector<Control> controls_;
  std::vector<Bit> bits_;
  bool in_product_ = false;
  std::int64_t all_cycles_ = 0;  // of the products before
  std::int64_t cycles_ = 0;      // of this product
  long double period_fs_ = 0;    // of this product
  long double products_fs_ = 0;  // of those before
};

}  // namespace arrayflex::pin
