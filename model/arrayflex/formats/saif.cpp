#include "arrayflex/formats/saif.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "arrayflex/core/error.h"

namespace arrayflex {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// "10 ps" as number and unit, separated by one blank; empty when it is none that SAIF knows.
std::string checked_timescale(const std::string& text) {
  static constexpr std::array<const char*, 3> kFactors{"1", "10", "100"};
  static constexpr std::array<const char*, 6> kUnits{"s", "ms", "us", "ns", "ps", "fs"};
  for (const char* factor : kFactors) {
    for (const char* unit : kUnits) {
      if (text == fmt::format("{} {}", factor, unit)) return text;
    }
  }
  throw InputError("SAIF timescale", text, "1, 10 or 100, a blank and s, ms, us, ns, ps or fs");
}

}  // namespace

std::string saif_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (!is_plain(c)) result += '\\';
    result += c;
  }
  return result;
}

SaifWriter::SaifWriter(TextSink sink, const SaifHeader& header)
    : sink_(std::move(sink)), duration_(header.duration) {
  if (duration_ < 0) throw InputError("SAIF duration", duration_, "at least 0");
  sink_(
      fmt::format("(SAIFILE\n"
                  "(SAIFVERSION \"2.0\")\n"
                  "(DIRECTION \"backward\")\n"
                  "(DESIGN {})\n"
                  "(VENDOR \"ArrayFlex-SystemC\")\n"
                  "(PROGRAM_NAME \"arrayflex\")\n"
                  "(VERSION {})\n"
                  "(DIVIDER / )\n"
                  "(TIMESCALE {})\n"
                  "(DURATION {})\n",
                  quoted(header.design), quoted(header.program_version),
                  checked_timescale(header.timescale), duration_));
}

void SaifWriter::net(const std::vector<std::string>& path, const std::string& name, int bit,
                     const SaifActivity& a) {
  const bool is_consistent = a.low_time >= 0 && a.high_time >= 0 && a.unknown_time >= 0 &&
                             a.toggle_count >= 0 &&
                             a.low_time + a.high_time + a.unknown_time == duration_;
  if (!is_consistent) {
    throw InputError(
        fmt::format("SAIF net {}/{}", fmt::join(path, "/"), name),
        fmt::format("T0 {} T1 {} TX {} TC {}", a.low_time, a.high_time, a.unknown_time,
                    a.toggle_count),
        fmt::format("values of at least 0, and times that add up to the duration {}", duration_));
  }
  enter(path, name);
  line_.assign(open_.size() + 1, ' ');
  if (!nets_open_) {
    line_ += "(NET\n";
    line_.append(open_.size() + 1, ' ');
    nets_open_ = true;
  }
  line_ += " (" + saif_name(name);
  if (bit != kScalar) fmt::format_to(std::back_inserter(line_), "\\[{}\\]", bit);
  fmt::format_to(std::back_inserter(line_), " (T0 {}) (T1 {}) (TX {}) (TC {}) (IG 0))\n",
                 a.low_time, a.high_time, a.unknown_time, a.toggle_count);
  sink_(line_);
}

void SaifWriter::enter(const std::vector<std::string>& path, const std::string& net) {
  const auto refuse = [&](const std::string& allowed) {
    throw InputError(fmt::format("SAIF net {}/{}", fmt::join(path, "/"), net), "here", allowed);
  };
  if (path.empty()) refuse("needs an instance that it belongs to");
  if (top_.empty()) top_ = path.front();
  if (path.front() != top_) refuse("must lie in the top instance " + top_);
  const auto limit = std::min(path.size(), open_.size());
  std::size_t common = 0;
  while (common < limit && path[common] == open_[common].name) ++common;
  if (common == path.size() && (open_.size() > common || open_.back().has_instances)) {
    refuse("must come before the instances within its own");
  }
  close_instances(common);
  if (common < path.size()) close_nets();
  for (std::size_t i = common; i < path.size(); ++i) open_instance(path[i]);
}

void SaifWriter::open_instance(const std::string& name) {
  sink_(fmt::format("{:{}}(INSTANCE {}\n", "", open_.size(), saif_name(name)));
  if (!open_.empty()) open_.back().has_instances = true;
  open_.push_back({name});
}

void SaifWriter::close_instances(std::size_t depth) {
  while (open_.size() > depth) {
    close_nets();
    open_.pop_back();
    sink_(fmt::format("{:{}})\n", "", open_.size()));
  }
}

void SaifWriter::close_nets() {
  if (!nets_open_) return;
  sink_(fmt::format("{:{}})\n", "", open_.size() + 1));
  nets_open_ = false;
}

void SaifWriter::finish() {
  close_instances(0);
  sink_(")\n");
}

}  // namespace arrayflex
