// One verilated array as the test benches see it, whatever its geometry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::cosim {

/// Origin of a verilated model.
struct RtlDescription {
  std::string name;
  Design design = Design::arrayflex;
  Overlap overlap = Overlap::none;
  int rows = 1, cols = 1;
  int data_width_bits = 32, acc_width_bits = 64;
  std::vector<int> modes;  ///< the collapse factors it can be switched to
  std::string top;         ///< module
  std::string variant;     ///< empty for the reference design; else what was changed in it

  /// The array with these modes, clocked at 500 ps + 50 ps * k; conventional at 500 ps.
  ArrayConfig config() const;
};
std::ostream& operator<<(std::ostream& out, const RtlDescription& description);

/// Every model of the reference design in this build, with one of the overlaps.
std::vector<RtlDescription> reference_models(const std::vector<Overlap>& overlaps);
/// Throws std::out_of_range when there is no such model.
RtlDescription model_named(const std::string& name);

/// A net or register inside a verilated model, or some bits of one.
class RtlNet {
 public:
  /// Verilator's types of values of up to 8, 16, 32, 64 and more bits.
  enum class Storage { bits8, bits16, bits32, bits64, words32 };

  RtlNet() = default;
  RtlNet(const void* data, Storage storage, int width_bits)
      : data_(data), storage_(storage), width_bits_(width_bits) {}

  /// Bits [lsb, lsb + width_bits); at most 64 of them can be read.
  RtlNet slice(int lsb, int width_bits) const;
  int width_bits() const { return width_bits_; }
  std::uint64_t bits() const;
  /// The bits as a two's complement number.
  std::int64_t value() const;

 private:
  std::uint64_t word(int index) const;

  const void* data_ = nullptr;
  Storage storage_ = Storage::bits8;
  int lsb_ = 0;
  int width_bits_ = 0;
};

/// The verilated module with a signal at every input port.
class RtlModel {
 public:
  virtual ~RtlModel() = default;

  sc_core::sc_signal<bool> clk{"clk"};
  sc_core::sc_signal<bool> rst{"rst"};
  sc_core::sc_signal<bool> load_start{"load_start"};  ///< with overlap
  sc_core::sc_signal<bool> start{"start"};
  sc_core::sc_signal<std::uint32_t> mode{"mode"};
  sc_core::sc_signal<std::uint32_t> t_count{"t_count"};
  /// One value per row, or per column; takes effect in the next delta cycle.
  virtual void drive_west(const std::vector<pin::Operand>& values) = 0;
  virtual void drive_north(const std::vector<pin::Operand>& values) = 0;

  const RtlDescription& description() const { return description_; }

  /// The net of a hierarchical name below the top module, e.g. "array.row[0].column[1].pe.product".
  /// rtl_visibility.vlt says which nets can be seen. element: index into an unpacked array. Throws
  /// std::out_of_range when there is none.
  virtual RtlNet net(const std::string& path, int element = 0) const = 0;

 protected:
  explicit RtlModel(RtlDescription description) : description_(std::move(description)) {}

 private:
  RtlDescription description_;
};

/// Instantiates a model; names of SystemC objects are made unique.
std::unique_ptr<RtlModel> make_rtl_model(const RtlDescription& description);

}  // namespace arrayflex::cosim
