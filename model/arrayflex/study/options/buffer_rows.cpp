// Options of the on-chip buffers behind a memory.
#include "arrayflex/core/block_plan.h"
#include "arrayflex/study/options/rows.h"

namespace arrayflex::study {
namespace {

constexpr const char* kBufferGroup = "Buffers";
constexpr const char* kUnlimited = "unlimited";

Row size_row(const char* key, const char* help) {
  // Named: gcc 12 takes a temporary for uninitialized.
  static const OptionValue absent;
  return Row(key, integer(1, kMaxBufferBytes))
      .value("BYTES", "bytes")
      .otherwise(absent, kUnlimited)
      .help(help)
      .python("run", std::string(key) + "_bytes", absent)
      .axis(kUnlimited);
}

}  // namespace

std::vector<Option> buffer_rows() {
  const MemoryOptions defaults;
  return {
      size_row("operand_buffer",
               "with --memory: the buffer of A, {min}..2^50 bytes. What it holds\ndecides loop "
               "order, blocks "
               "of T and DRAM traffic [default: {default}]")
          .sets(&StudyRequest::operand_buffer_bytes)
          .in(kBufferGroup),
      size_row("weight_buffer", "the same, of B [default: {default}]")
          .sets(&StudyRequest::weight_buffer_bytes)
          .in(kBufferGroup),
      size_row("accumulators", "the same, of the sums, all columns together\n[default: {default}]")
          .sets(&StudyRequest::accumulator_bytes)
          .in(kBufferGroup),
      Row("buffer_banks", integer(1, 2))
          .value("1|2")
          .otherwise(std::int64_t{defaults.buffers.banks})
          .help("2: the next tile's operands are fetched while a tile runs, and\nresults written "
                "meanwhile; 1: neither [default: {default}]")
          .python("run", "", {})
          .axis()
          .sets(&StudyRequest::buffer_banks)
          .in(kBufferGroup),
      Row("buffer_port", integer(1, kMaxBufferPort))
          .value("BYTES", "bytes/cycle")
          .otherwise({}, kUnlimited)
          .help("bytes that go into a buffer, or out of the accumulators, per\ncycle of the array, "
                "{min}..{max} [default: {default}]")
          .python("run", "buffer_port_bytes", {})
          .axis(kUnlimited)
          .sets(&StudyRequest::buffer_port_bytes)
          .in(kBufferGroup),
      Row("mapping", choice({kMappings.begin(), kMappings.end()}))
          .value("traffic|time|rows|columns")
          .otherwise(std::string(name_of(defaults.mapping)))
          .help("loop order and what stays on chip: of least DRAM traffic, of\nleast time of "
                "ArrayFlex, or, of least traffic, blocks of rows of A\noutside, or column blocks "
                "of B outside [default: {default}]")
          .python("run", "", {})
          .axis()
          .sets(&StudyRequest::mapping)
          .in(kBufferGroup),
  };
}

}  // namespace arrayflex::study
