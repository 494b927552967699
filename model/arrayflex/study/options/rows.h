// How the rows of the table of options are written. Internal to the table.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "arrayflex/study/options/option.h"

namespace arrayflex::study {

/// The value of an option in the type of the member that takes it. Throws InputError.
template <class T>
T value_as(const std::string& item, const OptionValue& value) {
  if constexpr (std::is_same_v<T, Engine>) {
    return parse_engine(item, std::get<std::string>(value));
  } else if constexpr (std::is_same_v<T, Overlap>) {
    return parse_overlap(std::get<std::string>(value));
  } else if constexpr (std::is_same_v<T, Objective>) {
    // The table of options has checked that it is one of them.
    const auto* name =
        std::find(kObjectives.begin(), kObjectives.end(), std::get<std::string>(value));
    return static_cast<T>(name - kObjectives.begin());
  } else if constexpr (std::is_same_v<T, platform::BurstAlignment>) {
    // The table of options has checked that it is one of them.
    const auto& names = platform::kBurstAlignments;
    return static_cast<T>(std::find(names.begin(), names.end(), std::get<std::string>(value)) -
                          names.begin());
  } else if constexpr (std::is_same_v<T, Mapping>) {
    const auto found = std::find(kMappings.begin(), kMappings.end(), std::get<std::string>(value));
    return static_cast<Mapping>(found - kMappings.begin());
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return static_cast<T>(std::get<std::int64_t>(value));
  } else {
    return std::get<T>(value);
  }
}

/// The inverse, for parameters of an array.
template <class T>
OptionValue value_of(const T& member) {
  if constexpr (std::is_same_v<T, Overlap>) {
    return std::string(name_of(member));
  } else if constexpr (std::is_integral_v<T>) {
    return std::int64_t{member};
  } else {
    return member;
  }
}

template <class T>
struct WithoutOptional {
  using Type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using Type = T;
};

class Row {
 public:
  Row(std::string key, ValueKind kind) {
    option_.names = item_name(Wording::options, key);
    option_.key = std::move(key);
    option_.kind = std::move(kind);
  }

  Row& names(std::string names) { return with(option_.names, std::move(names)); }
  Row& only(Commands command) {
    option_.commands = command;
    return *this;
  }
  Row& value(std::string placeholder, std::string unit = "") {
    option_.placeholder = std::move(placeholder);
    return with(option_.unit, std::move(unit));
  }
  Row& otherwise(OptionValue value, std::string text = "") {
    option_.default_value = std::move(value);
    return with(option_.default_text, std::move(text));
  }
  Row& help(std::string text) { return with(option_.help, std::move(text)); }
  Row& here(std::function<std::string()> text, std::string elsewhere) {
    option_.here = std::move(text);
    return with(option_.elsewhere, std::move(elsewhere));
  }

  /// A keyword of the same default.
  Row& python(std::string callable, std::string name = "") {
    return python(std::move(callable), std::move(name), option_.default_value);
  }
  Row& python(std::string callable, std::string name, OptionValue default_value) {
    if (name.empty()) name = option_.key;
    option_.python = {std::move(callable), std::move(name), std::move(default_value)};
    return *this;
  }
  Row& config(std::string key) { return with(option_.config_key, std::move(key)); }
  /// An axis of the same name (as in Python, if it is there), values and default; `absent_word`
  /// where there is none.
  Row& axis(std::string absent_word = "") {
    const std::string& name = option_.python.name.empty() ? option_.key : option_.python.name;
    return axis({name, option_.unit, option_.kind, option_.default_value, std::move(absent_word)});
  }
  Row& axis(Axis axis) {
    option_.axes.push_back(std::move(axis));
    return *this;
  }

  Row& sets(Setter set) { return with(option_.set, std::move(set)); }
  template <class Member>
  Row& sets(Member StudyRequest::*member) {
    using Value = typename WithoutOptional<Member>::Type;
    return sets([member](StudyRequest& request, const std::string& item, const OptionValue& value) {
      request.*member = value_as<Value>(item, value);
    });
  }
  template <class Member>
  Row& sets(Member workloads::SyntheticRecipe::*member) {
    return sets([member](StudyRequest& request, const std::string& item, const OptionValue& value) {
      request.operands.*member = value_as<Member>(item, value);
    });
  }
  template <class Member>
  Row& sets(Member TraceSettings::*member) {
    using Value = typename WithoutOptional<Member>::Type;
    return sets([member](StudyRequest& request, const std::string& item, const OptionValue& value) {
      request.traces.*member = value_as<Value>(item, value);
    });
  }
  /// A parameter of the array; `derived`: its default depends on others, see resolve_array().
  template <class Value>
  Row& sets(std::optional<Value> ArrayRequest::*member, Value ArrayParameters::*parameter,
            bool derived = false) {
    ArrayMember array;
    array.fill = [member](ArrayRequest& request, const ArrayRequest& base) {
      if (!(request.*member)) request.*member = base.*member;
    };
    array.take = [member, parameter](ArrayRequest& request, const ArrayParameters& file) {
      request.*member = file.*parameter;
    };
    if (!derived) {
      array.resolve = [member, parameter](const ArrayRequest& request, ArrayParameters& p) {
        if (request.*member) p.*parameter = *(request.*member);
      };
    }
    array.value = [parameter](const ArrayParameters& p) { return value_of(p.*parameter); };
    option_.array_member = std::move(array);
    return sets([member](StudyRequest& request, const std::string& item, const OptionValue& value) {
      request.array.*member = value_as<Value>(item, value);
    });
  }

  /// The row, in this group of the help.
  Option in(std::string group) const {
    Option option = option_;
    option.group = std::move(group);
    return option;
  }

 private:
  template <class Field>
  Row& with(Field& field, Field value) {
    field = std::move(value);
    return *this;
  }

  Option option_;
};

std::vector<Option> workload_rows();
std::vector<Option> array_rows();
std::vector<Option> engine_rows();
std::vector<Option> memory_rows();
std::vector<Option> buffer_rows();
std::vector<Option> operand_rows();
std::vector<Option> output_rows();
std::vector<Option> trace_rows();

inline constexpr const char* kEngineGroup = "Engine";

}  // namespace arrayflex::study
