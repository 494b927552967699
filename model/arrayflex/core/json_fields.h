// Reads the members of a JSON object with errors that name file, key, value and what is allowed.
// Internal to the library: JSON types stay out of the public headers.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// One JSON object; keys that were never asked for are reported by reject_unknown().
class JsonFields {
 public:
  JsonFields(nlohmann::json object, std::string source);
  /// Throws InputError for malformed JSON or anything but an object.
  static JsonFields parse(const std::string& text, const std::string& source);

  bool has(const std::string& key) const { return object_.contains(key); }
  /// Each leaves `value` alone where the key is missing and throws InputError for a wrong type.
  void read_int(const std::string& key, int& value);
  void read_int_list(const std::string& key, std::vector<int>& value);
  void read_double(const std::string& key, double& value);
  void read_string(const std::string& key, std::string& value);
  /// The member object `key`; throws InputError when it is missing or no object.
  JsonFields object(const std::string& key);
  std::vector<std::string> keys() const;
  /// A key that may be left out: reject_unknown() lists it among the allowed ones.
  void make_known(const std::string& key) { known_.insert(key); }
  /// Throws InputError naming the first key that no call asked for.
  void reject_unknown() const;
  [[noreturn]] void fail(const std::string& key, const std::string& allowed) const;

 private:
  const nlohmann::json* find(const std::string& key);

  nlohmann::json object_;
  std::string source_;
  std::set<std::string> known_;
};

/// Reads clock_period_ps or clock_frequency_ghz (one of them), if present, over `clocks`.
void read_clock_periods(JsonFields& fields, ClockPeriods& clocks);

/// The collapse factor that `key`, a key of `fields`, stands for; throws InputError where it is
/// none.
int read_collapse_factor(const JsonFields& fields, const std::string& key,
                         const char* or_else = "");

/// Larger than any configuration or technology.
inline constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;

/// The content of a text file, or of a pipe until its end; throws InputError when it cannot be
/// read, is empty, a folder, or larger than max_bytes.
std::string read_text_file(const std::string& path, std::size_t max_bytes = kMaxTextBytes);

}  // namespace arrayflex
