#include "arrayflex/study/options/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/study/options/rows.h"

namespace arrayflex::study {
namespace {

std::vector<Option> make_options() {
  std::vector<Option> options;
  for (auto* const rows : {&workload_rows, &array_rows, &engine_rows, &memory_rows, &buffer_rows,
                           &operand_rows, &output_rows, &trace_rows}) {
    for (Option& option : rows()) options.push_back(std::move(option));
  }
  return options;
}

std::string filled_in(const Option& option, const std::string& here) {
  const ValueKind& kind = option.kind;
  return fmt::format(fmt::runtime(option.help), fmt::arg("min", bound_text(kind.min)),
                     fmt::arg("max", bound_text(kind.max)),
                     fmt::arg("choices", fmt::join(kind.choices, ", ")),
                     fmt::arg("default", default_text(option)), fmt::arg("here", here));
}

}  // namespace

const std::vector<Option>& all_options() {
  static const std::vector<Option> options = make_options();
  return options;
}

const Option& option_of(const std::string& key, Commands command) {
  for (const Option& option : all_options()) {
    if (option.key == key && (option.commands & command) != 0) return option;
  }
  throw std::out_of_range("no option " + key);
}

std::string help_text(const Option& option) {
  return filled_in(option, option.here ? option.here() : "");
}

std::string documentation_text(const Option& option) {
  std::string text = filled_in(option, option.elsewhere);
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t end = text.rfind(" [default:");
  return text.substr(0, end);
}

std::string default_text(const Option& option) {
  return option.default_text.empty() ? to_text(option.default_value) : option.default_text;
}

int default_threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

}  // namespace arrayflex::study
