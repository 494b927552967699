// The devices of the virtual platform; their registers are described in memory_map.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <systemc>
#include <vector>

#include "vp/devices/device.h"
#include "vp/memory_map.h"

namespace arrayflex::vp {

/// Facts about the platform for firmware, and the exit register.
class SystemController : public Device {
 public:
  struct Facts {
    std::uint32_t accelerator_count = 0;
    std::uint64_t ram_size_bytes = 0;
    std::uint64_t cpu_hz = 0;
    std::uint64_t argument = 0;
  };

  /// Called when firmware writes its exit code.
  std::function<void(std::uint32_t)> on_exit;

  SystemController(const sc_core::sc_module_name& name, const Facts& facts);

 private:
  Access read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
              std::uint64_t& value) override;
  Access write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
               std::uint64_t value) override;

  Facts facts_;
};

/// Characters to a stream, at once and without transmission time.
class Uart : public Device {
 public:
  Uart(const sc_core::sc_module_name& name, std::ostream& terminal);

 private:
  Access read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
              std::uint64_t& value) override;
  Access write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
               std::uint64_t value) override;

  std::ostream& terminal_;
  std::array<std::uint8_t, 8> plain_{};  ///< registers that only keep what is written
};

/// Software interrupt and timer of one hart.
class Clint : public Device {
 public:
  sc_core::sc_out<bool> software_irq, timer_irq;

  explicit Clint(const sc_core::sc_module_name& name);

 private:
  Access read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
              std::uint64_t& value) override;
  Access write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
               std::uint64_t value) override;
  void update();
  std::uint64_t ticks(const sc_core::sc_time& now) const;

  sc_core::sc_time tick_;
  sc_core::sc_event changed_;
  std::uint64_t compare_ = ~std::uint64_t{0};
  bool software_ = false;
};

/// Platform-level interrupt controller: levels in, one line out.
class Plic : public Device {
 public:
  /// Input n belongs to source n + 1.
  sc_core::sc_vector<sc_core::sc_in<bool>> inputs;
  sc_core::sc_out<bool> irq;

  /// 1..AFVP_PLIC_SOURCES inputs; sources without an input stay silent.
  Plic(const sc_core::sc_module_name& name, std::size_t input_count);

 private:
  struct Source {
    std::uint32_t priority = 0;
    bool enabled = false;
    bool pending = false;
    bool in_service = false;  ///< claimed, not yet completed: its line is not looked at
  };

  Access read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
              std::uint64_t& value) override;
  Access write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
               std::uint64_t value) override;
  void sample_inputs();
  void drive_irq();
  unsigned best_source(std::uint32_t above) const;
  unsigned claim();
  void complete(std::uint64_t source);
  std::uint64_t mask_of(bool Source::*flag) const;

  std::array<Source, AFVP_PLIC_SOURCES + 1> sources_{};  ///< source 0 does not exist
  std::uint32_t threshold_ = 0;
  sc_core::sc_event changed_;
};

}  // namespace arrayflex::vp
