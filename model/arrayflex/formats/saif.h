// Switching activity as a backward SAIF 2.0 file (Switching Activity Interchange Format, IEEE
// 1801, annex on SAIF), for power tools. Plain text out; names and counts in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arrayflex/formats/text_sink.h"

namespace arrayflex {

/// History of one bit within the duration. Times in units of SaifHeader::timescale.
struct SaifActivity {
  std::int64_t low_time = 0;      ///< T0
  std::int64_t high_time = 0;     ///< T1
  std::int64_t unknown_time = 0;  ///< TX
  std::int64_t toggle_count = 0;  ///< TC
};

struct SaifHeader {
  std::string design;           ///< DESIGN
  std::string program_version;  ///< VERSION
  std::string timescale;        ///< TIMESCALE: "1", "10" or "100" and s, ms, us, ns, ps or fs
  std::int64_t duration = 0;    ///< DURATION, in units of timescale, >= 0
};

/// Writes one file. Nets are named by the path of instances above them. The nets of an instance
/// come one after the other, before those of the instances within it, and all instances within an
/// instance come one after the other. There is no date in the file: equal runs give equal files.
class SaifWriter {
 public:
  /// Writes the header. `sink` is called until finish(). Throws InputError for a duration below 0
  /// or another timescale than those above.
  SaifWriter(TextSink sink, const SaifHeader& header);

  /// Writes one net: path of instances from the top (not empty), name, and the bit of a vector, or
  /// kScalar. Characters that SAIF does not allow in names are escaped with a backslash. Throws
  /// InputError naming the net unless all values are >= 0 and the three times add up to the
  /// duration, and when the net comes behind instances within its own, or its top instance is not
  /// that of the nets before.
  void net(const std::vector<std::string>& path, const std::string& name, int bit,
           const SaifActivity& activity);
  static constexpr int kScalar = -1;

  /// Closes all instances and the file; nothing may follow.
  void finish();

 private:
  struct Instance {
    std::string name;
    bool has_instances = false;
  };

  void enter(const std::vector<std::string>& path, const std::string& net);
  void open_instance(const std::string& name);
  void close_instances(std::size_t depth);
  void close_nets();

  TextSink sink_;
  std::int64_t duration_;
  std::string top_;
  std::vector<Instance> open_;
  bool nets_open_ = false;
  std::string line_;
};

/// A name as SAIF spells it: letters, digits and underscores stay, anything else gets a backslash.
std::string saif_name(std::string_view name);

}  // namespace arrayflex
