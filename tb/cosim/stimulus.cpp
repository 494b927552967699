#include "stimulus.h"

#include <algorithm>

#include "arrayflex/core/latency.h"

namespace arrayflex::cosim {
namespace {

std::vector<std::int32_t> operands(const ArrayConfig& config, int count, std::mt19937_64& random) {
  std::uniform_int_distribution<std::int64_t> value(config.operand_min(), config.operand_max());
  std::vector<std::int32_t> list(static_cast<std::size_t>(count));
  for (auto& v : list) {
    const auto choice = static_cast<unsigned>(random() % 6);
    v = static_cast<std::int32_t>(choice == 0   ? config.operand_min()
                                  : choice == 1 ? 0
                                                : value(random));
  }
  return list;
}

TileData make_tile(const ArrayConfig& config, int t, int n, int m, std::mt19937_64& random) {
  return {t, n, m, operands(config, n * m, random), operands(config, t * n, random)};
}

}  // namespace

std::vector<std::int64_t> TileData::run(pin::ArraySystem& system) const {
  std::vector<std::int64_t> x(static_cast<std::size_t>(t) * static_cast<std::size_t>(m));
  system.run_tile({weights.data(), a.data(), x.data(), t, n, m, false});
  return x;
}

TileData full_tile(const ArrayConfig& config, int t, std::mt19937_64& random) {
  return make_tile(config, t, config.rows(), config.cols(), random);
}

TileData any_tile(const ArrayConfig& config, std::mt19937_64& random) {
  const auto draw = [&](int limit) {
    return 1 + static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  const int t = draw(12), n = draw(config.rows()), m = draw(config.cols());
  return make_tile(config, t, n, m, random);
}

std::vector<Product> make_products(const ArrayConfig& config, Design design, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int> modes;
  while (modes.size() < 24) {
    modes.insert(modes.end(), config.modes().begin(), config.modes().end());
  }
  std::shuffle(modes.begin(), modes.end(), random);
  std::vector<Product> products;
  for (const int k : modes) {
    Product product;
    product.k = k;
    std::int64_t cycles = 0;
    for (int tile = 0; tile < 3; ++tile) {
      product.tiles.push_back(tile == 0 ? full_tile(config, 8, random) : any_tile(config, random));
      cycles += tile_cycles(config.rows(), config.cols(), k, product.tiles.back().t);
      const double stalls[] = {0, 0, 1, 300, 1100, 7000};
      product.stalls_ps.push_back(stalls[random() % 6]);
    }
    if (products.size() % 3 == 2) {
      const double fraction = static_cast<double>(random() % 1000) / 1000;
      product.abort_after_ps =
          fraction * static_cast<double>(cycles) * *config.period_ps(design, k);
    }
    products.push_back(std::move(product));
  }
  return products;
}

}  // namespace arrayflex::cosim
