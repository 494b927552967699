// The table of options: every row by itself, and the rows against each other.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "arrayflex/core/error.h"
#include "arrayflex/study/options/option.h"

namespace arrayflex::study {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

std::string item_of(const Option& option) { return item_name(Wording::options, option.key); }

bool has_bounds(const ValueKind& kind) {
  return kind.type == ValueType::integer || kind.type == ValueType::power_of_two ||
         kind.type == ValueType::number || kind.type == ValueType::integers;
}

std::string as_integer_or_number(const ValueKind& kind, double value) {
  return kind.type == ValueType::number ? fmt::format("{}", value)
                                        : fmt::format("{}", static_cast<std::int64_t>(value));
}

TEST(Options, EveryDefaultIsAnAllowedValue) {
  for (const Option& option : all_options()) {
    SCOPED_TRACE(option.key);
    if (option.default_value == OptionValue{}) continue;
    EXPECT_EQ(parse_value(option.kind, item_of(option), to_text(option.default_value)),
              option.default_value);
    StudyRequest request;
    EXPECT_NO_THROW(option.set(request, item_of(option), option.default_value));
  }
}

TEST(Options, BoundsAreIncludedAndEnforced) {
  int checked = 0;
  for (const Option& option : all_options()) {
    const ValueKind& kind = option.kind;
    if (!has_bounds(kind)) continue;
    SCOPED_TRACE(option.key);
    const auto parse = [&](const std::string& text) { parse_value(kind, item_of(option), text); };
    EXPECT_NO_THROW(parse(as_integer_or_number(kind, kind.min)));
    const bool is_unlimited = kind.max >= kMaxInt64Bound;
    if (!is_unlimited) {
      EXPECT_NO_THROW(parse(as_integer_or_number(kind, kind.max)));
    }
    const std::string below = as_integer_or_number(kind, kind.min - 1);
    const std::string above =
        is_unlimited ? "9223372036854775808" : as_integer_or_number(kind, kind.max + 1);
    for (const std::string& text : {below, above}) {
      EXPECT_THAT(error_of([&] { parse(text); }),
                  AllOf(StartsWith(item_of(option) + " = " + text + ": allowed is"),
                        HasSubstr(is_unlimited ? "from 0 to 9223372036854775807"
                                               : as_integer_or_number(kind, kind.min)),
                        HasSubstr(is_unlimited ? "" : as_integer_or_number(kind, kind.max))));
    }
    ++checked;
  }
  EXPECT_GE(checked, 15);
}

TEST(Options, MinusZeroNeedsNegativeNumbers) {
  EXPECT_EQ(error_of([] { parse_integer("--seed", "-0", 0, 5); }),
            "--seed = -0: allowed is an integer from 0 to 5");
  EXPECT_EQ(parse_integer("item", "-0", -1, 5), 0);
}

TEST(Options, WhatIsNoValueIsRefused) {
  for (const Option& option : all_options()) {
    SCOPED_TRACE(option.key);
    const auto message = [&](const std::string& text) {
      return error_of([&] { parse_value(option.kind, item_of(option), text); });
    };
    switch (option.kind.type) {
      case ValueType::text:
      case ValueType::texts:
      case ValueType::flag:
        break;
      case ValueType::path:
        EXPECT_THAT(message(""), StartsWith(item_of(option) + " = '': allowed is the path"));
        break;
      case ValueType::power_of_two:
        EXPECT_THAT(message("48"),
                    StartsWith(item_of(option) + " = 48: allowed is a power of two"));
        [[fallthrough]];
      default:
        for (const char* text : {"", "x", "1x", "nan"}) {
          EXPECT_THAT(message(text), StartsWith(item_of(option) + " = "));
        }
    }
    if (option.kind.type != ValueType::choice) continue;
    for (const std::string& name : option.kind.choices) {
      EXPECT_EQ(message(name), "no InputError");
      EXPECT_THAT(message("nosuch"), HasSubstr(name));
    }
  }
}

TEST(Options, NamesAreUnique) {
  for (const Commands command : {kRun, kGemm}) {
    std::set<std::string> keys, names;
    for (const Option& option : all_options()) {
      if ((option.commands & command) == 0) continue;
      EXPECT_TRUE(keys.insert(option.key).second) << option.key;
      EXPECT_TRUE(names.insert(option.names).second) << option.names;
    }
  }
  std::set<std::string> keywords, axes;
  for (const Option& option : all_options()) {
    const PythonKeyword& python = option.python;
    if (!python.name.empty()) {
      EXPECT_TRUE(keywords.insert(python.callable + '.' + python.name).second) << python.name;
    }
    for (const Axis& axis : option.axes) EXPECT_TRUE(axes.insert(axis.name).second) << axis.name;
  }
}

// The reader of configuration files names all keys that it knows.
TEST(Options, TheConfigurationFileKnowsTheKeysOfTheTable) {
  std::set<std::string> keys{"clock_frequency_ghz", "clock_period_ps"};
  for (const Option& option : all_options()) {
    EXPECT_EQ(option.array_member.has_value(), !option.config_key.empty()) << option.key;
    if (!option.config_key.empty()) keys.insert(option.config_key);
  }
  EXPECT_THAT(error_of([] { parse_array_parameters(R"({"nosuch": 1})", "file"); }),
              HasSubstr(fmt::format("allowed are {}", fmt::join(keys, ", "))));
}

TEST(Options, ParametersOfTheArrayArriveThere) {
  StudyRequest request;
  option_of("rows").set(request, "--rows", std::int64_t{8});
  option_of("overlap").set(request, "--overlap", std::string("full"));
  option_of("modes").set(request, "--modes", std::vector<int>{2, 8});
  ArrayRequest base;
  base.rows = 16;
  base.cols = 32;
  base.overlap = Overlap::load;
  base.data_width_bits = 8;
  const ArrayConfig config =
      resolve_array(with_defaults_of(request.array, base), shipped_technology("paper"));
  EXPECT_EQ(config.rows(), 8);
  EXPECT_EQ(config.cols(), 32);
  EXPECT_EQ(config.data_width_bits(), 8);
  EXPECT_EQ(config.acc_width_bits(), 32);
  EXPECT_EQ(config.overlap(), Overlap::full);
  EXPECT_THAT(config.modes(), ::testing::ElementsAre(2, 8));
}

TEST(Options, WithoutAnyTheArrayIsTheDefaultOne) {
  const ArrayConfig config = resolve_array({}, shipped_technology("paper"));
  const ArrayParameters defaults;
  EXPECT_EQ(config.rows(), defaults.rows);
  EXPECT_EQ(config.cols(), defaults.cols);
  EXPECT_EQ(config.overlap(), defaults.overlap);
  EXPECT_EQ(config.modes(), defaults.modes);
}

TEST(Options, TextsAreFilledIn) {
  for (const Option& option : all_options()) {
    for (const std::string& text : {help_text(option), documentation_text(option)}) {
      EXPECT_FALSE(text.empty()) << option.key;
      EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
    }
    EXPECT_EQ(documentation_text(option).find("[default"), std::string::npos) << option.key;
    if (option.default_value != OptionValue{} && option.kind.type != ValueType::flag) {
      EXPECT_THAT(help_text(option), HasSubstr("[default: " + default_text(option) + "]"));
    }
  }
}

}  // namespace
}  // namespace arrayflex::study
