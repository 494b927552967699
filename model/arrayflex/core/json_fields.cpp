#include "arrayflex/core/json_fields.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"

namespace arrayflex {
namespace {

bool fits_int(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <=
           static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  }
  return value.is_number_integer() &&
         value.get<std::int64_t>() >= std::numeric_limits<int>::min() &&
         value.get<std::int64_t>() <= std::numeric_limits<int>::max();
}

// A technology is nine deep; writing a value out, for a message, recurses.
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxQuotedBytes = 60;

// A duplicated key would silently win over the first: refuse it, as an unknown key is refused.
nlohmann::json parse_without_duplicates(const std::string& text, const std::string& source) {
  std::vector<std::set<std::string>> seen;
  const nlohmann::json::parser_callback_t callback =
      [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        if (depth > kMaxDepth) {
          throw InputError(fmt::format("{}: nested deeper than {}", source, kMaxDepth));
        }
        if (event == nlohmann::json::parse_event_t::object_start) {
          seen.emplace_back();
        } else if (event == nlohmann::json::parse_event_t::object_end) {
          seen.pop_back();
        } else if (event == nlohmann::json::parse_event_t::key &&
                   !seen.back().insert(parsed.get<std::string>()).second) {
          throw InputError(source + ": key", parsed.dump(), "each key may be given once");
        }
        return true;
      };
  try {
    return nlohmann::json::parse(text, callback);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: not valid JSON: {}", source, error.what()));
  }
}

}  // namespace

JsonFields::JsonFields(nlohmann::json object, std::string source)
    : object_(std::move(object)), source_(std::move(source)) {}

JsonFields JsonFields::parse(const std::string& text, const std::string& source) {
  nlohmann::json json = parse_without_duplicates(text, source);
  if (!json.is_object()) {
    throw InputError(source + ": top level", json.type_name(), "a JSON object is needed");
  }
  return JsonFields(std::move(json), source);
}

void JsonFields::fail(const std::string& key, const std::string& allowed) const {
  const auto it = object_.find(key);
  const std::string value = it == object_.end() ? "missing" : it->dump(-1, ' ', true);
  throw InputError(fmt::format("{}: {}", source_, key), shortened(value, kMaxQuotedBytes), allowed);
}

const nlohmann::json* JsonFields::find(const std::string& key) {
  known_.insert(key);
  const auto it = object_.find(key);
  return it == object_.end() ? nullptr : &*it;
}

void JsonFields::read_int(const std::string& key, int& value) {
  if (const nlohmann::json* member = find(key)) {
    if (!fits_int(*member)) {
      fail(key, "an integer is needed");
    }
    value = member->get<int>();
  }
}

void JsonFields::read_int_list(const std::string& key, std::vector<int>& value) {
  const nlohmann::json* member = find(key);
  if (member == nullptr) {
    return;
  }
  if (!member->is_array() || !std::all_of(member->begin(), member->end(), fits_int)) {
    fail(key, "a list of integers is needed");
  }
  value = member->get<std::vector<int>>();
}

void JsonFields::read_double(const std::string& key, double& value) {
  if (const nlohmann::json* member = find(key)) {
    if (!member->is_number()) {
      fail(key, "a number is needed");
    }
    value = member->get<double>();
  }
}

void JsonFields::read_string(const std::string& key, std::string& value) {
  if (const nlohmann::json* member = find(key)) {
    if (!member->is_string()) {
      fail(key, "a string is needed");
    }
    value = member->get<std::string>();
  }
}

JsonFields JsonFields::object(const std::string& key) {
  const nlohmann::json* member = find(key);
  if (member == nullptr || !member->is_object()) {
    fail(key, "an object is needed");
  }
  return JsonFields(*member, source_ + ": " + key);
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> names;
  for (const auto& item : object_.items()) {
    names.push_back(item.key());
  }
  return names;
}

void JsonFields::reject_unknown() const {
  for (const auto& item : object_.items()) {
    if (known_.count(item.key()) == 0) {
      throw InputError(source_ + ": key", item.key(),
                       fmt::format("unknown; allowed are {}", fmt::join(known_, ", ")));
    }
  }
}

int read_collapse_factor(const JsonFields& fields, const std::string& key, const char* or_else) {
  int k = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), k);
  // "01" would be a second key of the same mode.
  if (error != std::errc() || end != key.data() + key.size() || k < 1 || key.front() == '0') {
    fields.fail(key, fmt::format("the key is a collapse factor{}", or_else));
  }
  return k;
}

void read_clock_periods(JsonFields& fields, ClockPeriods& clocks) {
  fields.make_known("clock_period_ps");
  fields.make_known("clock_frequency_ghz");
  if (fields.has("clock_period_ps") && fields.has("clock_frequency_ghz")) {
    fields.fail("clock_frequency_ghz", "give either clock_period_ps or clock_frequency_ghz");
  }
  for (const char* key : {"clock_period_ps", "clock_frequency_ghz"}) {
    if (!fields.has(key)) {
      continue;
    }
    JsonFields by_design = fields.object(key);
    const bool is_frequency = std::string(key) == "clock_frequency_ghz";
    for (const std::string& name : by_design.keys()) {
      double value = 0;
      by_design.read_double(name, value);
      if (!(value > 0)) {
        by_design.fail(name, "a positive number is needed");
      }
      const double period_ps = is_frequency ? 1000.0 / value : value;
      if (name == "conventional") {
        clocks.conventional_ps = period_ps;
        continue;
      }
      clocks.mode_ps[read_collapse_factor(by_design, name, " or \"conventional\"")] = period_ps;
    }
  }
}

std::string read_text_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw InputError("file", path, "is a folder");
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> block;
  // In blocks: a device has no size to ask for, and some never end.
  while (file.read(block.data(), block.size()) || file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes) {
      throw InputError("file", path, fmt::format("is larger than {} MiB", max_bytes >> 20));
    }
  }
  if (!file.eof()) throw InputError("file", path, "cannot be read");
  if (text.empty()) throw InputError("file", path, "is empty");
  return text;
}

}  // namespace arrayflex
