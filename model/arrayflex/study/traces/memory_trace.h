// The memory traffic of a run as traces for DRAM simulators.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrayflex/formats/text_sink.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/output_file.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {

/// The contents of one file, counted.
struct MemoryTraceTotals {
  std::string design, layer, file;
  std::int64_t read_bytes = 0, written_bytes = 0;  ///< as the DMA moved them
  std::int64_t read_accesses = 0, write_accesses = 0;
};

/// Turns transactions into lines. A transaction touches one access-sized block of memory or
/// several; each of them is one access, at the block's address.
///
/// DRAMSys (trace player, .stl): "<cycle>:\tread|write\t0x<address>", comments start with '#'.
/// Ramulator (memory trace): "0x<address> R|W", nothing else.
/// Ramulator 2 (LoadStoreTrace): "LD|ST 0x<address>", nothing else.
class MemoryTraceWriter {
 public:
  /// access_bytes is a power of two. The sink takes the lines.
  MemoryTraceWriter(MemoryTraceFormat format, std::uint32_t access_bytes, TextSink sink);

  /// A comment, where the format has some.
  void comment(const std::string& text);
  void transaction(std::uint64_t cycle, bool is_write, std::uint64_t address, std::uint64_t bytes);

  std::int64_t read_accesses() const { return read_accesses_; }
  std::int64_t write_accesses() const { return write_accesses_; }

 private:
  void format_line(std::uint64_t cycle, bool is_write, std::uint64_t address);

  MemoryTraceFormat format_;
  std::uint64_t access_bytes_;
  TextSink sink_;
  std::string line_;
  std::int64_t read_accesses_ = 0, write_accesses_ = 0;
};

/// One file per layer: <directory>/<design>/<number>_<layer>.stl or .trace, written while the layer
/// runs; it appears when the layer is done.
class LayerTraces {
 public:
  /// Throws InputError when the folder cannot be made or written to. cycle_ps: what the trace
  /// counts time in.
  LayerTraces(const TraceSettings& settings, std::string design, double cycle_ps, Log log);

  /// Throws OutputError when the file cannot be created.
  void begin_layer(const std::string& name);
  /// A transaction, `time_fs` after the layer's begin. Throws OutputError.
  void transaction(long double time_fs, bool is_write, std::uint64_t address, std::uint64_t bytes);
  /// Completes the layer's file. Throws OutputError.
  MemoryTraceTotals end_layer();

 private:
  Log log_;
  std::string directory_, design_;
  MemoryTraceFormat format_;
  std::uint32_t access_bytes_;
  double cycle_ps_;
  int layers_ = 0;
  std::unique_ptr<StreamedFile> file_;
  std::unique_ptr<MemoryTraceWriter> writer_;
  MemoryTraceTotals totals_;
};

/// Writes <directory>/index.csv, the table of the files. Throws OutputError.
void write_memory_trace_index(const TraceSettings& settings,
                              const std::vector<MemoryTraceTotals>& files, double cycle_ps);

}  // namespace arrayflex::study
