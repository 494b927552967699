#include "run/output/report_maps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "run/output/npy_file.h"

namespace arrayflex::command {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A picture needs no more cells, and the page stays small.
constexpr int kMaxCells = 128;

// The toggles of the entry that belong to PEs; empty where the run counted none.
std::optional<std::int64_t> pe_toggles(const Json& entry) {
  if (!entry.contains("activity")) return std::nullopt;
  std::int64_t sum = 0;
  const Json& toggles = entry["activity"]["toggles"];
  for (const NetClass c : all_net_classes()) {
    // Some machines have no nets of some classes.
    if (!info_of(c).in_pe || !toggles.contains(name_of(c))) continue;
    sum = checked_add(sum, toggles[name_of(c)].get<std::int64_t>(), "toggles of the PEs");
  }
  return sum;
}

PeToggleMap read_map(const std::string& path, int rows, int cols) {
  const std::string allowed =
      fmt::format("a {} x {} matrix of int64, as --pe-maps writes it, is needed", rows, cols);
  const auto fail = [&](const std::string& problem) -> PeToggleMap {
    throw InputError(fmt::format("{}: {}: {}", path, problem, allowed));
  };
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return fail("there is no such file");
  const std::uintmax_t size = fs::file_size(path, error);
  const auto data_bytes = static_cast<std::uintmax_t>(rows) * static_cast<std::uintmax_t>(cols) * 8;
  NpyHeader header;
  std::vector<std::int64_t> values;
  try {
    std::ifstream stream(path, std::ios::binary);
    const NpyLayout layout = read_npy_layout(stream);
    // Before anything of the size that its header claims is allocated.
    if (error || size != layout.data_offset + data_bytes) {
      return fail(fmt::format("{} bytes long", size));
    }
    header = read_npy_header(stream, layout);
    if (header.type != "<i8") {
      return fail(fmt::format("Cast error: formats not matching {} vs <i8", header.type));
    }
    if (header.shape !=
        std::vector{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)}) {
      return fail(fmt::format("shape {}", fmt::join(header.shape, " x ")));
    }
    values = read_npy_values<std::int64_t>(stream, header);
  } catch (const NpyError& problem) {
    return fail(problem.what());
  }
  PeToggleMap map(rows, cols);
  map.toggles = values;
  if (std::any_of(map.toggles.begin(), map.toggles.end(), [](auto count) { return count < 0; })) {
    return fail("a negative count");
  }
  return map;
}

void require_same_run(const std::string& path, const PeToggleMap& map, const Json& entry) {
  const std::optional<std::int64_t> expected = pe_toggles(entry);
  std::int64_t sum = 0;
  for (const std::int64_t count : map.toggles) sum = checked_add(sum, count, "toggles of a map");
  if (expected == sum) return;
  throw InputError(
      fmt::format("{}: adds up to {} toggles, report.json to {}: the two are of different runs; "
                  "remove the map or run again with --pe-maps",
                  path, sum, expected ? std::to_string(*expected) : "none"));
}

double block_mean(const PeToggleMap& map, int first_row, int first_col, int block) {
  double sum = 0;
  int count = 0;
  for (int r = first_row; r < std::min(first_row + block, map.rows); ++r) {
    for (int c = first_col; c < std::min(first_col + block, map.cols); ++c) {
      sum += static_cast<double>(map.at(r, c));
      ++count;
    }
  }
  return sum / count;
}

Json json_of(const std::string& name, const PeToggleMap& map) {
  const int block = (std::max(map.rows, map.cols) + kMaxCells - 1) / kMaxCells;
  std::vector<double> means;
  for (int r = 0; r < map.rows; r += block) {
    for (int c = 0; c < map.cols; c += block) means.push_back(block_mean(map, r, c, block));
  }
  const double scale_max = *std::max_element(means.begin(), means.end());
  Json shares = Json::array();
  for (const double mean : means) {
    shares.push_back(scale_max > 0 ? std::lround(1000 * mean / scale_max) : 0L);
  }
  const auto [least, most] = std::minmax_element(map.toggles.begin(), map.toggles.end());
  return {{"name", name},
          {"rows", (map.rows + block - 1) / block},
          {"cols", (map.cols + block - 1) / block},
          {"block", block},
          {"min", *least},
          {"max", *most},
          {"scale_max", scale_max},
          {"share_permille", shares}};
}

}  // namespace

std::string total_map_path(const std::string& directory) {
  return (fs::path(directory) / "pe_map.npy").string();
}

std::string layer_map_directory(const std::string& directory) {
  return (fs::path(directory) / "pe_maps").string();
}

std::string layer_map_path(const std::string& directory, std::size_t layer) {
  return (fs::path(layer_map_directory(directory)) / fmt::format("layer_{:03}.npy", layer + 1))
      .string();
}

Json read_pe_maps(const std::string& directory, const Json& report) {
  const Json& array = report["array"];
  Json maps = Json::array();
  const auto add = [&](const std::string& path, const std::string& name, const Json& entry) {
    const PeToggleMap map = read_map(path, array["rows"], array["cols"]);
    require_same_run(path, map, entry);
    maps.push_back(json_of(name, map));
  };
  if (fs::exists(total_map_path(directory))) add(total_map_path(directory), "", report["total"]);
  if (fs::exists(layer_map_directory(directory))) {
    const Json& layers = report["layers"];
    for (std::size_t i = 0; i < layers.size(); ++i) {
      add(layer_map_path(directory, i), layers[i]["name"], layers[i]);
    }
  }
  return maps;
}

}  // namespace arrayflex::command
