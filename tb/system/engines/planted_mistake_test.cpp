// Mistakes of the signals that control two weight registers per PE are found: a recorded product is
// played back to an array, as it was and with a mistake, and results and counters are compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

using Signals = pin::ArraySystem::Signals;

// What drives an array in one clock cycle.
struct Frame {
  std::vector<std::vector<bool>> weight_controls;  // by WeightControl and row
  std::vector<pin::Operand> west, north;
  std::vector<bool> psum_enable, operand_enable;
  bool pipeline_enable = false, count_weights = false, count_pipeline = false;
  bool output_valid = false;
};

template <class T, class Channels>
std::vector<T> read_all(const Channels& channels) {
  std::vector<T> values;
  for (const auto& channel : channels) values.push_back(channel.read());
  return values;
}

template <class Channels, class Values>
void write_all(Channels& channels, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i) channels[i] = values[i];
}

// Looks at the signals of every cycle at the edge that ends it.
struct FrameRecorder : sc_core::sc_module {
  SC_HAS_PROCESS(FrameRecorder);
  FrameRecorder(const sc_core::sc_module_name& name, const pin::ArraySystem& system)
      : sc_module(name), signals(system.signals()) {
    SC_METHOD(record);
    sensitive << signals.clk.posedge_event();
    dont_initialize();
  }
  void record() {
    Frame frame;
    for (const auto& control : signals.overlapping->weight_controls) {
      frame.weight_controls.push_back(read_all<bool>(control));
    }
    frame.west = read_all<pin::Operand>(signals.west);
    frame.north = read_all<pin::Operand>(signals.north);
    frame.psum_enable = read_all<bool>(signals.psum_enable);
    frame.operand_enable = read_all<bool>(signals.operand_enable);
    frame.pipeline_enable = signals.pipeline_enable;
    frame.count_weights = signals.count_weights;
    frame.count_pipeline = signals.count_pipeline;
    frame.output_valid = signals.output_valid;
    frames.push_back(frame);
  }
  const Signals& signals;
  std::vector<Frame> frames;
};

// Counters, sums at the south edge, and whether the array was empty in the end.
struct Seen {
  ActivityCounters activity;
  std::vector<pin::Sum> sums;
  bool is_empty = true;
};

// An array between signals of its own.
struct Player : sc_core::sc_module {
  Player(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design)
      : sc_module(name), signals(config, design), array("array", config, design, {true, false}) {
    array.clk(signals.clk);
    array.reset(signals.reset);
    array.pipeline_enable(signals.pipeline_enable);
    array.count_weights(signals.count_weights);
    array.count_pipeline(signals.count_pipeline);
    for (std::size_t i = 0; i < array.weight_controls.size(); ++i) {
      array.weight_controls[i](signals.overlapping->weight_controls[i]);
    }
    array.psum_enable(signals.psum_enable);
    array.operand_enable(signals.operand_enable);
    array.bottom(signals.bottom);
    array.operand_boundary(signals.operand_boundary);
    array.skew_depth(signals.skew_depth);
    array.deskew_depth(signals.deskew_depth);
    array.west(signals.west);
    array.north(signals.north);
  }

  static void settle() {
    for (int i = 0; i < 8; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
  }

  void select_mode(const Signals& from) {
    write_all(signals.bottom, read_all<bool>(from.bottom));
    write_all(signals.operand_boundary, read_all<bool>(from.operand_boundary));
    write_all(signals.skew_depth, read_all<int>(from.skew_depth));
    write_all(signals.deskew_depth, read_all<int>(from.deskew_depth));
    signals.reset = true;
    settle();
    array.begin_recording();
    signals.reset = false;
  }

  void drive(const Frame& frame) {
    for (std::size_t i = 0; i < frame.weight_controls.size(); ++i) {
      write_all(signals.overlapping->weight_controls[i], frame.weight_controls[i]);
    }
    write_all(signals.west, frame.west);
    write_all(signals.north, frame.north);
    write_all(signals.psum_enable, frame.psum_enable);
    write_all(signals.operand_enable, frame.operand_enable);
    signals.pipeline_enable = frame.pipeline_enable;
    signals.count_weights = frame.count_weights;
    signals.count_pipeline = frame.count_pipeline;
    settle();
  }

  // The last frame is the drain cycle of the last tile.
  Seen play(const std::vector<Frame>& frames, const Signals& mode) {
    select_mode(mode);
    Seen seen;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      drive(frames[i]);
      for (std::size_t c = 0; frames[i].output_valid && c < array.south.size(); ++c) {
        seen.sums.push_back(array.south[c]->read());
      }
      if (i + 1 == frames.size()) break;
      signals.clk = true;
      sc_core::wait(1, sc_core::SC_NS);
      signals.clk = false;
      sc_core::wait(1, sc_core::SC_NS);
    }
    try {
      array.end_recording();
    } catch (const std::logic_error&) {
      seen.is_empty = false;
    }
    seen.activity = array.activity();
    return seen;
  }

  Signals signals;
  pin::SystolicArray array;
};

using Mistake = std::function<void(std::vector<Frame>&)>;

// In which a tile loads, from its first column to its last: R + H - 1.
constexpr std::size_t kLoadCycles = 6;

// The cycle in which a control bit of a row has risen for the n-th time, from 0 on.
std::size_t rise(const std::vector<Frame>& frames, pin::WeightControl control, std::size_t row,
                 int n) {
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const bool rises =
        frames[i].weight_controls[control][row] && !frames[i - 1].weight_controls[control][row];
    if (rises && n-- == 0) return i;
  }
  throw std::logic_error("the product has too few tiles");
}

std::vector<std::pair<std::string, Mistake>> mistakes() {
  return {
      {"the selection flips one cycle late in one row",
       [](std::vector<Frame>& frames) {
         frames[rise(frames, pin::kWeightSelect, 0, 1)].weight_controls[pin::kWeightSelect][0] =
             false;
       }},
      // One cycle too soon it would show in the very cycle in which the other bank is selected.
      {"a bank is overwritten two cycles too soon",
       [](std::vector<Frame>& frames) {
         const std::size_t begin = rise(frames, pin::kLoadEnable0, 0, 1);
         for (std::size_t i = begin - 2; i < begin + kLoadCycles; ++i) {
           frames[i].north = frames[i + 2].north;
           frames[i].weight_controls[pin::kLoadEnable0] =
               frames[i + 2].weight_controls[pin::kLoadEnable0];
         }
       }},
      {"a weight register is clocked one cycle more",
       [](std::vector<Frame>& frames) {
         const std::size_t begin = rise(frames, pin::kLoadEnable1, 1, 0);
         frames[begin - 1].weight_controls[pin::kLoadEnable1][1] = true;
       }},
      {"partial sum registers are clocked one cycle less",
       [](std::vector<Frame>& frames) {
         auto& enables = frames[frames.size() - 2].psum_enable;
         std::fill(enables.begin(), enables.end(), false);
       }},
  };
}

class PlantedMistakes : public ::testing::TestWithParam<Overlap> {};

TEST_P(PlantedMistakes, AreFoundByCountersOrResults) {
  EngineCase c{3, 4, 1, 16, 64, {10, 9, 8}};
  c.overlap = GetParam();
  c.seed = 13;
  pin::ArraySystem system("system", c.config(), c.design);
  FrameRecorder recorder("recorder", system);
  const auto planted = mistakes();
  std::vector<std::unique_ptr<Player>> players;
  for (std::size_t i = 0; i <= planted.size(); ++i) {
    players.push_back(
        std::make_unique<Player>(sc_core::sc_gen_unique_name("player"), c.config(), c.design));
  }
  harness::run_in_thread([&] {
    DiscardResult unused;
    const GemmResult run = system.run(c.shape, c.k, c.operands(), unused);
    sc_core::wait(system.signals().clk.posedge_event());  // the one that ends the drain cycle
    sc_core::wait(sc_core::SC_ZERO_TIME);
    // Without the idle cycle that the first edge ended.
    const std::vector<Frame> frames(recorder.frames.begin() + 1, recorder.frames.end());
    ASSERT_EQ(static_cast<std::int64_t>(frames.size()), run.cycles + 1);
    const Seen right = players[0]->play(frames, system.signals());
    EXPECT_EQ(right.activity, run.activity) << "played back as it was";
    EXPECT_TRUE(right.is_empty);
    for (std::size_t i = 0; i < planted.size(); ++i) {
      const auto& [what, plant] = planted[i];
      std::vector<Frame> wrong_frames = frames;
      plant(wrong_frames);
      const Seen wrong = players[i + 1]->play(wrong_frames, system.signals());
      EXPECT_NE(wrong.activity, right.activity) << what;
      if (i == 0) {
        EXPECT_NE(wrong.sums, right.sums) << what;
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Overlaps, PlantedMistakes, ::testing::Values(Overlap::load, Overlap::full),
                         [](const auto& test) { return std::string(name_of(test.param)); });

}  // namespace
}  // namespace arrayflex::testing
