#include "workloads/scale_sim/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "arrayflex/core/error.h"

#ifdef ARRAYFLEX_WITH_INIH
#include <ini.h>
#endif

namespace arrayflex::workloads {
namespace {

constexpr const char* kBlanks = " \t\r\n";
constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

#ifdef ARRAYFLEX_WITH_INIH

// The library reads lines into a buffer of 200 bytes and takes the rest of a longer one for the
// next line.
constexpr std::size_t kLongestLine = 190;

struct Entry {
  std::string section, key, value;  ///< as written
};

// Keys and values as the library hands them over, in the order of the file.
int remember(void* user, const char* section, const char* name, const char* value) {
  auto& entries = *static_cast<std::vector<Entry>*>(user);
  entries.push_back({section, name, value});
  return 1;
}

// Comment lines blanked, so that they may have any length.
std::string without_comments(const std::string& text, const std::string& source) {
  std::istringstream lines(text.substr(text.compare(0, 3, kByteOrderMark) == 0 ? 3 : 0));
  std::string result, line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::size_t first = line.find_first_not_of(kBlanks);
    const bool is_comment =
        first != std::string::npos && (line[first] == '#' || line[first] == ';');
    if (!is_comment && line.size() > kLongestLine) {
      throw InputError(fmt::format("{}:{}: {} characters: a line may have at most {}", source,
                                   number, line.size(), kLongestLine));
    }
    if (!is_comment && line.find('\0') == std::string::npos) result += line;
    result += '\n';
  }
  return result;
}

class ConfigReader {
 public:
  ConfigReader(const std::string& text, const std::string& source, bool overrides_dataflow)
      : source_(source), overrides_dataflow_(overrides_dataflow) {
    const std::string plain = without_comments(text, source);
    const int wrong_line = ini_parse_string(plain.c_str(), remember, &entries_);
    if (wrong_line != 0) {
      throw InputError(
          fmt::format("{}:{}: this is no line of a SCALE-Sim configuration; allowed are [section], "
                      "key : value, key = value and comments with # or ;",
                      source, wrong_line));
    }
    for (const Entry& entry : entries_) add(entry);
  }

  ScaleSimConfig read() {
    ScaleSimConfig config;
    config.rows = dimension("ArrayHeight");
    config.cols = dimension("ArrayWidth");
    check_dataflow(config);
    config.topology = unquoted(value("TopologyCsvLoc"));
    for (const Entry& entry : entries_) {
      if (used_.count(lower(entry.key)) == 0) config.ignored.push_back(entry.key);
    }
    add_notes(config);
    return config;
  }

 private:
  void add(const Entry& entry) {
    if (entry.section.empty()) {
      throw InputError(fmt::format("{}: key {}", source_, entry.key), entry.value,
                       "it stands before the first [section]");
    }
    const auto [first, is_new] = values_.emplace(lower(entry.key), entry);
    if (!is_new && lower(first->second.section) == lower(entry.section)) {
      throw InputError(
          item(entry), entry.value,
          fmt::format("a key may be given once; it is {} already", first->second.value));
    }
  }

  std::string item(const Entry& entry) const {
    return fmt::format("{}: [{}] {}", source_, entry.section, entry.key);
  }

  const Entry* find(const std::string& key) {
    used_.insert(lower(key));
    require_once(key);
    const auto found = values_.find(lower(key));
    return found == values_.end() ? nullptr : &found->second;
  }

  // In two sections, one of the values would win in silence.
  void require_once(const std::string& key) const {
    const auto first = values_.find(lower(key));
    for (const Entry& entry : entries_) {
      if (lower(entry.key) == lower(key) && lower(entry.section) != lower(first->second.section)) {
        throw InputError(item(entry), entry.value,
                         fmt::format("the key may be given once; it is {} in [{}]",
                                     first->second.value, first->second.section));
      }
    }
  }

  std::string value(const std::string& key) {
    const Entry* entry = find(key);
    return entry == nullptr ? "" : entry->value;
  }

  int dimension(const std::string& key) {
    const Entry* entry = find(key);
    if (entry == nullptr) {
      throw InputError(
          fmt::format("{}: [architecture_presets] {} is missing; it is the number of {} of the "
                      "array, 1..{}",
                      source_, key, key == "ArrayHeight" ? "rows" : "columns", kMaxArrayDim));
    }
    int number = 0;
    const char* end = entry->value.data() + entry->value.size();
    const auto [stop, error] = std::from_chars(entry->value.data(), end, number);
    if (error != std::errc() || stop != end || number < 1 || number > kMaxArrayDim) {
      throw InputError(item(*entry), entry->value.empty() ? "''" : entry->value,
                       fmt::format("allowed is an integer from 1 to {}", kMaxArrayDim));
    }
    return number;
  }

  void check_dataflow(ScaleSimConfig& config) {
    const Entry* entry = find("Dataflow");
    if (entry == nullptr || lower(entry->value) == "ws") return;
    const std::string value = entry->value.empty() ? "''" : entry->value;
    if (!overrides_dataflow_) {
      throw InputError(item(*entry), value,
                       "allowed is ws: ArrayFlex is a weight-stationary array; --dataflow-override "
                       "ws runs the file with that");
    }
    config.notes.push_back(fmt::format(
        "{}: Dataflow = {} is overridden: both arrays are weight-stationary, cycles are not those "
        "of the file's dataflow",
        source_, value));
  }

  // The key keeps being listed as ignored: its value is looked at for the notes alone.
  std::string ignored_value(const std::string& key) const {
    const auto found = values_.find(lower(key));
    return found == values_.end() ? "" : lower(found->second.value);
  }

  /// Those of the keys that are there with a value that changes SCALE-Sim's cycles.
  std::string effective(const std::vector<const char*>& keys,
                        const std::vector<const char*>& harmless) const {
    std::vector<std::string> found;
    for (const char* key : keys) {
      const std::string value = ignored_value(key);
      const bool has_effect =
          !value.empty() && std::find(harmless.begin(), harmless.end(), value) == harmless.end();
      if (has_effect) found.emplace_back(key);
    }
    return fmt::format("{}", fmt::join(found, ", "));
  }

  void add_notes(ScaleSimConfig& config) const {
    if (config.ignored.empty()) return;
    const auto note = [&](const std::string& keys, const char* text) {
      if (!keys.empty()) config.notes.push_back(fmt::format("{}: {}{}", source_, keys, text));
    };
    note("ignored, as they have no meaning here: ",
         fmt::format("{}", fmt::join(config.ignored, ", ")).c_str());
    if (ignored_value("SparsitySupport") == "true")
      note("SparsitySupport", ": all layers are dense");
    if (ignored_value("InterfaceBandwidth") == "user") {
      note(
          "InterfaceBandwidth is USER",
          ": Bandwidth is not applied; --memory BYTES_PER_CYCLE:LATENCY_NS gives the accelerator a "
          "memory of limited bandwidth");
    }
    note(effective({"IfmapSramSzkB", "FilterSramSzkB", "OfmapSramSzkB"}, {}),
         ": no buffer of this size stands between array and memory, its stalls are not counted");
    note(effective({"IfmapCustomLayout", "FilterCustomLayout"}, {"false"}),
         ": data have no layout here, conflicts of banks are not counted");
    note(effective({"MemoryBanks", "IfmapSRAMBankNum", "FilterSRAMBankNum"}, {"1"}),
         ": there are no banks here, their conflicts are not counted");
    note(effective({"IfmapSRAMBankBandwidth", "FilterSRAMBankBandwidth"}, {}),
         ": a bank's bandwidth is not applied");
    note(effective({"UseRamulatorTrace"}, {"false"}),
         ": latencies are not those of Ramulator; --memory has one latency, --memory-trace writes "
         "what a DRAM simulator reads");
  }

  static std::string unquoted(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
    return text;
  }

  std::string source_;
  bool overrides_dataflow_;
  std::vector<Entry> entries_;
  std::map<std::string, Entry> values_;  ///< by key in lower case
  std::set<std::string> used_;
};

#endif

}  // namespace

bool is_scale_sim_config(const std::string& path, const std::string& text) {
  const std::string extension = lower(std::filesystem::path(path).extension().string());
  if (extension == ".cfg" || extension == ".ini" || extension == ".conf") return true;
  if (extension == ".json") return false;
  const std::size_t start = text.compare(0, 3, kByteOrderMark) == 0 ? 3 : 0;
  const std::size_t first = text.find_first_not_of(kBlanks, start);
  return first != std::string::npos &&
         (text[first] == '[' || text[first] == '#' || text[first] == ';');
}

ScaleSimConfig parse_scale_sim_config(const std::string& text, const std::string& source,
                                      bool overrides_dataflow) {
#ifdef ARRAYFLEX_WITH_INIH
  return ConfigReader(text, source, overrides_dataflow).read();
#else
  (void)text;
  (void)overrides_dataflow;
  throw InputError("--config", source,
                   "this build cannot read SCALE-Sim's files; install libinih-dev and configure "
                   "again");
#endif
}

}  // namespace arrayflex::workloads
