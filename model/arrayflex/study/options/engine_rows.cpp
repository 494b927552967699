// Options of the engine, of the memory and of the operands.
#include <fmt/format.h>

#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/engine/tile_sampling.h"
#include "arrayflex/study/options/rows.h"

namespace arrayflex::study {
namespace {

constexpr const char* kMemoryGroup = "Memory";
constexpr const char* kOperandGroup = "Synthetic operands";
constexpr const char* kSeedHelp = "seed of operands and sample, {min}..{max} [default: {default}]";

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const EngineCapabilities& row : all_engines()) names.emplace_back(row.name);
  return names;
}

// Whoever parses it has the message.
ValueKind engine_kind() {
  ValueKind kind = of_type(ValueType::text);
  kind.choices = engine_names();
  return kind;
}

Option engine_row() {
  const std::string otherwise = name_of(StudyRequest().engine);
  return Row("engine", engine_kind())
      .value("ENGINE")
      .otherwise(otherwise)
      .help(
          "analytic: closed form, no activity; fast: exact activity;\npin: SystemC, every "
          "register and wire (slow);\ncycle: as pin, one clock edge at a time, but PEs are "
          "views on\nshared state (fast) [default: {default}]")
      .python("run")
      // A space has thousands of points: the default is the engine that is done with them at once.
      .axis({"engine", "", choice(engine_names()), std::string(name_of(Engine::analytic)), ""})
      .sets(&StudyRequest::engine)
      .in(kEngineGroup);
}

Option threads_row() {
  return Row("threads", integer(1, kMaxThreads))
      .value("N")
      .otherwise({}, "one per processor")
      .help(
          "threads of the fast engine, {min}..{max}; no figure depends on them\n[default: "
          "{default}, here {here}]")
      .here([] { return std::to_string(default_threads()); }, "")
      // Callers in Python often run several calls at a time.
      .python("run", "", std::int64_t{1})
      .sets(&StudyRequest::threads)
      .in(kEngineGroup);
}

Option activity_row() {
  return Row("activity", of_type(ValueType::on_off))
      .value("on|off")
      .otherwise(true)
      .help(
          "off: count no toggles, results and cycles only; not with\n--engine analytic, which "
          "never does [default: {default}]")
      .python("run")
      .sets(&StudyRequest::activity)
      .in(kEngineGroup);
}

Option sample_tiles_row() {
  return Row("sample_tiles", integer(kMinSampleTiles, kMaxSampleTiles))
      .value("N")
      .otherwise({}, "all tiles, exact")
      .help(
          "fast engine: ESTIMATE toggles from about this many random tiles\nper layer, "
          "{min}..{max}, at least two of each kind (whole, at\nan edge, first), with 95 % "
          "confidence intervals\n[default: {default}]")
      .python("run")
      .axis("none")
      .sets(&StudyRequest::sample_tiles)
      .in(kEngineGroup);
}

Option kernel_row() {
  return Row("kernel", of_type(ValueType::text))
      .value("NAME")
      .otherwise(std::string("auto"))
      .help(
          "instruction set of the engines fast and cycle; no figure\ndepends on it: {here} "
          "or\nauto, the first of these [default: {default}]")
      .here([] { return fmt::format("{}", fmt::join(available_kernels(), ", ")); },
            "one that `arrayflex --version` lists")
      .python("run", "", std::string())
      .sets(&StudyRequest::kernel)
      .in(kEngineGroup);
}

Row seed(const char* help) {
  const auto seed = static_cast<std::int64_t>(StudyRequest().seed);
  return Row("seed", integer(0, std::numeric_limits<std::int64_t>::max()))
      .value("N")
      .otherwise(seed)
      .help(help)
      .sets(&StudyRequest::seed);
}

Row share(const char* key, double min, double otherwise) {
  return Row(key, number(min, 1.0)).only(kRun).value("SHARE", "ratio").otherwise(otherwise);
}

}  // namespace

std::vector<Option> engine_rows() {
  return {engine_row(), threads_row(), activity_row(), sample_tiles_row(), kernel_row()};
}

Option dma_alignment_row() {
  return Row("dma_alignment",
             choice({platform::kBurstAlignments.begin(), platform::kBurstAlignments.end()}))
      .value("any|natural|whole")
      .otherwise(std::string(name_of(MemoryOptions().dma_alignment)))
      .help(
          "memory transactions: any length and address; natural: powers of\ntwo at multiples of "
          "their length; whole: bursts at multiples of\n--dma-burst, rounded out, for DRAM models "
          "[default: {default}]")
      .python("run", "", {})
      .axis()
      .sets(&StudyRequest::dma_alignment)
      .in(kMemoryGroup);
}

std::vector<Option> memory_rows() {
  const MemoryOptions defaults;
  return {
      Row("memory", of_type(ValueType::text))
          .value("ideal|BYTES_PER_CYCLE:LATENCY_NS")
          .otherwise({}, "no memory, no accelerator")
          .help(
              "run every product as a job of the TLM-2.0 accelerator, with a\nmemory of its own "
              "behind it, and report stalls and DMA traffic:\nideal takes no time; else bandwidth "
              "and latency of each\ntransaction, a cycle being one of the conventional "
              "array's\nclock for both designs, e.g. 64:100; --k auto looks at compute\ncycles "
              "only [default: {default}]")
          .python("run")
          .axis({"memory_bytes_per_cycle",
                 "bytes/cycle",
                 number(kMinBytesPerCycle, kMaxBytesPerCycle),
                 {},
                 "none",
                 {"ideal"}})
          .axis({"memory_latency_ns", "ns", number(0, kMaxLatencyNs), 0.0, ""})
          .sets([](StudyRequest& request, const std::string& item, const OptionValue& value) {
            request.memory = parse_memory_model(item, std::get<std::string>(value));
          })
          .in(kMemoryGroup),
      Row("dma_burst", power_of_two(platform::kMinBurstBytes, platform::kMaxBurstBytes))
          .value("BYTES", "bytes")
          .otherwise(std::int64_t{defaults.dma_burst_bytes})
          .help("longest memory transaction, a power of two, {min}..{max}\n[default: {default}]")
          .python("run", "dma_burst_bytes", {})
          .axis({"dma_burst_bytes", "bytes",
                 power_of_two(platform::kMinBurstBytes, platform::kMaxBurstBytes),
                 std::int64_t{defaults.dma_burst_bytes}, ""})
          .sets(&StudyRequest::dma_burst_bytes)
          .in(kMemoryGroup),
      Row("dma_outstanding", integer(platform::kMinOutstanding, platform::kMaxOutstanding))
          .value("N")
          .otherwise(std::int64_t{defaults.dma_outstanding})
          .help("memory transactions in flight, {min}..{max} [default: {default}]")
          .python("run", "", {})
          .axis()
          .sets(&StudyRequest::dma_outstanding)
          .in(kMemoryGroup),
      dma_alignment_row(),
      // `gemm` has no synthetic operands: the seed is the sample's alone, and stands with it.
      seed("seed of --sample-tiles, {min}..{max} [default: {default}]")
          .only(kGemm)
          .in(kEngineGroup),
  };
}

std::vector<Option> operand_rows() {
  using Recipe = workloads::SyntheticRecipe;
  constexpr double kLeastSpread = workloads::kLeastSpread;
  const Recipe defaults;
  return {
      seed(kSeedHelp).only(kRun).python("run").axis().in(kOperandGroup),
      share("zero_share", 0, defaults.activation_zero_share)
          .help("share of zeros among the activations (ReLU), {min}..{max}\n[default: {default}]")
          .python("Operands")
          .sets(&Recipe::activation_zero_share)
          .in(kOperandGroup),
      share("activation_spread", kLeastSpread, defaults.activation_spread)
          .help("standard deviation of the activations' bell as a share of\nfull scale, "
                "{min}..{max} [default: {default}]")
          .python("Operands")
          .sets(&Recipe::activation_spread)
          .in(kOperandGroup),
      share("weight_spread", kLeastSpread, defaults.weight_spread)
          .help("standard deviation of the weights as a share of full scale,\n{min}..{max} "
                "[default: {default}]")
          .python("Operands")
          .sets(&Recipe::weight_spread)
          .in(kOperandGroup),
      Row("magnitude_bits", integer(0, 31))
          .only(kRun)
          .value("BITS", "bits")
          .otherwise(std::int64_t{defaults.magnitude_bits})
          .help("bits of the largest magnitude without the sign, 1..width-1;\n0: all of them "
                "[default: {default}]")
          .python("Operands")
          .sets(&Recipe::magnitude_bits)
          .in(kOperandGroup),
  };
}

}  // namespace arrayflex::study
