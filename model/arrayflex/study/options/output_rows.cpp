// Options of what a run writes. The files of reports are the command's own; it puts their paths
// where it needs them.
#include <fmt/format.h>

#include "arrayflex/core/error.h"
#include "arrayflex/study/options/rows.h"
#include "arrayflex/study/options/text_values.h"

namespace arrayflex::study {
namespace {

constexpr const char* kOutputGroup = "Output";
constexpr const char* kTraceGroup = "Waveforms, activity files and memory traces";

Row file(const char* key, const char* placeholder, const char* help) {
  return Row(key, of_type(ValueType::path)).value(placeholder).help(help);
}

Row flag(const char* key, const char* names, const char* help) {
  return Row(key, of_type(ValueType::flag)).names(names).help(help);
}

void set_detail(StudyRequest& request, const std::string&, const OptionValue& value) {
  const bool nets = std::get<std::string>(value) == "nets";
  request.traces.saif_detail = nets ? SaifDetail::nets : SaifDetail::totals;
}

void set_design(StudyRequest& request, const std::string&, const OptionValue& value) {
  const bool own = std::get<std::string>(value) == name_of(Design::arrayflex);
  request.traces.saif_design = own ? Design::arrayflex : Design::conventional;
}

void set_format(StudyRequest& request, const std::string&, const OptionValue& value) {
  const std::string& name = std::get<std::string>(value);
  request.traces.memory_format = name == "dramsys"     ? MemoryTraceFormat::dramsys
                                 : name == "ramulator" ? MemoryTraceFormat::ramulator
                                                       : MemoryTraceFormat::ramulator2;
}

std::vector<Option> waveform_rows() {
  return {
      file("trace", "FILE",
           "pin engine: write the waveforms of both arrays (VCD)\n[default: none, and no cost]")
          .sets(&TraceSettings::vcd_path)
          .in(kTraceGroup),
      Row("trace_scope", of_type(ValueType::texts))
          .value("GLOB")
          .otherwise({}, "all")
          .help("only modules whose hierarchical names match this glob pattern,\nand what is "
                "within them, e.g. 'arrayflex.array.pe_0_*'; may be\ngiven several times "
                "[default: {default}]")
          .sets(&TraceSettings::vcd_scopes)
          .in(kTraceGroup),
      Row("trace_window", of_type(ValueType::text))
          .value("FROM:TO")
          .otherwise({}, "all")
          .help("only this window of simulated time, with units, both ends\nincluded, e.g. "
                "10ns:25.5ns or 10ns: [default: {default}]")
          .sets([](StudyRequest& request, const std::string& item, const OptionValue& value) {
            request.traces.vcd_window = parse_trace_window(item, std::get<std::string>(value));
          })
          .in(kTraceGroup),
  };
}

std::vector<Option> saif_rows() {
  return {
      file("saif", "FILE",
           "write the switching activity of all layers together as SAIF 2.0,\nfor power tools")
          .sets(&TraceSettings::saif_path)
          .in(kTraceGroup),
      Row("saif_detail", choice({"nets", "totals"}))
          .value("nets|totals")
          .otherwise({}, "nets with the pin engine without --memory, else totals")
          .help("nets: every bit of every net, named as in the RTL, pin engine;\ntotals: sums per "
                "net class and per PE, every engine that counts\n[default: {default}]")
          .sets(&set_detail)
          .in(kTraceGroup),
      Row("saif_design", choice({name_of(Design::arrayflex), name_of(Design::conventional)}))
          .value("arrayflex|conventional")
          .otherwise(std::string(name_of(Design::arrayflex)))
          .help("design in the SAIF file [default: {default}]")
          .sets(&set_design)
          .in(kTraceGroup),
  };
}

std::vector<Option> memory_trace_rows() {
  return {
      file("memory_trace", "DIR",
           "with --memory: write the accesses of each layer and design to a\nfile of its own in "
           "this folder, for DRAM simulators")
          .sets(&TraceSettings::memory_directory)
          .in(kTraceGroup),
      Row("memory_trace_format", choice({"dramsys", "ramulator", "ramulator2"}))
          .value("NAME")
          .otherwise(std::string("dramsys"))
          .help("dramsys: lines 'cycle: read|write 0xADDRESS' (.stl);\nramulator: lines '0xADDRESS "
                "R|W'; ramulator2: lines 'LD|ST 0xADDRESS'\n[default: {default}]")
          .sets(&set_format)
          .in(kTraceGroup),
      Row("memory_trace_bytes", power_of_two(1, kMaxAccessBytes))
          .value("BYTES", "bytes")
          .otherwise(std::int64_t{kDefaultAccessBytes})
          .help("bytes of one DRAM access, a power of two, {min}..{max}; transactions\nare cut "
                "at multiples of it [default: {default}]")
          .sets(&TraceSettings::memory_access_bytes)
          .in(kTraceGroup),
  };
}

}  // namespace

std::vector<Option> output_rows() {
  return {
      file("out", "DIR", "write report.json and layers.csv to this folder").in(kOutputGroup),
      file("json", "FILE", "write the report as JSON").in(kOutputGroup),
      file("csv", "FILE", "write the layers as CSV").in(kOutputGroup),
      file("pe_map", "FILE",
           "write ArrayFlex's toggles per PE, all layers together\n(.npy, rows x cols, int64)")
          .in(kOutputGroup),
      flag("pe_maps", "--pe-maps",
           "with --out: also pe_map.npy as above, and one for each layer:\n"
           "pe_maps/layer_001.npy and so on, for 'arrayflex report'")
          .in(kOutputGroup),
      flag("quiet", "-q,--quiet", "no table, no progress bar, no warnings").in(kOutputGroup),
      flag("verbose", "-v,--verbose", "log more to stderr (twice: still more)").in(kOutputGroup),
      Row("report", choice({"scalesim", "scalesim-v2"}))
          .only(kRun)
          .value("scalesim|scalesim-v2")
          .help("with --out: also COMPUTE_REPORT.csv and BANDWIDTH_REPORT.csv in\nthe columns of "
                "SCALE-Sim: the conventional array's, and those of\nArrayFlex in DIR/arrayflex; "
                "scalesim-v2 without the column\n\"incl. prefetch\"")
          .in(kOutputGroup),
      file("result", "FILE", "write X (.npy, T x M)").only(kGemm).in(kOutputGroup),
  };
}

std::vector<Option> trace_rows() {
  std::vector<Option> rows = waveform_rows();
  for (auto& more : {saif_rows(), memory_trace_rows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace arrayflex::study
