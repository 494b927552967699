#include "arrayflex/study/memory_model.h"

#include <fmt/format.h>

#include <charconv>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

constexpr const char* kIdeal = "ideal";

// from_chars: no blanks, no hexadecimal digits, whatever the locale.
std::optional<double> parse_number(const std::string& text, double min, double max) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // The comparison also refuses what is not a number.
  if (error != std::errc() || stop != end || !(value >= min && value <= max)) return std::nullopt;
  return value;
}

}  // namespace

MemoryModel parse_memory_model(const std::string& item, const std::string& text) {
  if (text == kIdeal) return {};
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto bandwidth =
        parse_number(text.substr(0, colon), kMinBytesPerCycle, kMaxBytesPerCycle);
    const auto latency = parse_number(text.substr(colon + 1), 0, kMaxLatencyNs);
    if (bandwidth && latency) return {bandwidth, *latency};
  }
  throw InputError(item, text.empty() ? "''" : text,
                   fmt::format("allowed are ideal and BYTES_PER_CYCLE:LATENCY_NS, a number from {} "
                               "to {} and one from 0 to {}",
                               kMinBytesPerCycle, kMaxBytesPerCycle, kMaxLatencyNs));
}

std::string describe(const MemoryModel& model) {
  if (model.is_ideal()) return kIdeal;
  return fmt::format("{}:{}", *model.bytes_per_cycle, model.latency_ns);
}

}  // namespace arrayflex::study
