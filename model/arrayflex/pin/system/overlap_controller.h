// The controller of an array whose tiles overlap.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "arrayflex/pin/array/weight_wave.h"
#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

/// Loads a tile's weights while the one before streams, and, with Overlap::full, streams a tile
/// while those before drain. Tiles are numbered from 0 on since the last reset; tile i has its
/// weights in bank i mod 2. docs/architecture.md, "Overlapping tiles", has the timeline: tile i
/// loads from the cycle on in which tile i-1 starts to stream, and streams P cycles after tile i-1
/// or later.
///
/// `phase_cycle` tells of the stream phase of the latest tile, S cycles long, and is 0 where there
/// is none. A load has its own signals, weight_enable, load_tile and load_cycle, which are those of
/// column group 0: with Overlap::full column group h loads h cycles later.
class OverlapController final : public Controller {
 public:
  OverlapController(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design);

  Out<std::int64_t> load_tile{"load_tile"};      ///< the tile whose weights load
  Out<std::int64_t> load_cycle{"load_cycle"};    ///< l
  Out<std::int64_t> stream_tile{"stream_tile"};  ///< the latest tile that streams
  Out<std::int64_t> output_tile{"output_tile"};  ///< the tile of the row at the south edge
  /// By WeightControl and row, at the west edge of the array.
  std::array<OutVector<bool>, kWeightControls> weight_controls;

  /// Loads one more tile's weights as soon as the tile before streams.
  void request_load();
  /// Streams t_count rows of the next tile P cycles after the tile before, once its weights are
  /// there. `is_last`: no tile follows.
  void request_stream(std::int64_t t_count, bool is_last);
  /// No tile follows the latest one; its cycles have been counted.
  void end_product();

  /// Tiles whose load or stream phase has begun, since the last reset.
  std::int64_t loads_begun() const { return load_tile_ + 1; }
  std::int64_t streams_begun() const { return stream_tile_ + 1; }
  /// Notified in the next delta cycle when one of them has changed.
  const sc_core::sc_event& tile_begun() const { return tile_begun_; }

 private:
  // A tile from its first stream cycle until its last row is at the south edge.
  struct Flight {
    std::int64_t tile = -1;
    std::int64_t t_count = 0;
    std::int64_t begin = 0;  // b_i, in cycles since the reset
    bool is_last = false;
  };
  struct StreamRequest {
    std::int64_t t_count;
    bool is_last;
  };

  void advance() override;
  void start_requested() override;
  void forget_requests() override;
  void go_idle() override;
  void publish() override;
  void begin_load();
  void begin_stream();
  bool can_load() const;
  bool can_stream() const;
  bool may_go_on() const;
  bool counts() const;
  bool pipeline_on() const;
  bool wave_on() const;
  void publish_phases();
  void publish_weight_controls();
  void publish_output();
  void publish_clock();

  /// s of the latest tile.
  std::int64_t stream_cycle() const { return now_ - latest_.begin; }
  bool has_streamed() const { return stream_tile_ >= 0; }
  /// P after the latest tile.
  std::int64_t interval() const;
  bool is_draining(const Flight& flight) const {
    return now_ - flight.begin == stream_cycles(flight.t_count);
  }

  const Overlap overlap_;
  std::int64_t now_ = 0;  // clock edges since the reset
  std::int64_t loads_requested_ = 0;
  std::deque<StreamRequest> streams_requested_;
  bool loads_ = false;
  std::int64_t load_tile_ = -1, load_begin_ = 0;
  std::int64_t stream_tile_ = -1;
  Flight latest_;
  std::deque<Flight> in_flight_;
  bool stream_ended_ = false;  // the latest tile's stream phase, in the cycle before
  bool product_ended_ = false;
  std::vector<bool> group_selects_;  // by row group: weight_select at the west edge
  sc_core::sc_event tile_begun_{"tile_begun"};
};

}  // namespace arrayflex::pin
