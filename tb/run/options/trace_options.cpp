#include "run/options/trace_options.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"
#include "run/options/option_parsers.h"

namespace arrayflex::command {
namespace {

constexpr const char* kTraceGroup = "Waveforms, activity files and memory traces";
constexpr const char* kWindow = "--trace-window";
// Half of what 64 bits of femtoseconds hold.
constexpr long double kMaxTimeFs = 9e18L;

std::optional<std::uint64_t> parse_time_fs(const std::string& text) {
  const auto time = parse_number_with_unit(text);
  const auto factor = time ? femtoseconds_per(time->unit) : std::nullopt;
  if (!factor) return std::nullopt;
  const long double time_fs = static_cast<long double>(time->number) * *factor;
  if (time_fs > kMaxTimeFs) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(time_fs));
}

study::TraceWindow parse_window(const std::string& item, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto from_fs = parse_time_fs(text.substr(0, colon));
    const std::string to_text = text.substr(colon + 1);
    const auto to_fs = parse_time_fs(to_text);
    if (from_fs && (to_fs || to_text.empty())) {
      if (to_fs && *to_fs < *from_fs) {
        throw InputError(item, text, "must not end before it begins");
      }
      return {*from_fs, to_fs, text};
    }
  }
  throw InputError(
      item, text.empty() ? "''" : text,
      "allowed are FROM:TO and FROM:, simulated times of at most 9000 s, each with its "
      "unit fs, ps, ns, us, ms or s, such as 10ns:25.5ns");
}

study::SaifDetail parse_detail(const std::string& item, const std::string& text) {
  if (text == "nets") return study::SaifDetail::nets;
  if (text == "totals") return study::SaifDetail::totals;
  throw InputError(item, text.empty() ? "''" : text, "allowed are nets and totals");
}

Design parse_design(const std::string& item, const std::string& text) {
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    if (text == name_of(design)) return design;
  }
  throw InputError(item, text.empty() ? "''" : text, "allowed are arrayflex and conventional");
}

study::MemoryTraceFormat parse_format(const std::string& item, const std::string& text) {
  if (text == "dramsys") return study::MemoryTraceFormat::dramsys;
  if (text == "ramulator") return study::MemoryTraceFormat::ramulator;
  if (text == "ramulator2") return study::MemoryTraceFormat::ramulator2;
  throw InputError(item, text.empty() ? "''" : text,
                   "allowed are dramsys, ramulator and ramulator2");
}

std::uint32_t parse_access_bytes(const std::string& item, const std::string& text) {
  const int bytes = parse_integer<int>(item, text, 1, study::kMaxAccessBytes);
  if ((bytes & (bytes - 1)) == 0) return static_cast<std::uint32_t>(bytes);
  throw InputError(item, bytes,
                   fmt::format("allowed is a power of two from 1 to {}", study::kMaxAccessBytes));
}

void add_activity_options(CLI::App& app, study::TraceSettings& s) {
  add_parsed(app, "--saif", s.saif_path, parse_path,
             "write the switching activity of all layers together as SAIF 2.0,\nfor power tools",
             kTraceGroup, "FILE");
  add_parsed(
      app, "--saif-detail", s.saif_detail, parse_detail,
      "nets: every bit of every net, named as in the RTL, pin engine;\ntotals: sums per net "
      "class and per PE, every engine that counts\n[default: nets with the pin engine without "
      "--memory, else totals]",
      kTraceGroup, "nets|totals");
  add_parsed(app, "--saif-design", s.saif_design, parse_design,
             "design in the SAIF file [default: arrayflex]", kTraceGroup, "arrayflex|conventional");
}

void add_memory_options(CLI::App& app, study::TraceSettings& s) {
  add_parsed(app, "--memory-trace", s.memory_directory, parse_path,
             "with --memory: write the accesses of each layer and design to a\nfile of its own in "
             "this folder, for DRAM simulators",
             kTraceGroup, "DIR");
  add_parsed(app, "--memory-trace-format", s.memory_format, parse_format,
             "dramsys: lines 'cycle: read|write 0xADDRESS' (.stl);\nramulator: lines '0xADDRESS "
             "R|W'; ramulator2: lines 'LD|ST 0xADDRESS'\n[default: dramsys]",
             kTraceGroup, "NAME");
  add_parsed(app, "--memory-trace-bytes", s.memory_access_bytes, parse_access_bytes,
             fmt::format("bytes of one DRAM access, a power of two, 1..{}; transactions\nare cut "
                         "at multiples of it [default: {}]",
                         study::kMaxAccessBytes, study::kDefaultAccessBytes),
             kTraceGroup, "BYTES");
}

}  // namespace

void add_trace_options(CLI::App& app, study::TraceSettings& s) {
  add_parsed(app, "--trace", s.vcd_path, parse_path,
             "pin engine: write the waveforms of both arrays (VCD)\n[default: none, and no cost]",
             kTraceGroup, "FILE");
  app.add_option("--trace-scope", s.vcd_scopes,
                 "only modules whose hierarchical names match this glob pattern,\nand what is "
                 "within them, e.g. 'arrayflex.array.pe_0_*'; may be\ngiven several times "
                 "[default: all]")
      ->group(kTraceGroup)
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->take_all();
  add_parsed(
      app, kWindow, s.vcd_window, parse_window,
      "only this window of simulated time, with units, both ends\nincluded, e.g. 10ns:25.5ns "
      "or 10ns: [default: all]",
      kTraceGroup, "FROM:TO");
  add_activity_options(app, s);
  add_memory_options(app, s);
}

}  // namespace arrayflex::command
