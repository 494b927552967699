#include "oracle/cycle_oracle.h"

#include <algorithm>
#include <utility>

namespace arrayflex::oracle {
namespace {

using Bits = std::uint64_t;

int count_ones(Bits bits) {
  int ones = 0;
  for (; bits != 0; bits >>= 1) {
    ones += static_cast<int>(bits & 1);
  }
  return ones;
}

// A net or register of the given width; the oracle compares what it is now with what it was.
struct Wire {
  NetClass net_class;
  int width;
  int pe_row, pe_col;  // -1: no PE
  Bits now = 0;
  Bits before = 0;

  void drive(Bits value) { now = width == 64 ? value : value & ((Bits{1} << width) - 1); }
};

struct Register {
  Wire q;
  RegisterClass register_class;
  bool in_use;  // in this mode; the others stay gated
  Bits d = 0;
};

// One cycle.
struct Cycle {
  bool load = false;
  bool stream = false;
  bool drain = false;            // the cycle after a stream phase
  bool accounts_in_use = false;  // the tile's R+S cycles of the pipeline registers in use
  bool accounts_others = false;  // the same for weight registers and those not in use
  std::int64_t load_row = 0;     // weight row at the north edge
  std::int64_t t = -1;           // row of A at the input of the skew buffer, -1: zeros
  Tile tile;
};

class Machine {
 public:
  Machine(const ArrayConfig& config, Design design, int k)
      : conventional_(design == Design::conventional),
        rows_(config.rows()),
        cols_(config.cols()),
        k_(conventional_ ? 1 : k),
        wd_(config.data_width_bits()),
        wa_(config.acc_width_bits()) {
    result.pe_toggles = PeToggleMap(rows_, cols_);
    build();
  }

  bool bottom(int r) const { return (r + 1) % k_ == 0 || r == rows_ - 1; }
  int row_groups() const { return (rows_ + k_ - 1) / k_; }
  int col_groups() const { return (cols_ + k_ - 1) / k_; }

  // Settles all nets of the cycle, counts, then clocks the registers.
  void step(const Cycle& cycle, const std::vector<Bits>& west, const std::vector<Bits>& north) {
    settle(west, north);
    count_toggles();
    clock(cycle);
  }

  // The de-skewed row that leaves the array in this cycle; valid after step()'s settling.
  Bits south(int c) const { return south_[static_cast<std::size_t>(c)]; }

  OracleResult result;

 private:
  struct Pe {
    Wire operand, product, sum, carry, operand_mux, sum_mux, carry_mux;
    Register weight, psum, operand_reg;
  };

  Register make_register(NetClass net, RegisterClass reg, int width, int r, int c, bool in_use) {
    return Register{Wire{net, width, r, c}, reg, in_use};
  }

  void build() {
    for (int r = 0; r < rows_; ++r) {
      for (int c = 0; c < cols_; ++c) {
        const bool operand_in_use = (c + 1) % k_ == 0 && c + 1 < cols_;
        pes_.push_back(
            Pe{Wire{NetClass::operand, wd_, r, c}, Wire{NetClass::product, 2 * wd_, r, c},
               Wire{NetClass::csa_sum, wa_, r, c}, Wire{NetClass::csa_carry, wa_, r, c},
               Wire{NetClass::bypass_mux, wd_, r, c}, Wire{NetClass::bypass_mux, wa_, r, c},
               Wire{NetClass::bypass_mux, wa_, r, c},
               make_register(NetClass::weight_reg, RegisterClass::weight_reg, wd_, r, c, true),
               make_register(NetClass::psum_reg, RegisterClass::psum_reg, wa_, r, c, bottom(r)),
               make_register(NetClass::operand_reg, RegisterClass::operand_reg, wd_, r, c,
                             operand_in_use)});
      }
      skew_.emplace_back();
      for (int i = 0; i < r; ++i) {
        skew_.back().push_back(
            make_register(NetClass::skew_reg, RegisterClass::skew_reg, wd_, -1, -1, i < r / k_));
      }
    }
    for (int c = 0; c < cols_; ++c) {
      deskew_.emplace_back();
      for (int i = 0; i < cols_ - 1 - c; ++i) {
        deskew_.back().push_back(make_register(NetClass::deskew_reg, RegisterClass::deskew_reg, wa_,
                                               -1, -1, i < col_groups() - 1 - c / k_));
      }
    }
    south_.resize(static_cast<std::size_t>(cols_));
  }

  Pe& pe(int r, int c) {
    return pes_[static_cast<std::size_t>(r) * static_cast<std::size_t>(cols_) +
                static_cast<std::size_t>(c)];
  }

  // Passes a value through the registers in use of a chain and sets their inputs.
  static Bits through_chain(std::vector<Register>& chain, Bits value) {
    for (Register& reg : chain) {
      if (reg.in_use) {
        reg.d = value;
        value = reg.q.now;
      }
    }
    return value;
  }

  static Bits extended(Bits value, int from_width) {
    return from_width < 64 && ((value >> (from_width - 1)) & 1) != 0
               ? value | (~Bits{0} << from_width)
               : value;
  }

  void settle(const std::vector<Bits>& west, const std::vector<Bits>& north) {
    for (int r = 0; r < rows_; ++r) {
      Bits operand =
          through_chain(skew_[static_cast<std::size_t>(r)], west[static_cast<std::size_t>(r)]);
      for (int c = 0; c < cols_; ++c) {
        operand = settle_pe(r, c, operand, north[static_cast<std::size_t>(c)]);
      }
    }
    for (int c = 0; c < cols_; ++c) {
      south_[static_cast<std::size_t>(c)] =
          through_chain(deskew_[static_cast<std::size_t>(c)], pe(rows_ - 1, c).psum.q.now);
    }
  }

  // Returns the operand handed to the eastern neighbour.
  Bits settle_pe(int r, int c, Bits operand, Bits north_weight) {
    Pe& p = pe(r, c);
    p.weight.d = r == 0 ? north_weight : pe(r - 1, c).weight.q.now;
    p.operand.drive(operand);
    p.product.drive(extended(p.operand.now, wd_) * extended(p.weight.q.now, wd_));
    const Bits addend = extended(p.product.now, 2 * wd_);
    if (conventional_) {
      p.psum.d = addend + (r == 0 ? 0 : pe(r - 1, c).psum.q.now);
      p.operand_reg.d = p.operand.now;
      return p.operand_reg.q.now;
    }
    const Bits s = r == 0 ? 0 : pe(r - 1, c).sum_mux.now;
    const Bits cy = r == 0 ? 0 : pe(r - 1, c).carry_mux.now;
    p.sum.drive(s ^ cy ^ addend);
    p.carry.drive(((s & cy) | (s & addend) | (cy & addend)) << 1);
    p.psum.d = bottom(r) ? p.sum.now + p.carry.now : 0;
    p.sum_mux.drive(bottom(r) ? p.psum.q.now : p.sum.now);
    p.carry_mux.drive(bottom(r) ? 0 : p.carry.now);
    p.operand_reg.d = p.operand.now;
    if (c + 1 < cols_) {
      p.operand_mux.drive(p.operand_reg.in_use ? p.operand_reg.q.now : p.operand.now);
    }
    return p.operand_mux.now;
  }

  template <class Visit>
  void for_each_register(Visit visit) {
    for (Pe& p : pes_) {
      visit(p.weight);
      visit(p.psum);
      if (p.operand_reg.q.pe_col + 1 < cols_) {
        visit(p.operand_reg);
      }
    }
    for (auto* chains : {&skew_, &deskew_}) {
      for (std::vector<Register>& chain : *chains) {
        for (Register& reg : chain) {
          visit(reg);
        }
      }
    }
  }

  void count(Wire& wire) {
    const int toggles = count_ones(wire.now ^ wire.before);
    wire.before = wire.now;
    result.activity.toggles[static_cast<std::size_t>(wire.net_class)] += toggles;
    if (wire.pe_row >= 0) {
      result.pe_toggles.at(wire.pe_row, wire.pe_col) += toggles;
    }
  }

  void count_toggles() {
    for (Pe& p : pes_) {
      for (Wire* wire :
           {&p.operand, &p.product, &p.sum, &p.carry, &p.operand_mux, &p.sum_mux, &p.carry_mux}) {
        count(*wire);
      }
    }
    for_each_register([this](Register& reg) { count(reg.q); });
  }

  void clock(const Cycle& cycle) {
    for_each_register([&](Register& reg) {
      const bool is_weight = reg.register_class == RegisterClass::weight_reg;
      const bool clocked = is_weight ? cycle.load : reg.in_use && (cycle.stream || cycle.drain);
      const bool accounted =
          !is_weight && reg.in_use ? cycle.accounts_in_use : cycle.accounts_others;
      if (accounted) {
        auto& counters = clocked ? result.activity.clocked_bits : result.activity.gated_bits;
        counters[static_cast<std::size_t>(reg.register_class)] += reg.q.width;
      }
      if (clocked) {
        reg.q.drive(reg.d);
      }
    });
  }

  bool conventional_;
  int rows_, cols_, k_, wd_, wa_;
  std::vector<Pe> pes_;
  std::vector<std::vector<Register>> skew_, deskew_;
  std::vector<Bits> south_;
};

// Outer loop over column blocks of B, inner loop over row blocks.
std::vector<Tile> tiles_in_order(const ArrayConfig& config, const GemmShape& shape) {
  std::vector<Tile> tiles;
  for (std::int64_t m0 = 0; m0 < shape.m; m0 += config.cols()) {
    for (std::int64_t n0 = 0; n0 < shape.n; n0 += config.rows()) {
      Tile tile;
      tile.n0 = n0;
      tile.n_count = std::min<std::int64_t>(config.rows(), shape.n - n0);
      tile.m0 = m0;
      tile.m_count = std::min<std::int64_t>(config.cols(), shape.m - m0);
      tiles.push_back(tile);
    }
  }
  return tiles;
}

// The schedule of all cycles of a product, the final drain and the look at its outcome included.
std::vector<Cycle> schedule(const Machine& machine, const ArrayConfig& config,
                            const GemmShape& shape) {
  std::vector<Cycle> cycles;
  const std::vector<Tile> tiles = tiles_in_order(config, shape);
  const std::int64_t stream = shape.t + machine.row_groups() + machine.col_groups() - 2;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (int l = 0; l < config.rows(); ++l) {
      Cycle cycle;
      cycle.load = true;
      cycle.drain = i > 0 && l == 0;
      cycle.accounts_others = true;
      cycle.accounts_in_use = i > 0 || l > 0;  // the first tile's window begins a cycle later
      cycle.load_row = config.rows() - 1 - l;
      cycle.tile = tiles[i];
      cycles.push_back(cycle);
    }
    for (std::int64_t s = 0; s < stream; ++s) {
      Cycle cycle;
      cycle.stream = cycle.accounts_others = cycle.accounts_in_use = true;
      cycle.t = s < shape.t ? s : -1;
      cycle.tile = tiles[i];
      cycles.push_back(cycle);
    }
  }
  Cycle drain;
  drain.drain = drain.accounts_in_use = true;
  cycles.push_back(drain);
  cycles.push_back(Cycle{});
  return cycles;
}

}  // namespace

OracleResult run(const ArrayConfig& config, Design design, int k, const GemmShape& shape,
                 const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  Machine machine(config, design, k);
  std::vector<std::uint64_t> x(static_cast<std::size_t>(shape.t * shape.m), 0);
  std::vector<Bits> west(static_cast<std::size_t>(config.rows()));
  std::vector<Bits> north(static_cast<std::size_t>(config.cols()));
  const int delay = machine.row_groups() + machine.col_groups() - 1;  // from skew input to south
  std::vector<std::pair<std::int64_t, Tile>> in_flight;  // (row of A, tile) by cycle of entry
  for (const Cycle& cycle : schedule(machine, config, shape)) {
    for (int r = 0; r < config.rows(); ++r) {
      const bool inside = cycle.t >= 0 && r < cycle.tile.n_count;
      west[static_cast<std::size_t>(r)] =
          inside ? static_cast<Bits>(std::int64_t{
                       a[static_cast<std::size_t>(cycle.t * shape.n + cycle.tile.n0 + r)]})
                 : 0;
    }
    for (int c = 0; c < config.cols(); ++c) {
      const bool inside =
          cycle.load && cycle.load_row < cycle.tile.n_count && c < cycle.tile.m_count;
      const std::int64_t row = cycle.tile.n0 + cycle.load_row;
      north[static_cast<std::size_t>(c)] =
          inside ? static_cast<Bits>(
                       std::int64_t{b[static_cast<std::size_t>(row * shape.m + cycle.tile.m0 + c)]})
                 : 0;
    }
    machine.step(cycle, west, north);
    in_flight.emplace_back(cycle.t, cycle.tile);
    if (in_flight.size() > static_cast<std::size_t>(delay)) {
      const auto& [t, tile] = in_flight[in_flight.size() - 1 - static_cast<std::size_t>(delay)];
      for (int c = 0; t >= 0 && c < tile.m_count; ++c) {
        x[static_cast<std::size_t>(t * shape.m + tile.m0 + c)] += machine.south(c);
      }
    }
    if (cycle.load || cycle.stream) {
      ++machine.result.cycles;
    }
  }
  machine.result.tiles = static_cast<std::int64_t>(tiles_in_order(config, shape).size());
  for (const Bits value : x) {
    const int shift = 64 - config.acc_width_bits();
    machine.result.x.push_back(static_cast<std::int64_t>(value << shift) >> shift);
  }
  return machine.result;
}

}  // namespace arrayflex::oracle
