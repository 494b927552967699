#include "arrayflex/core/tile_timeline.h"

#include <algorithm>

namespace arrayflex {

std::int64_t TileTimeline::earliest_load() const {
  return array_.overlap == Overlap::none ? end_ : stream_;
}

std::int64_t TileTimeline::load(std::int64_t weights_there) {
  return load_ = std::max(earliest_load(), weights_there);
}

std::int64_t TileTimeline::earliest_stream() const {
  return std::max(next_stream_, load_ + load_cycles(array_.rows));
}

std::int64_t TileTimeline::stream(std::int64_t rows_there, std::int64_t t_count) {
  stream_ = std::max(earliest_stream(), rows_there);
  stall_ = tiles_ == 0 ? 0 : stream_ - next_stream_;
  end_ = stream_ + stream_cycles(array_.rows, array_.cols, k_, t_count);
  next_stream_ = stream_ + tile_period_cycles(array_, k_, t_count);
  ++tiles_;
  return stream_;
}

}  // namespace arrayflex
