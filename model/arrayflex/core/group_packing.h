// Groups side by side: products of one layer that share a tile, as a product whose B is block
// diagonal. docs/architecture.md, "Groups side by side", has the definition.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"

namespace arrayflex {

/// p = min(floor(R/N), floor(C/M), G): how many of a layer's G products share a tile of R x C; 1
/// where not even two fit. The layer must be valid; rows, cols >= 1.
std::int64_t groups_per_tile(const Layer& layer, int rows, int cols);

/// The same where groups are to be packed, else 1.
inline std::int64_t groups_per_tile(const Layer& layer, const ArrayConfig& config, bool packing) {
  return packing ? groups_per_tile(layer, config.rows(), config.cols()) : 1;
}

/// ceil(G/p): products that the array runs for a layer.
std::int64_t packed_product_count(const Layer& layer, std::int64_t groups_per_tile);

/// Some of the products that the array runs for a layer: those of one shape.
struct PackedProducts {
  GemmShape shape;               ///< T x groups*N x groups*M
  std::int64_t count = 1;        ///< products
  std::int64_t groups = 1;       ///< of the layer's products, in each of these
  std::int64_t first_group = 0;  ///< the first one's first: 0..G-1

  /// The first of the groups in product 0..count-1.
  std::int64_t first_group_of(std::int64_t product) const { return first_group + product * groups; }
};

/// All of them, in the order of the groups: floor(G/p) products of p groups, then, where p does not
/// divide G, one of the G mod p that are left.
std::vector<PackedProducts> packed_products(const Layer& layer, std::int64_t groups_per_tile);

/// Cycles of a layer of which so many products share a tile: each of its products, packed or not,
/// is then a single tile, so they are gemm_cycles * ceil(G/p). Throws as gemm_cycles().
std::int64_t layer_cycles(const ArrayConfig& config, const Layer& layer, int k,
                          std::int64_t groups_per_tile);

/// The operands of groups side by side: A next to each other, B along the diagonal, else zeros.
class PackedOperands final : public OperandSource {
 public:
  /// group: the shape of each of them; at least one.
  PackedOperands(const GemmShape& group, std::vector<std::shared_ptr<const OperandSource>> groups);
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t row_stride) const override;
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t row_stride) const override;

 private:
  GemmShape group_;
  std::vector<std::shared_ptr<const OperandSource>> groups_;
};

}  // namespace arrayflex
