// Random products for lock-step simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array_system.h"

namespace arrayflex::cosim {

/// One tile with operands of its own. Some of them are extremes, so that sums wrap.
struct TileData {
  int t = 1, n = 1, m = 1;
  std::vector<std::int32_t> weights, a;

  std::vector<std::int64_t> run(pin::ArraySystem& system) const;
};

/// A tile that fills the array.
TileData full_tile(const ArrayConfig& config, int t, std::mt19937_64& random);
/// A tile of any size: an edge tile, mostly.
TileData any_tile(const ArrayConfig& config, std::mt19937_64& random);

/// Tiles from reset to reset, in one mode.
struct Product {
  int k = 1;
  std::vector<TileData> tiles;
  std::vector<double> stalls_ps;         ///< after each tile
  std::optional<double> abort_after_ps;  ///< since the product's begin
};

/// At least 24 products, in every mode of the array several times and in random order; every third
/// is reset at a random moment, mostly in mid-job.
std::vector<Product> make_products(const ArrayConfig& config, Design design, std::uint64_t seed);

}  // namespace arrayflex::cosim
