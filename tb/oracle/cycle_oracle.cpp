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

// A tile on the timeline.
struct TimedTile {
  Tile tile;
  std::int64_t t0 = 0, t_count = 0;  // rows of A
  std::int64_t load_from = 0;        // l_i
  std::int64_t stream_from = 0;      // b_i
};

// One cycle of the array.
struct Cycle {
  std::int64_t number = 0;
  const TimedTile* streaming = nullptr;  // whose row t enters the skew buffer; else zeros
  std::int64_t t = -1;
  bool pipeline_clock = false;
  bool counts_pipeline = false;  // one of the L cycles of the pipeline registers
  bool counts_others = false;    // one of the L cycles of weight registers
};

class Machine {
 public:
  Machine(const ArrayConfig& config, Design design, int k)
      : conventional_(design == Design::conventional),
        rows_(config.rows()),
        cols_(config.cols()),
        k_(conventional_ ? 1 : k),
        wd_(config.data_width_bits()),
        wa_(config.acc_width_bits()),
        overlap_(config.overlap()) {
    result.pe_toggles = PeToggleMap(rows_, cols_);
    build();
  }

  bool bottom(int r) const { return (r + 1) % k_ == 0 || r == rows_ - 1; }
  int row_groups() const { return (rows_ + k_ - 1) / k_; }
  int col_groups() const { return (cols_ + k_ - 1) / k_; }

  // Settles all nets of the cycle, counts, then clocks the registers.
  void step(const Cycle& cycle, const std::vector<TimedTile>& tiles, const std::vector<Bits>& west,
            const std::vector<std::int32_t>& b, std::int64_t m) {
    drive_weights(cycle.number, tiles, b, m);
    settle(west);
    count_toggles();
    clock(cycle);
  }

  // The de-skewed row that leaves the array in this cycle; valid after step()'s settling.
  Bits south(int c) const { return south_[static_cast<std::size_t>(c)]; }

  OracleResult result;

 private:
  struct Pe {
    Wire operand, product, sum, carry, operand_mux, sum_mux, carry_mux;
    Wire weight;  // what the multiplier sees: the weight mux, or the only weight register
    Register psum, operand_reg;
    std::vector<Register> banks;  // weight registers; in_use: clocked in this cycle
    std::size_t tiles_selected = 0;
  };

  // When the weights of a tile enter column c, after its load starts, and when PE r, c turns to
  // them, after its stream starts.
  std::int64_t load_delay(int c) const { return overlap_ == Overlap::full ? c / k_ : 0; }
  std::int64_t flip_delay(int r, int c) const {
    return overlap_ == Overlap::full ? r / k_ + c / k_ : 0;
  }

  Register make_register(NetClass net, RegisterClass reg, int width, int r, int c, bool in_use) {
    return Register{Wire{net, width, r, c}, reg, in_use};
  }

  void build() {
    for (int r = 0; r < rows_; ++r) {
      for (int c = 0; c < cols_; ++c) {
        const bool operand_in_use = (c + 1) % k_ == 0 && c + 1 < cols_;
        pes_.push_back(
            Pe{Wire{NetClass::operand, wd_, r, c},
               Wire{NetClass::product, 2 * wd_, r, c},
               Wire{NetClass::csa_sum, wa_, r, c},
               Wire{NetClass::csa_carry, wa_, r, c},
               Wire{NetClass::bypass_mux, wd_, r, c},
               Wire{NetClass::bypass_mux, wa_, r, c},
               Wire{NetClass::bypass_mux, wa_, r, c},
               Wire{NetClass::weight, wd_, r, c},
               make_register(NetClass::psum_reg, RegisterClass::psum_reg, wa_, r, c, bottom(r)),
               make_register(NetClass::operand_reg, RegisterClass::operand_reg, wd_, r, c,
                             operand_in_use),
               {}});
        for (int bank = 0; bank < weight_banks(overlap_); ++bank) {
          pes_.back().banks.push_back(
              make_register(NetClass::weight_reg, RegisterClass::weight_reg, wd_, r, c, false));
        }
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

  // Sets which weight registers are clocked and what they take, and turns the weight muxes.
  void drive_weights(std::int64_t now, const std::vector<TimedTile>& tiles,
                     const std::vector<std::int32_t>& b, std::int64_t m) {
    for (Pe& p : pes_) {
      for (Register& bank : p.banks) bank.in_use = false;
      if (p.tiles_selected < tiles.size() &&
          now ==
              tiles[p.tiles_selected].stream_from + flip_delay(p.weight.pe_row, p.weight.pe_col)) {
        ++p.tiles_selected;
      }
    }
    for (int c = 0; c < cols_; ++c) {
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        const std::int64_t l = now - tiles[i].load_from - load_delay(c);
        if (l >= 0 && l < rows_) load_column(c, i % banks(), l, tiles[i].tile, b, m);
      }
    }
  }

  // Load cycle l of a column: weight row R-1-l stands at the north edge.
  void load_column(int c, std::size_t bank, std::int64_t l, const Tile& tile,
                   const std::vector<std::int32_t>& b, std::int64_t m) {
    const std::int64_t row = rows_ - 1 - l;
    Bits weight = 0;
    if (row < tile.n_count && c < tile.m_count) {
      weight = static_cast<Bits>(
          std::int64_t{b[static_cast<std::size_t>((tile.n0 + row) * m + tile.m0 + c)]});
    }
    for (int r = 0; r < rows_; ++r) {
      Register& reg = pe(r, c).banks[bank];
      reg.in_use = overlap_ == Overlap::none || l >= r;
      reg.d = r == 0 ? weight : pe(r - 1, c).banks[bank].q.now;
    }
  }

  std::size_t banks() const { return static_cast<std::size_t>(weight_banks(overlap_)); }

  Bits multiplier_weight(const Pe& p) const {
    if (overlap_ == Overlap::none) return p.banks[0].q.now;
    return p.tiles_selected == 0 ? 0 : p.banks[(p.tiles_selected - 1) % 2].q.now;
  }

  void settle(const std::vector<Bits>& west) {
    for (int r = 0; r < rows_; ++r) {
      Bits operand =
          through_chain(skew_[static_cast<std::size_t>(r)], west[static_cast<std::size_t>(r)]);
      for (int c = 0; c < cols_; ++c) {
        operand = settle_pe(r, c, operand);
      }
    }
    for (int c = 0; c < cols_; ++c) {
      south_[static_cast<std::size_t>(c)] =
          through_chain(deskew_[static_cast<std::size_t>(c)], pe(rows_ - 1, c).psum.q.now);
    }
  }

  // Returns the operand handed to the eastern neighbour.
  Bits settle_pe(int r, int c, Bits operand) {
    Pe& p = pe(r, c);
    p.weight.drive(multiplier_weight(p));
    p.operand.drive(operand);
    p.product.drive(extended(p.operand.now, wd_) * extended(p.weight.now, wd_));
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
      for (Register& bank : p.banks) visit(bank);
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
      if (overlap_ != Overlap::none) count(p.weight);
    }
    for_each_register([this](Register& reg) { count(reg.q); });
  }

  // Weight registers may be clocked in a cycle that does not count: then they are held in one
  // cycle less of those that do.
  void clock(const Cycle& cycle) {
    for_each_register([&](Register& reg) {
      const bool is_weight = reg.register_class == RegisterClass::weight_reg;
      const bool clocked = reg.in_use && (is_weight || cycle.pipeline_clock);
      const bool counts = is_weight ? cycle.counts_others : cycle.counts_pipeline;
      const auto c = static_cast<std::size_t>(reg.register_class);
      if (clocked) {
        result.activity.clocked_bits[c] += reg.q.width;
        result.activity.gated_bits[c] -= reg.q.width;
        reg.q.drive(reg.d);
      }
      if (counts) result.activity.gated_bits[c] += reg.q.width;
    });
  }

  bool conventional_;
  int rows_, cols_, k_, wd_, wa_;
  Overlap overlap_;
  std::vector<Pe> pes_;
  std::vector<std::vector<Register>> skew_, deskew_;
  std::vector<Bits> south_;
};

// Outside, loops over column blocks of B and blocks of rows of A; row blocks of B inside.
std::vector<TimedTile> tiles_in_order(const ArrayConfig& config, const GemmShape& shape,
                                      const Blocks& blocks) {
  std::vector<TimedTile> tiles;
  const std::int64_t rows = blocks.rows == 0 ? shape.t : blocks.rows;
  const auto add = [&](std::int64_t t0, std::int64_t m0) {
    for (std::int64_t n0 = 0; n0 < shape.n; n0 += config.rows()) {
      TimedTile timed;
      timed.tile.n0 = n0;
      timed.tile.n_count = std::min<std::int64_t>(config.rows(), shape.n - n0);
      timed.tile.m0 = m0;
      timed.tile.m_count = std::min<std::int64_t>(config.cols(), shape.m - m0);
      timed.t0 = t0;
      timed.t_count = std::min(rows, shape.t - t0);
      tiles.push_back(timed);
    }
  };
  if (blocks.columns_outside) {
    for (std::int64_t m0 = 0; m0 < shape.m; m0 += config.cols()) {
      for (std::int64_t t0 = 0; t0 < shape.t; t0 += rows) add(t0, m0);
    }
  } else {
    for (std::int64_t t0 = 0; t0 < shape.t; t0 += rows) {
      for (std::int64_t m0 = 0; m0 < shape.m; m0 += config.cols()) add(t0, m0);
    }
  }
  return tiles;
}

std::int64_t at_or_zero(const std::vector<std::int64_t>& values, std::size_t i) {
  return i < values.size() ? values[i] : 0;
}

// Stream cycles of a tile: beyond its rows `fill` more.
std::int64_t stream_of(const TimedTile& tile, std::int64_t fill) { return tile.t_count + fill; }

// l_i and b_i of all tiles.
std::vector<TimedTile> timeline(const ArrayConfig& config, std::vector<TimedTile> tiles,
                                std::int64_t fill, const Stalls& stalls) {
  const std::int64_t load = config.rows();
  tiles.front().stream_from = load;
  for (std::size_t i = 1; i < tiles.size(); ++i) {
    const TimedTile& before = tiles[i - 1];
    const std::int64_t stream = stream_of(before, fill);
    TimedTile& next = tiles[i];
    if (config.overlap() == Overlap::none) {
      next.load_from = before.stream_from + stream + at_or_zero(stalls.load, i);
      next.stream_from = before.stream_from + stream + load + at_or_zero(stalls.stream, i);
    } else {
      const std::int64_t other = config.overlap() == Overlap::load ? stream : before.t_count;
      next.load_from = before.stream_from + at_or_zero(stalls.load, i);
      next.stream_from = before.stream_from + std::max(load, other) + at_or_zero(stalls.stream, i);
    }
  }
  return tiles;
}

// All cycles of a product, the final drain and a look at its outcome included.
std::vector<Cycle> schedule(std::int64_t fill, const std::vector<TimedTile>& tiles,
                            const Stalls& stalls) {
  const std::int64_t last_drain = tiles.back().stream_from + stream_of(tiles.back(), fill);
  std::vector<Cycle> cycles(static_cast<std::size_t>(last_drain + 2));
  for (std::size_t i = 0; i < cycles.size(); ++i) cycles[i].number = static_cast<std::int64_t>(i);
  const auto at = [&](std::int64_t n) -> Cycle& { return cycles[static_cast<std::size_t>(n)]; };
  for (std::int64_t n = 0; n <= last_drain; ++n) {
    at(n).counts_pipeline = n > 0;
    at(n).counts_others = n < last_drain;
  }
  // Of the cycles by which a tile is late, those in which nothing flows any more do not count.
  for (std::size_t i = 1; i < tiles.size(); ++i) {
    const std::int64_t drained = tiles[i - 1].stream_from + stream_of(tiles[i - 1], fill) + 1;
    const std::int64_t in_time = tiles[i].stream_from - at_or_zero(stalls.stream, i);
    for (std::int64_t n = std::max(in_time, drained); n < tiles[i].stream_from; ++n) {
      at(n).counts_pipeline = at(n).counts_others = false;
    }
  }
  for (const TimedTile& tile : tiles) {
    for (std::int64_t t = 0; t < tile.t_count; ++t) {
      at(tile.stream_from + t).streaming = &tile;
      at(tile.stream_from + t).t = tile.t0 + t;
    }
    for (std::int64_t s = 0; s <= stream_of(tile, fill); ++s)
      at(tile.stream_from + s).pipeline_clock = true;
  }
  return cycles;
}

}  // namespace

OracleResult run(const ArrayConfig& config, Design design, int k, const GemmShape& shape,
                 const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b,
                 const Stalls& stalls, const Blocks& blocks) {
  Machine machine(config, design, k);
  std::vector<std::uint64_t> x(static_cast<std::size_t>(shape.t * shape.m), 0);
  std::vector<Bits> west(static_cast<std::size_t>(config.rows()));
  const int delay = machine.row_groups() + machine.col_groups() - 1;  // from skew input to south
  const std::int64_t fill = machine.row_groups() + machine.col_groups() - 2;
  const std::vector<TimedTile> tiles =
      timeline(config, tiles_in_order(config, shape, blocks), fill, stalls);
  const std::vector<Cycle> cycles = schedule(fill, tiles, stalls);
  for (const Cycle& cycle : cycles) {
    for (int r = 0; r < config.rows(); ++r) {
      const bool inside = cycle.streaming != nullptr && r < cycle.streaming->tile.n_count;
      west[static_cast<std::size_t>(r)] =
          inside
              ? static_cast<Bits>(std::int64_t{
                    a[static_cast<std::size_t>(cycle.t * shape.n + cycle.streaming->tile.n0 + r)]})
              : 0;
    }
    machine.step(cycle, tiles, west, b, shape.m);
    if (cycle.number >= delay) {
      const Cycle& entry = cycles[static_cast<std::size_t>(cycle.number - delay)];
      for (int c = 0; entry.streaming != nullptr && c < entry.streaming->tile.m_count; ++c) {
        x[static_cast<std::size_t>(entry.t * shape.m + entry.streaming->tile.m0 + c)] +=
            machine.south(c);
      }
    }
    if (cycle.counts_others) ++machine.result.cycles;
  }
  machine.result.tiles = static_cast<std::int64_t>(tiles.size());
  for (const Bits value : x) {
    const int shift = 64 - config.acc_width_bits();
    machine.result.x.push_back(static_cast<std::int64_t>(value << shift) >> shift);
  }
  return machine.result;
}

}  // namespace arrayflex::oracle
