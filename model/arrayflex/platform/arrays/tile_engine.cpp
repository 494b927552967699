#include "arrayflex/platform/arrays/tile_engine.h"

#include <stdexcept>

namespace arrayflex::platform {
namespace {

[[noreturn]] void refuse() {
  throw std::logic_error("the tiles of this array do not overlap: it runs one at a time");
}

}  // namespace

sc_core::sc_time TileEngine::load_tile(const BufferedTile&, const sc_core::sc_time&) { refuse(); }

sc_core::sc_time TileEngine::stream_tile(const BufferedTile&, const sc_core::sc_time&, bool) {
  refuse();
}

sc_core::sc_time TileEngine::finish_tile() { refuse(); }

}  // namespace arrayflex::platform
