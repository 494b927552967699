// The report of one job: plain figures in, JSON and CSV text out.
//
// Every quantity states its unit: in JSON and in CSV by the key or column name. Counts and cycles
// include the layer's repeat count. Integers are exact up to 2^63-1. All functions here are free of
// side effects; files are their caller's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/block_plan.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/dma_traffic.h"
#include "arrayflex/core/engine.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/energy/technology.h"
#include "arrayflex/engine/tile_sampling.h"
#include "arrayflex/report/objective.h"

namespace arrayflex {

/// A design's dealings with its memory.
struct MemoryFigures {
  std::int64_t stall_cycles = 0;  ///< of the design's clock, on top of the compute cycles
  DmaTraffic dma;
  /// Of the compute cycles, those that loading weights takes: R of each tile; where tiles overlap R
  /// of a product's first one, and of any other by how much P exceeds what streaming alone needs, S
  /// (load) or T (full).
  std::int64_t load_cycles = 0;

  friend bool operator==(const MemoryFigures& p, const MemoryFigures& q) {
    return p.stall_cycles == q.stall_cycles && p.dma == q.dma && p.load_cycles == q.load_cycles;
  }
};

/// The figures of one design, of a layer or of the total.
struct DesignFigures {
  std::int64_t cycles = 0;                   ///< compute cycles, stalls not included
  std::optional<double> time_ns;             ///< stalls included; empty without a clock period
  std::optional<ActivityCounters> activity;  ///< empty where the engine records none
  /// Present where the toggles of `activity` come from a sample of tiles.
  std::optional<ToggleSampling> sampling = std::nullopt;
  std::optional<MemoryFigures> memory = std::nullopt;  ///< empty without a memory model

  friend bool operator==(const DesignFigures& a, const DesignFigures& b) {
    return a.cycles == b.cycles && a.time_ns == b.time_ns && a.activity == b.activity &&
           a.sampling == b.sampling && a.memory == b.memory;
  }
};

/// How a layer went through finite buffers, in both designs.
struct BufferUse {
  BlockPlan plan;
  AllBufferAccesses accesses;  ///< all products together
};

/// One layer on both designs.
struct LayerReport {
  std::string name;
  GemmShape gemm;                                   ///< shape of one of the `repeat` products
  std::int64_t repeat = 1;                          ///< products of this shape
  std::int64_t groups_per_tile = 1;                 ///< how many of them share a tile
  int k = 1;                                        ///< collapse factor of ArrayFlex
  std::int64_t tiles = 0;                           ///< all products together
  std::int64_t macs = 0;                            ///< all products together
  DesignFigures arrayflex;                          ///< all products together
  DesignFigures conventional;                       ///< all products together
  std::optional<BufferUse> buffers = std::nullopt;  ///< empty with unlimited ones
  /// Present where k was chosen by energy: the alternative.
  std::optional<FastestMode> fastest = std::nullopt;
};

/// Sums over layers.
struct ReportTotals {
  std::int64_t tiles = 0;
  std::int64_t macs = 0;
  DesignFigures arrayflex;
  DesignFigures conventional;
  std::map<int, std::int64_t> layers_by_k;                  ///< number of layers that ran in mode k
  std::optional<AllBufferAccesses> buffers = std::nullopt;  ///< empty with unlimited ones
};

/// The memory that both designs worked with, each on its own.
struct MemoryDescription {
  std::string model;                        ///< as given: "ideal" or "BYTES_PER_CYCLE:LATENCY_NS"
  std::optional<double> bytes_per_cycle;    ///< of the reference clock; empty: unlimited
  double latency_ns = 0;                    ///< of each transaction
  double reference_period_ps = 0;           ///< the conventional array's clock period
  std::int64_t dma_burst_bytes = 0;         ///< longest transaction
  std::int64_t dma_outstanding_count = 0;   ///< most transactions in flight
  std::string dma_alignment;                ///< "natural" or "whole"; empty: any
  std::optional<BufferParameters> buffers;  ///< empty: unlimited, two banks, unlimited ports
  std::optional<std::int64_t> buffer_port_bytes;  ///< per cycle of the array; empty: unlimited
  std::string mapping;                            ///< how loop order and blocks are chosen
};

/// The largest share of a design's cycles: streaming operands, loading weights or waiting for
/// memory.
enum class Bound { compute, load, memory };

/// "compute", "load" or "memory".
const char* name_of(Bound bound);

/// The largest of: stream cycles (all compute cycles but load cycles), load cycles
/// (MemoryFigures::load_cycles) and stall cycles; on a tie the one named first. Empty without a
/// memory model.
std::optional<Bound> bound_by(const DesignFigures& figures);

/// A whole job.
struct RunReport {
  std::string workload;                   ///< shipped name or path
  ArrayParameters array;                  ///< as validated by ArrayConfig
  std::optional<int> k;                   ///< given for all layers; empty: chosen for each
  Objective objective = Objective::time;  ///< of that choice
  Engine engine = Engine::fast;
  std::string kernel;                 ///< instruction set of fast and cycle; empty for others
  std::optional<std::uint64_t> seed;  ///< of operands and sample; empty where nothing is random
  /// Recipe of the synthetic operands, name and value, in the order of the report; may be empty.
  std::vector<std::pair<std::string, double>> operand_recipe;
  std::vector<std::string> notes;  ///< remarks on the workload and on the figures
  std::optional<MemoryDescription> memory = std::nullopt;  ///< empty without a memory model
  std::vector<LayerReport> layers;
  /// Where energies and areas come from; empty: none are reported.
  std::optional<Technology> technology = std::nullopt;
};

/// Time of a number of cycles; empty when the period is.
std::optional<double> time_ns(std::int64_t cycles, std::optional<double> period_ps);

/// Share of the array's multiply slots that did useful work: macs / (cycles * rows * cols); 0 when
/// cycles is 0. Reports take the compute cycles, without stalls.
double utilization(std::int64_t macs, std::int64_t cycles, int rows, int cols);

/// 1 - value/reference; empty when either is unknown or the reference is 0.
std::optional<double> saving(std::optional<double> value, std::optional<double> reference);

/// Sums of the layers. A total time or activity is empty as soon as it is for one layer; a total is
/// sampled as soon as one layer is, and its interval covers the tiles of the sampled layers. Throws
/// OverflowError when a sum exceeds 2^63-1.
ReportTotals totals(const std::vector<LayerReport>& layers);

/// JSON text, ending with a newline. docs/figures.md, made from the table in figures.h, has all
/// keys with their units and when they are there: those of the run, then layers[] (each with the
/// figures of the layer and of ArrayFlex, and with `conventional`, those of the conventional
/// array), total (the same sums, and layers_by_k) and conventional (its totals again). A figure
/// that is not known is null. Throws OverflowError as totals() and layer_energy() do.
std::string to_json(const RunReport& report);

/// CSV text (RFC 4180, lines end in LF): one header line, one line per layer. docs/figures.md has
/// the columns, each with its unit in its name. A column is there when every layer has its figure,
/// columns of energies when every layer has those of both designs; what is not known is an empty
/// field. Throws OverflowError as layer_energy().
std::string to_csv(const RunReport& report);

}  // namespace arrayflex
