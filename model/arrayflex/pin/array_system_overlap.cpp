// Tiles that overlap: requests for load and stream phases, and whole products of them.
#include <deque>
#include <stdexcept>
#include <utility>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/system/row_blocks.h"

namespace arrayflex::pin {

void ArraySystem::forget_tiles() {
  tiles_requested_ = 0;
  if (!overlapping_) return;
  overlapping_->feeder.release();
  accumulators_.release();
}

bool ArraySystem::has_tiles_in_flight() const {
  return overlapping_ && state_ == State::in_gemm && accumulators_.tiles_taken() < tiles_requested_;
}

// False once the product has been abandoned.
bool ArraySystem::may_request(const StreamedTile& tile) const {
  if (!overlapping_) throw std::logic_error("the tiles of this array do not overlap");
  check(tile);
  return state_ == State::in_gemm;
}

void ArraySystem::request_load(const StreamedTile& tile) {
  if (!may_request(tile)) return;
  overlapping_->feeder.supply_weights({tile.weights, tile.n_count, tile.m_count});
  overlapping_->controller.request_load();
}

void ArraySystem::request_stream(const StreamedTile& tile, bool is_last) {
  if (!may_request(tile)) return;
  AccumulatorBank::Target target;
  target.write_row = tile.write_row;
  request_rows(tile, std::move(target), is_last);
}

void ArraySystem::request_rows(const StreamedTile& tile, AccumulatorBank::Target target,
                               bool is_last) {
  target.t_count = tile.t_count;
  target.m_count = tile.m_count;
  accumulators_.expect(std::move(target));
  overlapping_->feeder.supply_rows({tile.t_count, tile.n_count, tile.read_row});
  overlapping_->controller.request_stream(tile.t_count, is_last);
  ++tiles_requested_;
}

bool ArraySystem::has_come_to(Milestone milestone, std::int64_t tile) const {
  switch (milestone) {
    case Milestone::loads:
      return overlapping_->controller.loads_begun() > tile;
    case Milestone::streams:
      return overlapping_->controller.streams_begun() > tile;
    case Milestone::done:
      break;
  }
  return accumulators_.tiles_taken() > tile;
}

const sc_core::sc_event& ArraySystem::event_of(Milestone milestone) const {
  return milestone == Milestone::done ? accumulators_.tile_done()
                                      : overlapping_->controller.tile_begun();
}

void ArraySystem::wait_for(Milestone milestone, std::int64_t tile) {
  if (!overlapping_) throw std::logic_error("the tiles of this array do not overlap");
  const std::uint64_t aborts_before = aborts_;
  while (state_ == State::in_gemm && aborts_ == aborts_before && !has_come_to(milestone, tile)) {
    const std::exception_ptr failure =
        overlapping_->feeder.failure() ? overlapping_->feeder.failure() : accumulators_.failure();
    if (failure) {
      abort();
      std::rethrow_exception(failure);
    }
    sc_core::wait(event_of(milestone) | accumulators_.failed() | overlapping_->feeder.failed() |
                  aborted_);
  }
  // Of a product abandoned before, the clock may never have run.
  if (milestone == Milestone::done && state_ == State::in_gemm && aborts_ == aborts_before) {
    clock_.mark_handover();
  }
}

// From its load phase to its last sum.
void ArraySystem::run_alone(const StreamedTile& tile, AccumulatorBank::Target target) {
  if (has_tiles_in_flight()) throw std::logic_error("run_tile() while another tile runs");
  const std::int64_t number = tiles_requested_;
  request_load(tile);
  request_rows(tile, std::move(target), false);
  wait_for(Milestone::done, number);
}

namespace {

// A tile on its way: what it needs until its last sum has left.
struct TileInFlight {
  TileInFlight(const arrayflex::Tile& its_place, std::int64_t t_count,
               const OperandSource& operands, ResultSink& result)
      : place(its_place),
        weights(static_cast<std::size_t>(place.n_count * place.m_count)),
        reader(operands, t_count, place),
        writer(result, t_count, place) {
    operands.read_b(place.n0, place.n_count, place.m0, place.m_count, weights.data(),
                    place.m_count);
    tile = {weights.data(),
            t_count,
            static_cast<int>(place.n_count),
            static_cast<int>(place.m_count),
            [this](std::int64_t t) { return reader.row(t); },
            [this](std::int64_t t, const Sum* row) { writer.row(t, row); }};
  }
  TileInFlight(const TileInFlight&) = delete;
  TileInFlight& operator=(const TileInFlight&) = delete;

  const arrayflex::Tile place;
  std::vector<std::int32_t> weights;
  BlockReader reader;
  BlockWriter writer;
  StreamedTile tile;
};

}  // namespace

// Each tile is requested while the one before it still waits to stream, so that its load begins
// with the edge and not later in its instant, when the nets would settle once more.
void ArraySystem::run_overlapping(const TilePlan& plan, const GemmShape& shape,
                                  const OperandSource& operands, ResultSink& result) {
  std::deque<TileInFlight> tiles;
  std::int64_t first = 0;
  try {
    for (std::int64_t i = 0; i < plan.count() && state_ == State::in_gemm; ++i) {
      const TileInFlight& next = tiles.emplace_back(plan.tile(i), shape.t, operands, result);
      request_load(next.tile);
      request_stream(next.tile, i + 1 == plan.count());
      if (i > 0) wait_for(Milestone::streams, i - 1);
      for (; first < accumulators_.tiles_taken(); ++first) tiles.pop_front();
    }
    wait_for(Milestone::done, plan.count() - 1);
  } catch (...) {
    if (state_ == State::in_gemm) abort();
    throw;
  }
}

}  // namespace arrayflex::pin
