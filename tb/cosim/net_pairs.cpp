#include "net_pairs.h"

#include <utility>

#include "arrayflex/pin/array/children.h"

namespace arrayflex::cosim {
namespace {

using pin::numbered;

std::string indexed(const std::string& stem, int i) { return stem + "[" + std::to_string(i) + "]"; }

// Bits that hold 0..largest.
int bits_for(int largest) {
  int bits = 1;
  while (largest >> bits != 0) ++bits;
  return bits;
}

template <class T>
const sc_core::sc_signal_in_if<T>& channel_of(
    const sc_core::sc_export<sc_core::sc_signal_in_if<T>>& port) {
  return *port.operator->();
}

class Pairing {
 public:
  Pairing(const pin::ArraySystem& model, const RtlModel& rtl)
      : model_(model), rtl_(rtl), is_arrayflex_(model.design() == Design::arrayflex) {}

  std::vector<NetPair> all() {
    pair_state_machine();
    pair_enables();
    if (rtl_.description().top != "array_system_loops") pair_array();
    pair_south();
    return std::move(pairs_);
  }

 private:
  int rows() const { return model_.config().rows(); }
  int cols() const { return model_.config().cols(); }

  void pair_array() {
    for (int r = 0; r < rows(); ++r) {
      pair_chain(model_.array().skew(r), numbered("array.skew", r),
                 indexed("array.skew", r) + ".buffer", NetClass::skew_reg);
    }
    for (int r = 0; r < rows(); ++r) {
      for (int c = 0; c < cols(); ++c) pair_pe(r, c);
    }
    for (int c = 0; c < cols(); ++c) {
      pair_chain(model_.array().deskew(c), numbered("array.deskew", c),
                 indexed("array.deskew", c) + ".buffer", NetClass::deskew_reg);
    }
  }

  // A channel of the model: its value is whatever its interface says now.
  template <class Channel>
  void add(std::string name, const Channel& channel, RtlNet rtl,
           std::optional<NetClass> net_class = std::nullopt, bool is_signed = true) {
    pairs_.push_back({std::move(name),
                      [&channel] { return static_cast<std::int64_t>(channel.read()); }, rtl,
                      net_class, is_signed});
  }
  template <class Channel>
  void add_control(std::string name, const Channel& channel, RtlNet rtl) {
    add(std::move(name), channel, rtl, std::nullopt, false);
  }

  void pair_state_machine() {
    const auto& s = model_.signals();
    const auto pair = [&](const char* name, const auto& signal) {
      const std::string path = std::string("controller.") + name;
      add_control(path, signal, rtl_.net(path));
    };
    pair("phase", s.phase);
    pair("phase_cycle", s.phase_cycle);
    pair("drain", s.drain);
    pair("weight_enable", s.weight_enable);
    if (s.overlapping) pair("load_cycle", s.overlapping->load_cycle);
    pair("pipeline_enable", s.pipeline_enable);
    pair("output_valid", s.output_valid);
    // The model holds the last row's number where there is none.
    pairs_.push_back({"controller.output_row",
                      [&s] { return s.output_valid.read() ? s.output_row.read() : 0; },
                      rtl_.net("controller.output_row"), std::nullopt, false});
  }

  void pair_enables() {
    const auto& s = model_.signals();
    const auto pair_all = [&](const char* name, const auto& signals, int width) {
      const RtlNet vector = rtl_.net(std::string("controller.") + name);
      for (std::size_t i = 0; i < signals.size(); ++i) {
        const int index = static_cast<int>(i);
        add_control(numbered(std::string("controller.") + name, index), signals[i],
                    vector.slice(index * width, width));
      }
    };
    pair_all("psum_enable", s.psum_enable, 1);
    pair_all("operand_enable", s.operand_enable, 1);
    pair_all("bottom", s.bottom, 1);
    pair_all("operand_boundary", s.operand_boundary, 1);
    pair_all("skew_depth", s.skew_depth, bits_for(rows() - 1));
    pair_all("deskew_depth", s.deskew_depth, bits_for(cols() - 1));
  }

  // The outputs of the top module: all that an RTL without PEs has of the array.
  void pair_south() {
    const int width = model_.config().acc_width_bits();
    const RtlNet south = rtl_.net("south");
    for (int c = 0; c < cols(); ++c) {
      add(numbered("array.south", c), channel_of(model_.array().south[static_cast<std::size_t>(c)]),
          south.slice(c * width, width));
    }
  }

  template <class Chain>
  void pair_chain(const Chain& chain, const std::string& name, const std::string& path,
                  NetClass net_class) {
    for (int stage = 0; stage < chain.length(); ++stage) {
      add(numbered(name + ".reg", stage), chain.reg(stage), rtl_.net(path + ".chain.reg_", stage),
          net_class);
    }
    add(name + ".out", channel_of(chain.out), rtl_.net(path + ".out"));
  }

  void pair_pe(int r, int c) {
    const pin::ProcessingElement& pe = model_.array().pe(r, c);
    const std::string name = "array." + numbered(numbered("pe", r), c) + ".";
    const std::string path = "array." + indexed("row", r) + "." + indexed("column", c) + ".pe.";
    const auto pair = [&](const char* net, const auto& channel,
                          std::optional<NetClass> net_class = std::nullopt) {
      add(name + net, channel, rtl_.net(path + net), net_class);
    };
    pair("operand", pe.operand(), NetClass::operand);
    if (model_.config().overlap() == Overlap::none) {
      pair("weight_reg", pe.weight_reg(), NetClass::weight_reg);
    } else {
      pair("weight_bank0", pe.weight_reg(0), NetClass::weight_reg);
      pair("weight_bank1", pe.weight_reg(1), NetClass::weight_reg);
      pair("weight", *pe.weight(), NetClass::weight);
      pair_weight_controls(r, c, name, path);
    }
    pair("product", pe.product(), NetClass::product);
    if (is_arrayflex_) {
      pair("csa_sum", *pe.csa_sum(), NetClass::csa_sum);
      pair("csa_carry", *pe.csa_carry(), NetClass::csa_carry);
    }
    pair("adder", pe.adder());
    pair("psum_reg", pe.psum_reg(), NetClass::psum_reg);
    if (is_arrayflex_) {
      pair("sum_mux.out", channel_of(pe.sum_mux()->out), NetClass::bypass_mux);
      pair("carry_mux.out", channel_of(pe.carry_mux()->out), NetClass::bypass_mux);
    }
    if (pe.operand_reg() != nullptr) {
      pair("operand_reg", *pe.operand_reg(), NetClass::operand_reg);
      if (is_arrayflex_) {
        pair("operand_mux.out", channel_of(pe.operand_mux()->out), NetClass::bypass_mux);
      }
    } else {
      pair_last_column(name, path);
    }
  }

  void pair_weight_controls(int r, int c, const std::string& name, const std::string& path) {
    const auto pair = [&](const char* control_name, pin::WeightControl control, RtlNet rtl) {
      const bool& bit = model_.array().weight_control(control, r, c);
      pairs_.push_back(
          {name + control_name, [&bit] { return std::int64_t{bit}; }, rtl, std::nullopt, false});
    };
    pair("weight_select", pin::kWeightSelect, rtl_.net(path + "weight_select"));
    const RtlNet enables = rtl_.net(path + "bank_enable");
    pair("load_enable_0", pin::kLoadEnable0, enables.slice(0, 1));
    pair("load_enable_1", pin::kLoadEnable1, enables.slice(1, 1));
  }

  // The model has nothing east of the last column, the RTL constant zeros.
  void pair_last_column(const std::string& name, const std::string& path) {
    const auto zero = [] { return std::int64_t{0}; };
    pairs_.push_back({name + "operand_reg", zero, rtl_.net(path + "operand_reg"), std::nullopt});
    if (!is_arrayflex_) return;
    pairs_.push_back(
        {name + "operand_mux.out", zero, rtl_.net(path + "operand_mux.out"), std::nullopt});
  }

  const pin::ArraySystem& model_;
  const RtlModel& rtl_;
  const bool is_arrayflex_;
  std::vector<NetPair> pairs_;
};

void add_chain_enables(std::vector<ClockEnable>& enables, const RtlModel& rtl,
                       RegisterClass register_class, const std::string& path, int length,
                       int width_bits) {
  if (length == 0) return;
  const RtlNet vector = rtl.net(path + ".chain.clock_enable");
  for (int stage = 0; stage < length; ++stage) {
    enables.push_back({register_class, vector.slice(stage, 1), width_bits});
  }
}

}  // namespace

std::vector<NetPair> pair_nets(const pin::ArraySystem& model, const RtlModel& rtl) {
  return Pairing(model, rtl).all();
}

std::vector<ClockEnable> clock_enables(const RtlModel& rtl) {
  const RtlDescription& d = rtl.description();
  const std::int64_t data_width = d.data_width_bits, acc_width = d.acc_width_bits;
  std::vector<ClockEnable> enables;
  if (d.overlap == Overlap::none) {
    enables.push_back({RegisterClass::weight_reg, rtl.net("controller.weight_enable"),
                       data_width * d.rows * d.cols});
  } else {
    const RtlNet banks = rtl.net("controller.bank_enable");
    for (int i = 0; i < 2 * d.rows * d.cols; ++i) {
      enables.push_back({RegisterClass::weight_reg, banks.slice(i, 1), data_width});
    }
  }
  for (int r = 0; r < d.rows; ++r) {
    enables.push_back({RegisterClass::psum_reg, rtl.net("controller.psum_enable").slice(r, 1),
                       acc_width * d.cols});
    add_chain_enables(enables, rtl, RegisterClass::skew_reg, indexed("array.skew", r) + ".buffer",
                      r, d.data_width_bits);
  }
  for (int c = 0; c < d.cols; ++c) {
    add_chain_enables(enables, rtl, RegisterClass::deskew_reg,
                      indexed("array.deskew", c) + ".buffer", d.cols - 1 - c, d.acc_width_bits);
    if (c + 1 == d.cols) break;  // no operand registers east of the last column
    enables.push_back({RegisterClass::operand_reg, rtl.net("controller.operand_enable").slice(c, 1),
                       data_width * d.rows});
  }
  return enables;
}

}  // namespace arrayflex::cosim
