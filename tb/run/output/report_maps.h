// PE maps among a run's files: where they are, and what the page shows of them.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace arrayflex::command {

/// DIR/pe_map.npy, all layers together.
std::string total_map_path(const std::string& directory);
/// DIR/pe_maps, and in it layer_001.npy for the first layer and so on.
std::string layer_map_directory(const std::string& directory);
std::string layer_map_path(const std::string& directory, std::size_t layer);

/// The maps that lie in the folder, for the page: a list of {name (empty for all layers), rows,
/// cols, block, min, max, scale_max, share_permille}. Cells are means of block x block PEs, so that
/// there are at most 128 x 128, as thousandths of scale_max; min and max are those of single PEs.
/// Throws InputError naming the file when one cannot be read, is missing beside others, or does not
/// add up to the report's toggles, and so belongs to another run.
nlohmann::ordered_json read_pe_maps(const std::string& directory,
                                    const nlohmann::ordered_json& report);

}  // namespace arrayflex::command
