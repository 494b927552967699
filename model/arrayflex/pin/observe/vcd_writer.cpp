#include "arrayflex/pin/observe/vcd_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace arrayflex::pin {
namespace {

// Short identifiers of printable characters.
std::string identifier(std::size_t number) {
  constexpr std::size_t kFirst = '!', kCount = '~' - '!' + 1;
  std::string id;
  do {
    id += static_cast<char>(kFirst + number % kCount);
    number /= kCount;
  } while (number-- > 0);
  return id;
}

std::vector<std::string> split(const std::string& module) {
  std::vector<std::string> scopes;
  std::size_t begin = 0;
  while (begin < module.size()) {
    const std::size_t end = std::min(module.find('.', begin), module.size());
    scopes.push_back(module.substr(begin, end - begin));
    begin = end + 1;
  }
  return scopes;
}

std::string var_line(const TracedSignal& signal, const std::string& id) {
  const int width = signal.width_bits();
  const std::string range = width == 1 ? "" : fmt::format(" [{}:0]", width - 1);
  return fmt::format("$var wire {} {} {}{} $end\n", width, id, signal.name(), range);
}

}  // namespace

VcdWriter::VcdWriter(TextSink sink, const std::string& timescale,
                     const std::vector<TracedSignal>& signals)
    : sink_(std::move(sink)) {
  variables_.reserve(signals.size());
  for (std::size_t i = 0; i < signals.size(); ++i) {
    variables_.push_back({identifier(i), signals[i].width_bits() == 1});
  }
  write_header(timescale, signals);
}

void VcdWriter::write_header(const std::string& timescale,
                             const std::vector<TracedSignal>& signals) {
  sink_(fmt::format("$version ArrayFlex-SystemC $end\n$timescale {} $end\n", timescale));
  std::vector<std::string> open;
  const auto close_to = [&](std::size_t depth) {
    for (; open.size() > depth; open.pop_back()) sink_("$upscope $end\n");
  };
  const std::string* module = nullptr;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (module == nullptr || *module != signals[i].module()) {
      module = &signals[i].module();
      const std::vector<std::string> scopes = split(*module);
      const auto limit = std::min(scopes.size(), open.size());
      std::size_t common = 0;
      while (common < limit && scopes[common] == open[common]) ++common;
      close_to(common);
      for (; open.size() < scopes.size(); open.push_back(scopes[open.size()])) {
        sink_(fmt::format("$scope module {} $end\n", scopes[open.size()]));
      }
    }
    sink_(var_line(signals[i], variables_[i].id));
  }
  close_to(0);
  sink_("$enddefinitions $end\n");
}

void VcdWriter::snapshot(std::uint64_t time, const std::vector<std::uint64_t>& values) {
  time_ = time;
  sink_(fmt::format("#{}\n$dumpvars\n", time));
  for (std::size_t i = 0; i < values.size(); ++i) write_value(i, values[i]);
  sink_("$end\n");
}

void VcdWriter::move_to(std::uint64_t time) {
  if (time == time_) return;
  time_ = time;
  sink_(fmt::format("#{}\n", time));
}

void VcdWriter::change(std::uint64_t time, std::size_t signal, std::uint64_t value) {
  move_to(time);
  write_value(signal, value);
}

void VcdWriter::end(std::uint64_t time) { move_to(time); }

void VcdWriter::write_value(std::size_t signal, std::uint64_t value) {
  const Variable& variable = variables_[signal];
  text_.clear();
  if (variable.is_bit) {
    text_ += value == 0 ? '0' : '1';
  } else {
    // Readers extend the value with zeros to the left.
    fmt::format_to(std::back_inserter(text_), "b{:b} ", value);
  }
  text_ += variable.id;
  text_ += '\n';
  sink_(text_);
}

}  // namespace arrayflex::pin
