// The options of the command are those of the table, and reach the request.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "arrayflex/core/error.h"
#include "arrayflex/study/options/option.h"
#include "run/options/options.h"

namespace arrayflex::command {
namespace {

using study::all_options;
using study::Commands;
using study::Option;
using study::ValueType;

Options parse(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"arrayflex"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

std::vector<std::string> with_inputs(Commands command, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"run", "net.csv"};
  if (command == study::kGemm) arguments = {"gemm", "a.npy", "b.npy"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string long_name(const Option& option) {
  return option.names.substr(std::min(option.names.find("--"), option.names.size()));
}

// Names at the beginning of the lines of a help: "  -q,--quiet   no table".
std::set<std::string> names_in_help(Commands command) {
  std::set<std::string> names;
  std::istringstream lines(parse(with_inputs(command, {"--help"})).text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  -", 0) != 0) continue;
    names.insert(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

TEST(CommandOptions, AreThoseOfTheTable) {
  for (const Commands command : {study::kRun, study::kGemm}) {
    std::set<std::string> expected{"-h,--help"};
    for (const Option& option : all_options()) {
      const bool is_positional = option.names == option.key;
      if ((option.commands & command) != 0 && !is_positional) expected.insert(option.names);
    }
    EXPECT_EQ(names_in_help(command), expected);
  }
}

// A value other than the default, as text.
std::string some_value(const Option& option) {
  if (option.key == "memory") return "ideal";
  if (option.key == "tech") return "asap7";
  if (option.key == "trace_window") return "1ns:2ns";
  if (option.key == "dim") return "batch=1";
  if (!option.kind.choices.empty()) return option.kind.choices.back();
  switch (option.kind.type) {
    case ValueType::integer:
    case ValueType::power_of_two:
    case ValueType::integers:
      return option.kind.max >= study::kMaxInt64Bound
                 ? "7"
                 : fmt::format("{}", static_cast<std::int64_t>(option.kind.max));
    case ValueType::number:
      return fmt::format("{}", option.kind.max);
    case ValueType::on_off:
      return "off";
    default:
      return "value";
  }
}

TEST(CommandOptions, AreTaken) {
  for (const Commands command : {study::kRun, study::kGemm}) {
    for (const Option& option : all_options()) {
      if ((option.commands & command) == 0 || option.names == option.key) continue;
      if (option.key == "topology") continue;  // not together with a workload
      SCOPED_TRACE(option.key);
      std::vector<std::string> more{long_name(option)};
      if (option.kind.type != ValueType::flag) more.push_back(some_value(option));
      EXPECT_NO_THROW(parse(with_inputs(command, more)));
    }
  }
}

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse(arguments);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

TEST(CommandOptions, BoundsAreThoseOfTheTable) {
  for (const Option& option : all_options()) {
    if (option.kind.type != ValueType::integer || option.key == "k") continue;
    const std::string below = fmt::format("{}", static_cast<std::int64_t>(option.kind.min) - 1);
    const Commands command = option.commands == study::kGemm ? study::kGemm : study::kRun;
    EXPECT_THAT(error_of(with_inputs(command, {long_name(option) + "=" + below})),
                ::testing::StartsWith(fmt::format("{} = {}: allowed is an integer from {} to ",
                                                  long_name(option), below,
                                                  static_cast<std::int64_t>(option.kind.min))));
  }
}

TEST(CommandOptions, ReachTheRequest) {
  const Options o = parse(with_inputs(
      study::kRun, {"--rows=8", "--overlap", "load", "--threads",    "3",    "--sample-tiles",
                    "5",        "--memory",  "4:10", "--dma-burst",  "64",   "--activity",
                    "off",      "--seed",    "9",    "--zero-share", "0.25", "--layers",
                    "a",        "--layers",  "b",    "--k",          "2"}));
  EXPECT_EQ(o.request.workload, "net.csv");
  EXPECT_EQ(o.request.array.rows, 8);
  EXPECT_EQ(o.request.array.cols, std::nullopt);
  EXPECT_EQ(o.request.array.overlap, Overlap::load);
  EXPECT_EQ(o.request.threads, 3);
  EXPECT_EQ(o.request.sample_tiles, 5);
  ASSERT_TRUE(o.request.memory);
  EXPECT_EQ(o.request.memory->latency_ns, 10);
  EXPECT_EQ(o.request.dma_burst_bytes, 64U);
  EXPECT_EQ(o.request.activity, false);
  EXPECT_EQ(o.request.seed, 9U);
  EXPECT_EQ(o.request.operands.activation_zero_share, 0.25);
  EXPECT_THAT(o.request.layers, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(resolve_request(o).k, 2);
}

}  // namespace
}  // namespace arrayflex::command
