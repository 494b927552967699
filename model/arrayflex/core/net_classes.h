// Net and register classes: one row per class, from which all that depends on a class follows.
//
// docs/architecture.md defines the classes; its table is generated from this one. A class that only
// some machines have says so in `exists`: reports, counters and checks list the classes of a
// machine by net_classes_of(), never all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// Net classes in the order of reports and of the accelerator's toggle counters.
enum class NetClass {
  operand,
  operand_reg,
  weight_reg,
  product,
  csa_sum,
  csa_carry,
  psum_reg,
  bypass_mux,
  skew_reg,
  deskew_reg,
  weight,
};

/// Register classes in the order of reports.
enum class RegisterClass { operand_reg, weight_reg, psum_reg, skew_reg, deskew_reg };

/// Parts of the array whose nets switch, in the order of reports: the areas and energies of a
/// technology are given by part.
enum class SwitchingPart { registers, multiplier, adder, compressor, muxes };

/// When the nets of a class change: once for each tile, as its weights are loaded, or in every
/// cycle in which operands stream. Registers are clocked in that phase and gated in the other.
enum class NetPhase { load, stream };

/// A width in bits as multiples of the operand width Wd and the accumulator width Wa.
struct NetWidth {
  int data = 0;
  int acc = 0;

  constexpr int bits(int data_width_bits, int acc_width_bits) const {
    return data * data_width_bits + acc * acc_width_bits;
  }
  constexpr std::int64_t bits(const ArrayParameters& array) const {
    return bits(array.data_width_bits, array.acc_width_bits);
  }
};

/// How many nets or registers an array has in mode k (1 for the conventional array).
using NetCount = std::int64_t (*)(const ArrayParameters& array, int k);

/// Nets of one width.
struct NetGroup {
  NetWidth width;
  NetCount count = nullptr;  ///< of nets that are in use; nullptr: there is no such group
};

struct NetClassInfo {
  NetClass id;
  const char* name;
  std::array<NetGroup, 2> nets;  ///< more than one where the class joins nets of several widths
  bool in_conventional;          ///< ArrayFlex has every class
  bool (*exists)(const ArrayParameters& array);  ///< nullptr: in every machine
  bool in_pe;                                    ///< counts in the map of PEs
  NetPhase phase;
  SwitchingPart part;  ///< whose energy its toggles cost in the first place
  const char* where;   ///< text of docs/architecture.md

  /// Of all groups; of one PE where the nets are in PEs.
  constexpr NetWidth width() const {
    return {nets[0].width.data + nets[1].width.data, nets[0].width.acc + nets[1].width.acc};
  }
};

struct RegisterClassInfo {
  RegisterClass id;
  NetClass net;       ///< the class of its outputs, which has name, width and the number in use
  NetCount physical;  ///< registers that are there, in use or not
};

namespace net_counts {

constexpr std::int64_t rows(const ArrayParameters& array) { return array.rows; }
constexpr std::int64_t cols(const ArrayParameters& array) { return array.cols; }
constexpr std::int64_t groups(std::int64_t count, std::int64_t k) { return (count + k - 1) / k; }
/// Sum over i = 0..count-1 of floor(i/k).
constexpr std::int64_t sum_of_groups(std::int64_t count, std::int64_t k) {
  const std::int64_t full = count / k;
  return k * (full * (full - 1) / 2) + count % k * full;
}

inline std::int64_t every_pe(const ArrayParameters& a, int) { return rows(a) * cols(a); }
inline std::int64_t but_last_column(const ArrayParameters& a, int) {
  return rows(a) * (cols(a) - 1);
}
/// A register east of column c if (c+1) mod k = 0 and c+1 < C.
inline std::int64_t group_boundaries(const ArrayParameters& a, int k) {
  return rows(a) * ((cols(a) - 1) / k);
}
inline std::int64_t group_bottoms(const ArrayParameters& a, int k) {
  return groups(rows(a), k) * cols(a);
}
/// g(r) registers west of row r; h(C-1)-h(c) south of column c.
inline std::int64_t skew(const ArrayParameters& a, int k) { return sum_of_groups(rows(a), k); }
inline std::int64_t deskew(const ArrayParameters& a, int k) {
  return cols(a) * (groups(cols(a), k) - 1) - sum_of_groups(cols(a), k);
}
inline std::int64_t all_skew(const ArrayParameters& a, int) { return rows(a) * (rows(a) - 1) / 2; }
inline std::int64_t all_deskew(const ArrayParameters& a, int) {
  return cols(a) * (cols(a) - 1) / 2;
}

/// Two weight registers per PE.
inline std::int64_t banks(const ArrayParameters& a, int) {
  return every_pe(a, 1) * weight_banks(a.overlap);
}

}  // namespace net_counts

inline bool has_two_banks(const ArrayParameters& array) { return weight_banks(array.overlap) == 2; }

inline constexpr NetWidth kDataWidth{1, 0};
inline constexpr NetWidth kProductWidth{2, 0};
inline constexpr NetWidth kAccWidth{0, 1};

/// One row per net class, in the order of NetClass.
inline constexpr NetClassInfo kNetClasses[] = {
    // clang-format off
    // id, name, {{width, nets in use}}, in_conventional, exists, in_pe, phase, part, where
    {NetClass::operand, "operand", {{{kDataWidth, net_counts::every_pe}}},
     true, nullptr, true, NetPhase::stream, SwitchingPart::multiplier,
     "the multiplier's a input, every PE"},
    {NetClass::operand_reg, "operand_reg", {{{kDataWidth, net_counts::group_boundaries}}},
     true, nullptr, true, NetPhase::stream, SwitchingPart::registers,
     "clocked operand registers"},
    {NetClass::weight_reg, "weight_reg", {{{kDataWidth, net_counts::every_pe}}},
     true, nullptr, true, NetPhase::load, SwitchingPart::registers,
     "every PE, load phase, shifting included"},
    {NetClass::product, "product", {{{kProductWidth, net_counts::every_pe}}},
     true, nullptr, true, NetPhase::stream, SwitchingPart::multiplier,
     "every PE, before sign extension"},
    {NetClass::csa_sum, "csa_sum", {{{kAccWidth, net_counts::every_pe}}},
     false, nullptr, true, NetPhase::stream, SwitchingPart::compressor,
     "compressor's sum, every PE of ArrayFlex"},
    {NetClass::csa_carry, "csa_carry", {{{kAccWidth, net_counts::every_pe}}},
     false, nullptr, true, NetPhase::stream, SwitchingPart::compressor,
     "compressor's carry, every PE of ArrayFlex"},
    {NetClass::psum_reg, "psum_reg", {{{kAccWidth, net_counts::group_bottoms}}},
     true, nullptr, true, NetPhase::stream, SwitchingPart::registers,
     "bottom PEs of the row groups"},
    {NetClass::bypass_mux, "bypass_mux",
     {{{kDataWidth, net_counts::but_last_column}, {{0, 2}, net_counts::every_pe}}},
     false, nullptr, true, NetPhase::stream, SwitchingPart::muxes,
     "the three muxes of every PE of ArrayFlex: operand (only where c+1 < C), sum (psum_reg at a "
     "bottom PE, else csa_sum), carry (0 at a bottom PE, else csa_carry)"},
    {NetClass::skew_reg, "skew_reg", {{{kDataWidth, net_counts::skew}}},
     true, nullptr, false, NetPhase::stream, SwitchingPart::registers,
     "skew registers in use"},
    {NetClass::deskew_reg, "deskew_reg", {{{kAccWidth, net_counts::deskew}}},
     true, nullptr, false, NetPhase::stream, SwitchingPart::registers,
     "de-skew registers in use"},
    {NetClass::weight, "weight", {{{kDataWidth, net_counts::every_pe}}},
     true, has_two_banks, true, NetPhase::load, SwitchingPart::muxes,
     "output of the weight mux, every PE"},
    // clang-format on
};
inline constexpr std::size_t kNetClassCount = std::size(kNetClasses);

/// One row per register class, in the order of RegisterClass.
inline constexpr RegisterClassInfo kRegisterClasses[] = {
    {RegisterClass::operand_reg, NetClass::operand_reg, net_counts::but_last_column},
    {RegisterClass::weight_reg, NetClass::weight_reg, net_counts::banks},
    {RegisterClass::psum_reg, NetClass::psum_reg, net_counts::every_pe},
    {RegisterClass::skew_reg, NetClass::skew_reg, net_counts::all_skew},
    {RegisterClass::deskew_reg, NetClass::deskew_reg, net_counts::all_deskew},
};
inline constexpr std::size_t kRegisterClassCount = std::size(kRegisterClasses);

namespace detail {

template <class Rows>
constexpr bool stand_in_order(const Rows& rows) {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<std::size_t>(rows[i].id) != i) return false;
  }
  return true;
}

template <class Id, class Rows>
constexpr auto ids_of(const Rows& rows) {
  std::array<Id, std::extent_v<Rows>> ids{};
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = rows[i].id;
  return ids;
}

inline constexpr auto kNetIds = ids_of<NetClass>(kNetClasses);
inline constexpr auto kRegisterIds = ids_of<RegisterClass>(kRegisterClasses);

}  // namespace detail

static_assert(detail::stand_in_order(kNetClasses) && detail::stand_in_order(kRegisterClasses));

constexpr std::size_t index_of(NetClass c) { return static_cast<std::size_t>(c); }
constexpr std::size_t index_of(RegisterClass c) { return static_cast<std::size_t>(c); }
constexpr const NetClassInfo& info_of(NetClass c) { return kNetClasses[index_of(c)]; }
constexpr const RegisterClassInfo& info_of(RegisterClass c) {
  return kRegisterClasses[index_of(c)];
}
/// The row of the outputs of a register class.
constexpr const NetClassInfo& net_info_of(RegisterClass c) { return info_of(info_of(c).net); }
constexpr const char* name_of(NetClass c) { return info_of(c).name; }
constexpr const char* name_of(RegisterClass c) { return net_info_of(c).name; }
/// Width of one register.
constexpr NetWidth width_of(RegisterClass c) { return net_info_of(c).width(); }

/// All classes that some machine has, in order.
constexpr const std::array<NetClass, kNetClassCount>& all_net_classes() { return detail::kNetIds; }
constexpr const std::array<RegisterClass, kRegisterClassCount>& all_register_classes() {
  return detail::kRegisterIds;
}

/// Whether a machine has the class. The design without it counts 0 where the other design has it.
bool has_class(const ArrayParameters& array, NetClass c);
bool has_class(const ArrayParameters& array, RegisterClass c);
/// The same for one of the two designs.
bool has_class(const ArrayParameters& array, Design design, NetClass c);

/// The classes of a machine, of both designs, in order: what its reports list.
std::vector<NetClass> net_classes_of(const ArrayParameters& array);
std::vector<RegisterClass> register_classes_of(const ArrayParameters& array);

/// Bits of the nets of a class that are in use in mode k (ignored for the conventional array); 0
/// where the machine or the design has none.
std::int64_t net_bits(const ArrayParameters& array, Design design, int k, NetClass c);
/// Registers in use in mode k (ignored for the conventional array), and registers that are there.
std::int64_t registers_in_use(const ArrayParameters& array, Design design, int k, RegisterClass c);
std::int64_t physical_registers(const ArrayParameters& array, RegisterClass c);

/// A width as docs write it, for example "Wd + 2·Wa".
std::string text_of(NetWidth width);

}  // namespace arrayflex
