// An option: one row of the table from which the command line, the Python keywords, the axes of a
// sweep and docs/options.md come.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/study/options/value.h"
#include "arrayflex/study/request.h"

namespace arrayflex::study {

/// The commands that have an option; bits.
enum Commands : unsigned { kRun = 1, kGemm = 2, kRunAndGemm = 3 };

/// A keyword argument of the Python package.
struct PythonKeyword {
  std::string callable;  ///< "Array", "run" or "Operands"; empty: Python has none
  std::string name;
  OptionValue default_value;  ///< None where not given
};

/// An axis of a sweep.
struct Axis {
  std::string name;
  std::string unit;  ///< empty: a count or a word
  ValueKind kind;
  OptionValue default_value;
  std::string absent_word;  ///< what stands for "not given": none, auto, default; or empty
  std::vector<std::string> words = {};  ///< further words besides what `kind` allows
};

/// Puts a value into a request; `item` is how messages name it. Throws InputError.
using Setter = std::function<void(StudyRequest&, const std::string& item, const OptionValue&)>;

/// How a member of ArrayRequest gets on.
struct ArrayMember {
  /// Takes what `request` does not give from `base`.
  std::function<void(ArrayRequest& request, const ArrayRequest& base)> fill;
  /// Takes what a configuration file gives.
  std::function<void(ArrayRequest& request, const ArrayParameters& file)> take;
  /// Hands on what is given; empty where more than a copy is needed (resolve_array()).
  std::function<void(const ArrayRequest& request, ArrayParameters& parameters)> resolve;
  /// The value in an array.
  std::function<OptionValue(const ArrayParameters& parameters)> value;
};

struct Option {
  std::string key;    ///< in messages: item_name() makes "--sample-tiles" of "sample_tiles"
  std::string names;  ///< on the command line, as CLI11 has them: "-c,--config"
  std::string group;  ///< of the help; empty: the first one
  unsigned commands = kRunAndGemm;

  ValueKind kind;
  std::string placeholder;  ///< of the value in the help
  std::string unit;         ///< empty: a count or a word
  OptionValue default_value;
  std::string default_text;  ///< where there is no single value

  /// Its lines in the help, with {min}, {max}, {choices}, {default} and {here} in place of values.
  std::string help;
  std::function<std::string()> here;  ///< what only this computer knows
  std::string elsewhere;              ///< the same in documentation

  PythonKeyword python;
  std::string config_key;  ///< in the JSON file of an array; empty: none
  std::vector<Axis> axes;

  Setter set;  ///< empty: the front end's own, such as a file that it writes
  std::optional<ArrayMember> array_member;
};

/// All options, in the order of the help.
const std::vector<Option>& all_options();

/// The option of that key that `command` has. Throws std::out_of_range where there is none.
const Option& option_of(const std::string& key, Commands command = kRun);

/// The help with everything filled in, for a terminal of this computer, in lines.
std::string help_text(const Option& option);

/// The same in one line, without the default, for documentation.
std::string documentation_text(const Option& option);

/// The default in words: "128", "one per processor".
std::string default_text(const Option& option);

/// Threads of the fast engine where none are asked for: one per processor.
int default_threads();

}  // namespace arrayflex::study
