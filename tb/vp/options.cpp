#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"

namespace arrayflex::vp {
namespace {

// The bursts of this computer's bus: --ram-latency is paid for each.
constexpr std::uint32_t kBurstBytes = 256;

constexpr const char* kFooter = R"(Examples:
  arrayflex-vp --firmware digits.elf
  arrayflex-vp --firmware digits.elf --engine pin --rows 16 --cols 16
  arrayflex-vp --firmware gemm_benchmark.elf --accelerator 32x32 --accelerator 16x8:pin
  arrayflex-vp --firmware selftest.elf --quantum 100ns --max-time 2s

Times are numbers with ps, ns, us, ms or s. Firmware's exit code becomes the exit status (255 for
codes above). Otherwise: 1 the simulation or its output failed, 2 bad usage or bad file, 124
--max-time or --max-host-time is over, 125 firmware was stopped (unmapped access, illegal
instruction, exceptions or WFI without end), 128 + n signal n.)";

struct Arguments {
  std::string firmware, engine = "fast", quantum = "10us", max_time = "10s", max_host_time,
                        ram = "64M", ram_latency = "0ns", on_fault = "stop", argument = "0",
                        overlap = "none";
  std::vector<std::string> accelerators;
  int rows = 128, cols = 128, data_width_bits = 8, accelerator_count = 1;
  double cpu_mhz = 1000;
  bool no_activity = false, quiet = false;
};

sc_core::sc_time parse_time(const std::string& item, const std::string& text, double min_ps) {
  constexpr double kMaxPicoseconds = 1e18;  // within what SystemC can represent
  constexpr double kFemtosecondsPerPicosecond = 1e3;
  if (text == "0" && min_ps <= 0) return sc_core::SC_ZERO_TIME;  // needs no unit
  const auto time = parse_number_with_unit(text);
  const auto factor = time && time->unit != "fs" ? femtoseconds_per(time->unit) : std::nullopt;
  const double picoseconds = factor ? time->number * (*factor / kFemtosecondsPerPicosecond) : -1;
  if (picoseconds < std::max(min_ps, 0.0) || picoseconds > kMaxPicoseconds) {
    throw InputError(item, text, "a time such as 500ns, 10us or 2s, up to 1000000s, is allowed");
  }
  return {picoseconds, sc_core::SC_PS};
}

std::uint64_t parse_size(const std::string& item, const std::string& text) {
  static const std::map<std::string, double> units{
      {"", 1.0}, {"K", 1024.0}, {"M", 1048576.0}, {"G", 1073741824.0}};
  const auto size = parse_number_with_unit(text);
  const auto unit = size ? units.find(size->unit) : units.end();
  if (unit == units.end() || size->number * unit->second > 4294967296.0) {
    throw InputError(item, text, "bytes, or a number with K, M or G, are allowed, up to 4G");
  }
  return static_cast<std::uint64_t>(size->number * unit->second);
}

// Decimal, or as in C with 0x or 0 in front.
std::uint64_t parse_argument(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 0);
  // strtoull() takes -1 for the largest number.
  if (text.empty() || *end != '\0' || errno == ERANGE || text.find('-') != std::string::npos) {
    throw InputError("--argument", text, "0..2^64-1 is allowed");
  }
  return value;
}

FaultPolicy parse_fault_policy(const std::string& text) {
  if (text == "stop") return FaultPolicy::stop;
  if (text == "trap") return FaultPolicy::trap;
  throw InputError("--on-fault", text, "stop or trap is allowed");
}

platform::EngineKind parse_engine(const std::string& item, const std::string& text) {
  for (const EngineCapabilities& row : all_engines()) {
    if (row.accelerator && text == row.name) return row.engine;
  }
  throw InputError(item, text,
                   names_of_engines_with(&EngineCapabilities::accelerator) + " is allowed");
}

Overlap tile_overlap(const std::string& text) {
  for (const Overlap overlap : all_overlaps()) {
    if (text == name_of(overlap)) return overlap;
  }
  throw InputError("--overlap", text, "none, load or full is allowed");
}

platform::AcceleratorParameters make_accelerator(const Arguments& a, int rows, int cols,
                                                 platform::EngineKind engine) {
  platform::AcceleratorParameters parameters;
  parameters.array.rows = rows;
  parameters.array.cols = cols;
  parameters.array.data_width_bits = a.data_width_bits;
  parameters.array.acc_width_bits = acc_width_of(a.data_width_bits);
  parameters.array.overlap = tile_overlap(a.overlap);
  auto& modes = parameters.array.modes;
  const int largest = std::min(rows, cols);
  modes.erase(std::remove_if(modes.begin(), modes.end(), [&](int k) { return k > largest; }),
              modes.end());
  parameters.engine = engine;
  parameters.record_activity = !a.no_activity;
  parameters.dma.burst_bytes = kBurstBytes;
  parameters.dma.use_dmi = true;
  validate(parameters);
  return parameters;
}

/// RxC[:engine].
platform::AcceleratorParameters parse_accelerator(const Arguments& a, const std::string& text) {
  const auto fail = [&]() -> InputError {
    return {"--accelerator", text, "ROWSxCOLS or ROWSxCOLS:fast|pin is allowed, such as 32x16"};
  };
  const std::size_t colon = text.find(':');
  const char* end = text.data() + std::min(colon, text.size());
  int rows = 0, cols = 0;
  const auto first = std::from_chars(text.data(), end, rows);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != 'x') throw fail();
  const auto second = std::from_chars(first.ptr + 1, end, cols);
  if (second.ec != std::errc() || second.ptr != end) throw fail();
  const std::string engine = colon == std::string::npos ? a.engine : text.substr(colon + 1);
  return make_accelerator(a, rows, cols, parse_engine("--accelerator " + text, engine));
}

void add_array_options(CLI::App& app, Arguments& a) {
  app.add_option("--engine", a.engine, "how the arrays are modelled: fast or pin")
      ->capture_default_str()
      ->type_name("fast|pin");
  auto* rows =
      app.add_option("--rows", a.rows, "rows of PEs")->capture_default_str()->type_name("N");
  auto* cols =
      app.add_option("--cols", a.cols, "columns of PEs")->capture_default_str()->type_name("N");
  app.add_option("--data-width", a.data_width_bits,
                 "operand width in bits: 8 (32-bit sums), 16 or 32 (64-bit sums)")
      ->capture_default_str()
      ->type_name("BITS");
  app.add_option("--overlap", a.overlap, "how far the tiles of a job overlap")
      ->capture_default_str()
      ->type_name("none|load|full");
  auto* count = app.add_option("--accelerators", a.accelerator_count,
                               "number of accelerators of --rows x --cols")
                    ->capture_default_str()
                    ->type_name("N");
  app.add_option("--accelerator", a.accelerators,
                 "one accelerator of this size; repeat for more, they may differ")
      ->type_name("RxC[:ENGINE]")
      ->allow_extra_args(false)
      ->excludes(count)
      ->excludes(rows)
      ->excludes(cols);
  app.add_flag("--no-activity", a.no_activity, "do not count toggles; faster");
}

void add_platform_options(CLI::App& app, Arguments& a) {
  app.add_option("--quantum", a.quantum, "how far the CPU may run ahead of the devices")
      ->capture_default_str()
      ->type_name("TIME");
  app.add_option("--max-time", a.max_time, "simulated time after which the run is stopped")
      ->capture_default_str()
      ->type_name("TIME");
  app.add_option("--max-host-time", a.max_host_time,
                 "time of the host after which the run is stopped; none unless given")
      ->type_name("TIME");
  app.add_option("--on-fault", a.on_fault,
                 "unmapped accesses and illegal instructions stop the run or trap")
      ->capture_default_str()
      ->type_name("stop|trap");
  app.add_option("--cpu-mhz", a.cpu_mhz, "CPU clock; an instruction takes one cycle")
      ->capture_default_str()
      ->type_name("MHZ");
  app.add_option("--ram", a.ram, "size of RAM: bytes, or with K, M or G")
      ->capture_default_str()
      ->type_name("SIZE");
  app.add_option("--ram-latency", a.ram_latency, "latency of each burst of an accelerator")
      ->capture_default_str()
      ->type_name("TIME");
  app.add_option("--argument", a.argument, "a number firmware can read")
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("-q,--quiet", a.quiet, "no report on stderr");
}

Options resolve(const Arguments& a) {
  Options options;
  options.firmware_path = a.firmware;
  options.quiet = a.quiet;
  options.max_time = parse_time("--max-time", a.max_time, 1);
  if (!a.max_host_time.empty()) {
    options.max_host_time_seconds = parse_time("--max-host-time", a.max_host_time, 1).to_seconds();
  }
  PlatformParameters& p = options.platform;
  p.fault_policy = parse_fault_policy(a.on_fault);
  p.quantum = parse_time("--quantum", a.quantum, 0);
  p.ram_size_bytes = parse_size("--ram", a.ram);
  p.ram_latency = parse_time("--ram-latency", a.ram_latency, 0);
  p.argument = parse_argument(a.argument);
  if (!(a.cpu_mhz >= 0.001 && a.cpu_mhz <= 100000)) {
    throw InputError("--cpu-mhz", fmt::format("{}", a.cpu_mhz), "0.001..100000 is allowed");
  }
  p.cpu_period = sc_core::sc_time(std::round(1e6 / a.cpu_mhz), sc_core::SC_PS);
  const platform::EngineKind engine = parse_engine("--engine", a.engine);
  if (a.accelerator_count < 1 || a.accelerator_count > AFVP_MAX_ACCELERATORS) {
    throw InputError("--accelerators", a.accelerator_count,
                     fmt::format("1..{} is allowed", AFVP_MAX_ACCELERATORS));
  }
  for (const std::string& text : a.accelerators) {
    p.accelerators.push_back(parse_accelerator(a, text));
  }
  if (a.accelerators.empty()) {
    p.accelerators.assign(static_cast<std::size_t>(a.accelerator_count),
                          make_accelerator(a, a.rows, a.cols, engine));
  }
  return options;
}

}  // namespace

Options parse_command_line(int argc, const char* const* argv) {
  Arguments arguments;
  CLI::App app("A RISC-V virtual platform with ArrayFlex accelerators", "arrayflex-vp");
  app.footer(kFooter);
  app.set_version_flag("--version", "arrayflex-vp " ARRAYFLEX_VERSION);
  app.add_option("--firmware", arguments.firmware, "RISC-V program (ELF) to run")
      ->required()
      ->type_name("FILE.elf");
  add_array_options(app, arguments);
  add_platform_options(app, arguments);
  Options options;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    options.text = app.help();
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.text = std::string(version.what()) + '\n';
    return options;
  } catch (const CLI::ParseError& error) {
    throw InputError(std::string(error.what()) + " (see 'arrayflex-vp --help')");
  }
  return resolve(arguments);
}

}  // namespace arrayflex::vp
