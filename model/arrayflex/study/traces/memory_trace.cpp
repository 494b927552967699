#include "arrayflex/study/traces/memory_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "arrayflex/core/text.h"

namespace arrayflex::study {
namespace {

constexpr const char* kIndexFile = "index.csv";

// Layer names may hold anything; file names must not.
std::string file_stem(const std::string& layer) {
  std::string stem = layer;
  std::replace_if(
      stem.begin(), stem.end(),
      [](char c) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        return !is_plain;
      },
      '_');
  constexpr std::size_t kLongest = 100;
  return stem.substr(0, kLongest);
}

}  // namespace

MemoryTraceWriter::MemoryTraceWriter(MemoryTraceFormat format, std::uint32_t access_bytes,
                                     TextSink sink)
    : format_(format), access_bytes_(access_bytes), sink_(std::move(sink)) {}

void MemoryTraceWriter::comment(const std::string& text) {
  if (format_ == MemoryTraceFormat::dramsys)
    sink_("# " + without_control_characters(text, ' ') + '\n');
}

void MemoryTraceWriter::transaction(std::uint64_t cycle, bool is_write, std::uint64_t address,
                                    std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::uint64_t first = address / access_bytes_;
  const std::uint64_t last = (address + (bytes - 1)) / access_bytes_;
  for (std::uint64_t block = first; block <= last; ++block) {
    format_line(cycle, is_write, block * access_bytes_);
    sink_(line_);
    ++(is_write ? write_accesses_ : read_accesses_);
  }
}

void MemoryTraceWriter::format_line(std::uint64_t cycle, bool is_write, std::uint64_t address) {
  line_.clear();
  const auto out = std::back_inserter(line_);
  switch (format_) {
    case MemoryTraceFormat::dramsys:
      fmt::format_to(out, "{}:\t{}\t{:#x}\n", cycle, is_write ? "write" : "read", address);
      break;
    case MemoryTraceFormat::ramulator:
      fmt::format_to(out, "{:#x} {}\n", address, is_write ? 'W' : 'R');
      break;
    case MemoryTraceFormat::ramulator2:
      fmt::format_to(out, "{} {:#x}\n", is_write ? "ST" : "LD", address);
      break;
  }
}

LayerTraces::LayerTraces(const TraceSettings& settings, std::string design, double cycle_ps,
                         Log log)
    : log_(std::move(log)),
      design_(std::move(design)),
      format_(settings.memory_format.value_or(MemoryTraceFormat::dramsys)),
      access_bytes_(settings.memory_access_bytes.value_or(kDefaultAccessBytes)),
      cycle_ps_(cycle_ps) {
  // Whatever can go wrong with the folder goes wrong before the run.
  const std::string item = item_name(settings.wording, "memory_trace");
  const std::filesystem::path folder = settings.memory_directory;
  create_output_directory(item, folder.string());
  require_writable(item, (folder / kIndexFile).string());
  directory_ = (folder / design_).string();
  create_output_directory(item, directory_);
  require_writable(item, (std::filesystem::path(directory_) / "trace").string());
}

void LayerTraces::begin_layer(const std::string& name) {
  const char* suffix = format_ == MemoryTraceFormat::dramsys ? "stl" : "trace";
  totals_ = {};
  totals_.design = design_;
  totals_.layer = name;
  totals_.file = fmt::format("{}/{:03}_{}.{}", design_, ++layers_, file_stem(name), suffix);
  const auto folder = std::filesystem::path(directory_).parent_path();
  file_ = std::make_unique<StreamedFile>((folder / totals_.file).string());
  writer_ = std::make_unique<MemoryTraceWriter>(
      format_, access_bytes_, [this](std::string_view text) { file_->write(text); });
  writer_->comment(fmt::format("layer {} on the {} array", name, design_));
  writer_->comment(fmt::format("{} bytes per access, {} ps per cycle ({} MHz)", access_bytes_,
                               cycle_ps_, 1e6 / cycle_ps_));
}

void LayerTraces::transaction(long double time_fs, bool is_write, std::uint64_t address,
                              std::uint64_t bytes) {
  // An edge of the clock may have been rounded down to the simulation's resolution.
  const long double cycle_fs = static_cast<long double>(cycle_ps_) * 1000;
  const auto cycle = static_cast<std::uint64_t>((time_fs + 1) / cycle_fs);
  writer_->transaction(cycle, is_write, address, bytes);
  (is_write ? totals_.written_bytes : totals_.read_bytes) += static_cast<std::int64_t>(bytes);
}

MemoryTraceTotals LayerTraces::end_layer() {
  if (!file_) throw std::logic_error("end_layer() without begin_layer()");
  file_->commit();
  file_.reset();
  totals_.read_accesses = writer_->read_accesses();
  totals_.write_accesses = writer_->write_accesses();
  writer_.reset();
  log_wrote(log_, totals_.file);
  return totals_;
}

void write_memory_trace_index(const TraceSettings& settings,
                              const std::vector<MemoryTraceTotals>& files, double cycle_ps) {
  std::string text =
      "file,design,layer,access_bytes,cycle_ps,read_accesses,write_accesses,read_bytes,"
      "written_bytes\n";
  for (const MemoryTraceTotals& f : files) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{}\n", csv_field(f.file),
                   f.design, csv_field(f.layer),
                   settings.memory_access_bytes.value_or(kDefaultAccessBytes), cycle_ps,
                   f.read_accesses, f.write_accesses, f.read_bytes, f.written_bytes);
  }
  write_file((std::filesystem::path(settings.memory_directory) / kIndexFile).string(), text);
}

}  // namespace arrayflex::study
